"""``pratique retry``: gather and judge a promotion again."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import wait_option, waited


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a unique beginning of it")
    wait_option(verb)
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.service.request import retry
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        promotion = retry(workspace, arguments.promotion)
        return waited(workspace, promotion.id, arguments.wait)
