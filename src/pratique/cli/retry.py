"""``pratique retry``: gather and judge a promotion again, or what stopped of a release."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import wait_option, waited


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a release's, or a unique beginning of it")
    wait_option(verb)
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.release import is_release
    from pratique.service.release import retry_release
    from pratique.service.retry import retry
    from pratique.wire import open_workspace

    with open_workspace(arguments.workspace) as workspace:
        if is_release(arguments.promotion):
            return waited(workspace, retry_release(workspace, arguments.promotion), arguments.wait)
        return waited(workspace, (retry(workspace, arguments.promotion),), arguments.wait)
