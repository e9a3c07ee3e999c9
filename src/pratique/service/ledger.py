"""The ledger's verbs: sign a checkpoint, prove an entry."""

from dataclasses import dataclass

from pratique.ledger.checkpoint import sign_checkpoint, sign_too
from pratique.ledger.export import published
from pratique.service.history import alone, ask_first
from pratique.service.keyring import LedgerKey
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import Transaction, View
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.proof_file import ProofFile
from pratique.tlog.proofs import prove_inclusion


def checkpoint(workspace: Workspace) -> SignedCheckpoint:
    """Sign the ledger as it stands, unless the last checkpoint says the same, and return the last one.

    Raises:
        Conflict: The ledger was rolled back or rewritten since a checkpoint was signed, as our own table, the export
            or a witness says; nothing is signed, now or later (``service.history``).
    """
    with alone(workspace):
        return signed(workspace)


def signed(workspace: Workspace) -> SignedCheckpoint:
    """Sign within :func:`~pratique.service.history.alone`; raises ``HistoryLost`` as above."""
    last, size = workspace.store.read(lambda view: (view.ledger.checkpoint(), view.ledger.frontier().size))
    if last is None or last.size != size:
        ask_first(workspace)
    keys = workspace.keys.ledger()
    exported = tuple(filter(None, [published(workspace.export, workspace.log_keys)]))
    return workspace.store.transact(lambda tx: _sign(tx, keys, exported))


def _sign(tx: Transaction, keys: tuple[LedgerKey, ...], exported: tuple[Checkpoint, ...]) -> SignedCheckpoint:
    last, frontier = tx.ledger.checkpoint(), tx.ledger.frontier()
    own = () if last is None else (Checkpoint(last.origin, last.size, last.root),)
    first, *more = keys
    note = sign_checkpoint(frontier, (*own, *exported), tx.ledger.node, first.verifier, first.sign)
    if last is not None and last.size == frontier.size:
        return last
    for key in more:
        note = sign_too(note, key.verifier, key.sign)
    done = SignedCheckpoint(frontier.size, frontier.root(), note, tx.now)
    tx.ledger.add_checkpoint(done)
    return done


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
    over = checkpoint_over(workspace, index)

    def query(view: View) -> tuple[bytes, ...]:
        return prove_inclusion(index, over.size, view.ledger.node)

    return Proven(index, entry, ProofFile(index, workspace.store.read(query), over.note).render())
