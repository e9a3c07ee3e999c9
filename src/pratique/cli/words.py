"""Words of the command line as values; a wrong one is a usage error that says what was expected."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.errors import Malformed
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment, parse_actor, parse_environment
from pratique.values.reference import Reference, parse_reference

if TYPE_CHECKING:
    from pratique.service.signatory import Signatory


def actor(text: str) -> Actor:
    """Read ``person:NAME`` or ``service:NAME``."""
    try:
        return parse_actor(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def reference(text: str) -> Reference:
    """Read a reference to an image."""
    try:
        return parse_reference(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def environment(text: str) -> Environment:
    """Read an environment's name."""
    try:
        return parse_environment(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def digest(text: str) -> Digest:
    """Read ``sha256:<hex>``."""
    try:
        return Digest.parse(text)
    except Malformed as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def named_key(text: str) -> tuple[Actor, Path]:
    """Read ``person:NAME=KEY``."""
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise argparse.ArgumentTypeError(f"expected person:NAME=KEY, found {text!r}")
    return actor(name), Path(path)


def signing_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--as`` and ``--key``: who acts, and what signs for them."""
    parser.add_argument("--as", dest="actor", type=actor, metavar="ACTOR", help="person:NAME or service:NAME")
    parser.add_argument(
        "--key",
        type=Path,
        metavar="KEY",
        help="a person's SSH key (or the .pub of one in the agent), or a service's PEM key",
    )


def word_options(parser: argparse.ArgumentParser, comment: str = "why; stays private and can be erased") -> None:
    """Add ``--comment``, ``--as`` and ``--key``: a person's word, and who says and signs it."""
    parser.add_argument("--comment", required=True, metavar="TEXT", help=comment)
    signing_options(parser)


def root_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--root``: the root key holders who sign."""
    parser.add_argument(
        "--root",
        action="append",
        required=True,
        type=named_key,
        metavar="person:NAME=KEY",
        help="a root key holder who signs; repeat it for several",
    )


def signatory(actor: Actor | None, key: Path | None) -> "Signatory":
    """Return who signs.

    Raises:
        Malformed: Only one of the two was given, or none.
    """
    from pratique.service.signatory import PersonSignatory, ServiceSignatory
    from pratique.signing.keyfile import read_key
    from pratique.values.names import is_person

    if actor is None or key is None:
        raise Malformed("expected --as ACTOR and --key KEY: this is signed, so say who you are and with which key")
    return PersonSignatory(actor, key) if is_person(actor) else ServiceSignatory(actor, read_key(key))
