"""Options that many verbs share, spelled once."""

import argparse
from typing import NoReturn

from pratique.errors import Malformed


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors like any other: one line, and JSON where that was asked for."""

    def error(self, message: str) -> NoReturn:
        """Raise ``Malformed`` with what is wrong and where to read on."""
        raise Malformed(f"usage: {message}; see `{self.prog} --help`")


def verb_parser(program: str, summary: str) -> argparse.ArgumentParser:
    """Return a parser for a verb, or for a verb's second word, with the options that all take."""
    parser = Parser(prog=program, description=f"{summary[0].upper()}{summary[1:]}.")
    _common(parser)
    return parser


def subverbs(program: str, summary: str) -> "Subverbs":
    """Return a parser for a verb with second words, such as ``review approve``."""
    return Subverbs(program, summary)


class Subverbs:
    """The second words of a verb."""

    def __init__(self, program: str, summary: str) -> None:
        self.parser = Parser(prog=program, description=f"{summary[0].upper()}{summary[1:]}.")
        self._words = self.parser.add_subparsers(required=True, metavar="WORD")

    def add(self, word: str, summary: str) -> argparse.ArgumentParser:
        """Add a second word; the caller sets its arguments and ``run``."""
        parser = self._words.add_parser(word, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        _common(parser)
        return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        default=None,
        help="the workspace (default: $PRATIQUE_WORKSPACE, else the current folder)",
    )
