"""``pratique trail``: the chain of custody of one digest."""

import argparse

from pratique.cli.answer import Answer, table
from pratique.cli.options import verb_parser
from pratique.cli.words import digest


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("digest", type=digest, metavar="DIGEST", help="sha256:… of an image")
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.service.trail import trail
    from pratique.values.moment import render_moment
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        lines = trail(workspace, arguments.digest)
    rows = [
        (
            "" if line.index is None else str(line.index),
            render_moment(line.at) if line.at else "",
            line.link,
            line.environment or "",
            line.text,
        )
        for line in lines
    ]
    value = {
        "image": str(arguments.digest),
        "trail": [
            {
                "link": line.link,
                "index": line.index,
                "at": render_moment(line.at) if line.at else None,
                "actor": line.actor,
                "environment": line.environment,
                "promotion": line.promotion,
                "text": line.text,
            }
            for line in lines
        ],
    }
    return Answer(value, table(("ENTRY", "WHEN", "LINK", "WHERE", "WHAT"), rows))
