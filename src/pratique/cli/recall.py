"""``pratique recall``: take an image back from an environment."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import line, value_of
from pratique.cli.words import environment, signatory, word_options


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("what", metavar="PROMOTION|DIGEST", help="a promotion, or an image with --environment")
    verb.add_argument("--environment", type=environment, metavar="ENV", help="from where")
    word_options(verb)
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.service.recall import promoted, recall
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        promotion = promoted(workspace, arguments.what, arguments.environment)
        found = recall(workspace, promotion, arguments.comment, signs)
    now = str(found.holds.image) if found.holds else "nothing"
    told = (
        f"{promotion.to} now holds {now}, as far as the ledger says; the tag and what runs there are as they were"
    )
    value = {
        "recalled": [value_of(one) for one in found.promotions],
        "environment": promotion.to,
        "holds": str(found.holds.image) if found.holds else None,
    }
    return Answer(value, "\n".join((*map(line, found.promotions), told)))
