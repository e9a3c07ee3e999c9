"""``pratique ledger replace-key``: another key for an environment's seals, or for the record."""

import argparse
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.options import Subverbs
from pratique.cli.words import named_key
from pratique.errors import Malformed

if TYPE_CHECKING:
    from pratique.service.replacement import Replacement
    from pratique.service.signatory import PersonSignatory
    from pratique.service.workspace import Workspace

_EXAMPLES = """\
as planned, with time to hand the new key to whoever pins keys:
  pratique ledger replace-key seal:prod --announce --root person:ann=ann
  pratique ledger replace-key seal:prod --switch
  pratique ledger replace-key seal:prod --finish --root person:ann=ann

at once, because somebody else may have had it since entry 4711:
  pratique ledger replace-key seal:prod --stolen --since 4711 --root person:ann=ann
"""


def add_replace_word(verbs: Subverbs) -> None:
    """Add the word."""
    word = verbs.add("replace-key", "replace the key of an environment's seals, or of the record")
    word.epilog, word.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    word.add_argument("use", metavar="USE", help="record, or seal:ENVIRONMENT")
    step = word.add_mutually_exclusive_group(required=True)
    for flag, run, said in (
        ("--announce", _announce, "make the next key and list it in the directory beside the present one"),
        ("--switch", _switch, "the next key signs from now on, and the present one is destroyed"),
        ("--finish", _finish, "list the key that signs alone: the older one counts for nothing later"),
        ("--stolen", _stolen, "stolen or lost: do all of that at once, and accept no proof that does not say so"),
    ):
        step.add_argument(flag, dest="step", action="store_const", const=run, help=said)
    word.add_argument(
        "--root",
        action="append",
        default=[],
        type=named_key,
        metavar="person:NAME=KEY",
        help="a root key holder who signs the directory; repeat it for several",
    )
    word.add_argument(
        "--since", type=int, metavar="INDEX", help="the entry from which on a stolen key counts for nothing"
    )
    word.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> Answer:
    from pratique.wire import open_workspace

    if arguments.since is not None and arguments.step is not _stolen:
        raise Malformed("usage: --since says since when a key is --stolen")
    with open_workspace(arguments.workspace) as workspace:
        done, told = arguments.step(workspace, arguments)
    value = {"use": done.use, "old": done.old.key_id, "new": done.new.key_id, "directory": done.directory}
    return Answer({**value, "public_key": done.new.text}, "\n".join(told))


def _announce(workspace: "Workspace", arguments: argparse.Namespace) -> "tuple[Replacement, tuple[str, ...]]":
    from pratique.service.replacement import announce

    done = announce(workspace, arguments.use, _signatories(arguments))
    told = (
        f"directory {done.directory} lists {done.new.key_id} beside {done.old.key_id}, which signs on; give the key "
        "to whoever pins keys, then let it sign with --switch"
    )
    return done, (told, done.new.text.rstrip("\n"))


def _switch(workspace: "Workspace", arguments: argparse.Namespace) -> "tuple[Replacement, tuple[str, ...]]":
    from pratique.service.replacement import switch

    done = switch(workspace, arguments.use)
    return done, (f"{done.new.key_id} signs from now on, {done.old.key_id} is destroyed; end it with --finish",)


def _finish(workspace: "Workspace", arguments: argparse.Namespace) -> "tuple[Replacement, tuple[str, ...]]":
    from pratique.service.replacement import finish

    done = finish(workspace, arguments.use, _signatories(arguments))
    return done, (f"directory {done.directory} lists {done.new.key_id} alone; {done.old.key_id} is retired",)


def _stolen(workspace: "Workspace", arguments: argparse.Namespace) -> "tuple[Replacement, tuple[str, ...]]":
    from pratique.service.replacement import replace_stolen

    done = replace_stolen(workspace, arguments.use, _signatories(arguments), arguments.since)
    told = (
        f"directory {done.directory} revokes {done.old.key_id}; {done.new.key_id} signs from now on; give the key "
        "and trust-root.json to everybody who verifies, restart the worker, and export the proofs of before again"
    )
    return done, (told, done.new.text.rstrip("\n"))


def _signatories(arguments: argparse.Namespace) -> "tuple[PersonSignatory, ...]":
    from pratique.service.signatory import PersonSignatory

    return tuple(PersonSignatory(person, key) for person, key in arguments.root)
