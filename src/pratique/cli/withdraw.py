"""``pratique withdraw``: take a request back, for one image or for a release."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import lines_of, value_of_all
from pratique.cli.words import signatory, signing_options


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a release's, or a unique beginning of it")
    signing_options(verb)
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.promotion.release import is_release
    from pratique.service.release import withdraw_release
    from pratique.service.withdraw import withdraw
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        if is_release(arguments.promotion):
            ended = withdraw_release(workspace, arguments.promotion, signs)
        else:
            ended = (withdraw(workspace, arguments.promotion, signs),)
    return Answer(value_of_all(ended), "\n".join(lines_of(ended)))
