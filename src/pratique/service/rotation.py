"""A new key for the ledger, under its own name: both sign for a while, then the older one is destroyed.

The successor is written down by an event that stands under a checkpoint of the old key, so nobody who trusts only
that one has to believe anybody else. Each step may be repeated after it was interrupted.
"""

from dataclasses import dataclass

from pratique.errors import Absent, Conflict
from pratique.promotion.upkeep import KeyRetired, KeyRotated
from pratique.service.scribe import Scribe
from pratique.service.trust import add_log
from pratique.service.witness import Witnessed, witnessed
from pratique.service.workspace import Workspace
from pratique.signing.keyfile import Algorithm, create_key
from pratique.storage.transaction import Transaction
from pratique.tlog.key import NoteVerifier


@dataclass(frozen=True, slots=True)
class Rotation:
    """The keys, and the checkpoint that both signed and under which the event stands."""

    old: NoteVerifier
    new: NoteVerifier
    witnessed: Witnessed


def rotate(workspace: Workspace) -> Rotation:
    """Give the ledger a second key: the trust root lists both, and both sign from now on.

    Raises:
        Conflict: Two overlap already, or the ledger is stopped.
        Unreachable: The disk fails; run it again.
    """
    with workspace.lock("rotation"):
        following = workspace.keys.next_ledger_file
        if not following.exists():
            create_key(following, Algorithm.ED25519)
        old, new = (key.verifier for key in workspace.keys.ledger())
        if _recorded(workspace, new):
            raise Conflict(f"ledger: {old} and {new} overlap already; end that with `ledger rotate-key --finish`")
        add_log(workspace.root / "trust-root.json", new)

        def command(tx: Transaction) -> None:
            Scribe(tx).append(KeyRotated(str(old), str(new), tx.ledger.frontier().size + 1))

        workspace.store.transact(command)
    return Rotation(old, new, witnessed(workspace))


def finish(workspace: Workspace) -> Rotation:
    """End the overlap: the older key signs a last checkpoint, together with the newer one, and is destroyed.

    Raises:
        Absent: No two keys overlap.
        Conflict: The ledger is stopped.
        Unreachable: The disk fails; run it again.
    """
    with workspace.lock("rotation"):
        keys = [key.verifier for key in workspace.keys.ledger()]
        if len(keys) != 2 or not _recorded(workspace, keys[1]):
            raise Absent("ledger: no two keys overlap; begin with `ledger rotate-key`")
        old, new = keys
        workspace.store.transact(lambda tx: _retire(tx, old, new))
        last = witnessed(workspace)
        workspace.keys.put_in_place(workspace.keys.next_ledger_file, workspace.keys.ledger_file)
    return Rotation(old, new, last)


def _recorded(workspace: Workspace, new: NoteVerifier) -> bool:
    found = workspace.store.read(lambda view: view.ledger.told(KeyRotated))
    return any(data.new == str(new) for _, data in found)


def _retire(tx: Transaction, old: NoteVerifier, new: NoteVerifier) -> None:
    if not any(data.key == str(old) for _, data in tx.ledger.told(KeyRetired)):
        Scribe(tx).append(KeyRetired(str(old), str(new), tx.ledger.frontier().size + 1))
