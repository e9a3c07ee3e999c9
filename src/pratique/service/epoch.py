"""A new epoch: after a real loss the ledger goes on under another name, and never forks the old one.

The entries that survived stand in the new ledger too, at their places, so what happened before can be proven under
either name. Its first own entry embeds the last checkpoint of the old name, lost entries and all. Everything that is
named after the installation (directory, reviews, seals) goes on: a ledger ``NAME/epochN`` is NAME's.
"""

import os
import re
from dataclasses import dataclass

from pratique.errors import Malformed, Refused, Unreachable
from pratique.ledger.checkpoint import check_grown
from pratique.promotion.authority import epoch_of, installation_of
from pratique.promotion.events import Entry
from pratique.promotion.upkeep import EpochBegun
from pratique.service.history import FILE as STOPPED
from pratique.service.keyring import Keyring
from pratique.service.scribe import Scribe, keep
from pratique.service.trust import add_log
from pratique.service.workspace import Workspace
from pratique.signing.keyfile import Algorithm, create_key
from pratique.storage.transaction import Transaction, View
from pratique.tlog.checkpoint import Checkpoint, open_checkpoint
from pratique.tlog.key import NoteVerifier
from pratique.values.digest import Digest

_NOTE_MEDIA = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was begun: its key, where it is exported to, and which entries of the old name are lost."""

    key: NoteVerifier
    export: str
    lost: range


def begin(workspace: Workspace, origin: str, last: bytes) -> Epoch:
    """Go on under another name; the settings name it when this returns, and the next process signs under it.

    Args:
        workspace: What is left of the ledger.
        origin: ``NAME/epochN``.
        last: The last checkpoint that was signed under the present name.

    Raises:
        Malformed: No such name, or no checkpoint.
        Unverified: It was not signed by this ledger.
        Refused: It is of a history that can still be restored, or other than what is here.
    """
    before = _checked(workspace, origin, last)
    survived = workspace.store.read(lambda view: view.ledger.frontier().size)
    keys = Keyring(workspace.keys.directory, origin)
    if not keys.ledger_file.exists():
        create_key(keys.ledger_file, Algorithm.ED25519)
    key = keys.ledger()[0].verifier
    add_log(workspace.root / "trust-root.json", key)
    note = keep(workspace.blobs, "checkpoint", _NOTE_MEDIA, last)

    def command(tx: Transaction) -> None:
        root = Digest(before.root.hex())
        begun = EpochBegun(before.origin, before.size, root, tx.ledger.frontier().size, str(key))
        if not any(isinstance(data := one.event.data, EpochBegun) and data.key == str(key) for one in _begun(tx)):
            Scribe(tx).append(begun, note)

    workspace.store.transact(command)
    export = _settle(workspace, origin)
    (workspace.root / STOPPED).unlink(missing_ok=True)
    workspace.keys.ledger_file.unlink(missing_ok=True)  # it must never sign again
    workspace.keys.next_ledger_file.unlink(missing_ok=True)
    return Epoch(key, export, range(survived, max(survived, before.size)))


def _begun(tx: Transaction) -> tuple[Entry, ...]:
    return tx.ledger.of_type(EpochBegun.TYPE)


def _checked(workspace: Workspace, origin: str, last: bytes) -> Checkpoint:
    present = workspace.origin
    if installation_of(origin) != installation_of(present) or epoch_of(origin) != epoch_of(present) + 1:
        expected = f"{installation_of(present)}/epoch{epoch_of(present) + 1}"
        raise Malformed(f"epoch: expected the name {expected}, found {origin[:200]!r}")
    # Those of the trust root, not of the key files: whoever lost the files has only a new epoch to go on with.
    before = open_checkpoint(last, (log.key for log in workspace.trust.ledger.logs)).checkpoint
    if before.origin != present:
        raise Refused(f"epoch: expected the last checkpoint of {present}, found one of {before.origin}")

    def compare(view: View) -> None:
        known = view.ledger.checkpoint()
        if known is not None and before.size < known.size:
            raise Refused(f"epoch: a checkpoint over {known.size} entries was signed, found one of {before.size}")
        if before.size <= view.ledger.frontier().size:
            check_grown(view.ledger.frontier(), before, view.ledger.node)

    workspace.store.read(compare)
    return before


def _settle(workspace: Workspace, origin: str) -> str:
    """Change the two settings in one step, and return where the new ledger is exported to."""
    path = workspace.root / "pratique.toml"
    export = f"{str(workspace.export).rstrip('/')}-epoch{epoch_of(origin)}"
    text = path.read_text()
    for key, value in (("origin", origin), ("export", export)):
        text, count = re.subn(rf"(?m)^{key}[ \t]*=.*$", f'{key} = "{value}"', text, count=1)
        if not count:
            text = f'{key} = "{value}"\n{text}'
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unreachable(f"{path} cannot be written: {error.strerror}; run it again") from error
    return export
