"""``pratique withdraw``: take a request back."""

import argparse

from pratique.cli.answer import Answer
from pratique.cli.options import verb_parser
from pratique.cli.promotion import line, value_of
from pratique.cli.words import signatory, signing_options


def parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return the verb's parser."""
    verb = verb_parser(program, summary)
    verb.add_argument("promotion", metavar="PROMOTION", help="its id, or a unique beginning of it")
    signing_options(verb)
    verb.set_defaults(run=_run)
    return verb


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.service.request import withdraw
    from pratique.wire import open_workspace

    signs = signatory(arguments.actor, arguments.key)
    with open_workspace(arguments.workspace) as workspace:
        promotion = withdraw(workspace, arguments.promotion, signs)
    return Answer(value_of(promotion), line(promotion))
