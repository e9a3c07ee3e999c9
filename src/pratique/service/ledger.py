"""The ledger's verbs: sign a checkpoint, prove an entry."""

from dataclasses import dataclass

from pratique.ledger.checkpoint import sign_checkpoint
from pratique.ledger.export import published
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import Transaction, View
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.proof_file import ProofFile
from pratique.tlog.proofs import prove_inclusion


def checkpoint(workspace: Workspace) -> SignedCheckpoint:
    """Sign the ledger as it stands, unless the last checkpoint says the same, and return the last one.

    Raises:
        Conflict: The ledger was rolled back or rewritten since a checkpoint was signed, as our own table or the
            export says; nothing is signed.
    """
    key = workspace.keys.ledger()
    verifier = workspace.keys.ledger_verifier()
    exported = tuple(filter(None, [published(workspace.export, verifier)]))

    def command(tx: Transaction) -> SignedCheckpoint:
        last = tx.ledger.checkpoint()
        frontier = tx.ledger.frontier()
        own = () if last is None else (Checkpoint(verifier.name, last.size, last.root),)
        note = sign_checkpoint(frontier, (*own, *exported), tx.ledger.node, verifier, key.sign)
        if last is not None and last.size == frontier.size:
            return last
        signed = SignedCheckpoint(frontier.size, frontier.root(), note, tx.now)
        tx.ledger.add_checkpoint(signed)
        return signed

    return workspace.store.transact(command)


def checkpoint_over(workspace: Workspace, index: int) -> SignedCheckpoint:
    """Return a checkpoint under which this index stands: the first one there is, else a new one."""
    found = workspace.store.read(lambda view: view.ledger.checkpoint_covering(index))
    return found if found is not None else checkpoint(workspace)


@dataclass(frozen=True, slots=True)
class Proven:
    """One entry and the proof that the ledger holds it, as a ``.tlog-proof`` file."""

    index: int
    entry: bytes
    file: bytes


def prove(workspace: Workspace, index: int) -> Proven:
    """Return an entry with its inclusion proof under a signed checkpoint.

    Raises:
        Absent: There is no such entry.
    """
    entry = workspace.store.read(lambda view: view.ledger.body(index))
    signed = checkpoint_over(workspace, index)

    def query(view: View) -> tuple[bytes, ...]:
        return prove_inclusion(index, signed.size, view.ledger.node)

    return Proven(index, entry, ProofFile(index, workspace.store.read(query), signed.note).render())
