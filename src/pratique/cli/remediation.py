"""``pratique remediation``: what must be mended, by whom and when."""

import argparse

from pratique.cli.answer import Answer, table
from pratique.cli.options import subverbs
from pratique.cli.words import signatory, word_options


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verbs = subverbs(program, summary)
    listing = verbs.add("list", "print the open items, the most urgent first")
    listing.add_argument("--owner", metavar="WHO", help="only those of this person or group")
    listing.set_defaults(run=_list)
    close = verbs.add("close", "sign that people have looked back at an emergency, or at a way back")
    close.add_argument("item", metavar="ITEM", help="its id, or a unique beginning of it")
    word_options(close, "what was learnt; private, can be erased")
    close.set_defaults(run=_close)
    return verbs.parser


def _list(arguments: argparse.Namespace) -> Answer:
    from pratique.service.show import remediations
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        items = remediations(workspace, arguments.owner)
    rows = [
        (
            one.id,
            one.owner,
            render_moment(one.due)[:10] if one.due else "",
            one.severity or "",
            one.term,
            one.remedy or one.message,
        )
        for one in items
    ]
    value = {
        "items": [
            {
                "remediation": one.id,
                "promotion": one.promotion,
                "check": one.check,
                "term": one.term,
                "owner": one.owner,
                "due": render_moment(one.due) if one.due else None,
                "severity": one.severity,
                "message": one.message,
                "remedy": one.remedy,
            }
            for one in items
        ]
    }
    heads = ("ITEM", "OWNER", "DUE", "SEVERITY", "TERM", "WHAT TO DO")
    return Answer(value, table(heads, rows) if rows else "nothing waits to be mended")


def _close(arguments: argparse.Namespace) -> Answer:
    from pratique.service.remediation import close
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        item = close(workspace, arguments.item, arguments.comment, signs)
    value = {"remediation": item.id, "promotion": item.promotion, "closed": item.because}
    return Answer(value, f"{item.id} is closed: {item.because}")
