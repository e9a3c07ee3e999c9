"""``pratique ledger add-witness`` and its like: whose word on the ledger counts."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pratique.cli.answer import Answer
from pratique.cli.options import Subverbs

if TYPE_CHECKING:
    from pratique.tlog.policy import Policy


def add_witness_words(verbs: Subverbs) -> None:
    """Add the words that change the trust root."""
    add = verbs.add("add-witness", "name a witness in the trust root: it is asked, and counts")
    add.add_argument("name", metavar="NAME", help="what the trust root calls it")
    add.add_argument("key", metavar="VKEY", help="its public key, as `pratique witness init` printed it")
    add.add_argument("url", metavar="URL", help="where it answers: https://… without /add-checkpoint")
    add.set_defaults(run=_add_witness)
    remove = verbs.add("remove-witness", "take a witness out of the trust root")
    remove.add_argument("name", metavar="NAME", help="what the trust root calls it")
    remove.set_defaults(run=_remove_witness)
    require = verbs.add(
        "require-witnesses", "say how many witnesses every checkpoint needs before anything is sealed"
    )
    require.add_argument("number", type=int, metavar="N", help="0 to the number of witnesses")
    require.set_defaults(run=_require)


def _add_witness(arguments: argparse.Namespace) -> Answer:
    from pratique.config.load import load
    from pratique.config.settings import workspace_root
    from pratique.service.trust import add_witness
    from pratique.tlog.key import NoteVerifier

    trust_root = load(workspace_root(arguments.workspace)).trust_root
    return _told(
        trust_root, add_witness(trust_root, arguments.name, NoteVerifier.parse(arguments.key), arguments.url)
    )


def _remove_witness(arguments: argparse.Namespace) -> Answer:
    from pratique.config.load import load
    from pratique.config.settings import workspace_root
    from pratique.service.trust import remove_witness

    trust_root = load(workspace_root(arguments.workspace)).trust_root
    return _told(trust_root, remove_witness(trust_root, arguments.name))


def _require(arguments: argparse.Namespace) -> Answer:
    from pratique.config.load import load
    from pratique.config.settings import workspace_root
    from pratique.service.trust import require_witnesses

    trust_root = load(workspace_root(arguments.workspace)).trust_root
    return _told(trust_root, require_witnesses(trust_root, arguments.number))


def _told(trust_root: Path, policy: "Policy") -> Answer:
    names = [each.name for each in policy.witnesses]
    text = f"{policy.render()}{trust_root} was changed: give it to everybody who verifies"
    return Answer({"trust_root": str(trust_root), "witnesses": names, "policy": policy.render()}, text)
