"""The ledger's verbs: sign a checkpoint, prove an entry, export everything."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pratique.ledger.checkpoint import sign_checkpoint
from pratique.ledger.export import Exported, Log, export, published
from pratique.promotion.events import Class, parse_event
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import Transaction, View
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.proof_file import ProofFile
from pratique.tlog.proofs import prove_inclusion
from pratique.tlog.tree import Frontier
from pratique.values.digest import Digest

_BATCH = 256  # entries read at once; one bundle


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


def publish(workspace: Workspace, target: Path, signed: SignedCheckpoint) -> Exported:
    """Export everything under a signed checkpoint; raises as :func:`pratique.ledger.export.export`."""
    key = workspace.keys.ledger_verifier()

    def query(view: View) -> Exported:
        witnesses = tuple(each.key for each in workspace.trust.ledger.witnesses)
        frontier = _frontier_at(view, signed.size)
        log = Log(frontier, signed.note, key, view.ledger.node, view.ledger.bodies, witnesses)
        return export(target, log, _record_objects(workspace, view, signed.size))

    return workspace.store.read(query)


def _frontier_at(view: View, size: int) -> Frontier:
    """Return the tree as it was at this size; its subtrees stand in the database for ever."""
    stack, start = [], 0
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            stack.append(view.ledger.node(height, start >> height))
            start += 1 << height
    return Frontier(size, tuple(stack))


def _record_objects(workspace: Workspace, view: View, size: int) -> Iterator[tuple[Digest, Callable[[], bytes]]]:
    seen: set[Digest] = set()
    for start in range(0, size, _BATCH):
        for body in view.ledger.bodies(start, min(start + _BATCH, size)):
            for item in parse_event(body).objects:
                if item.class_ is Class.RECORD and item.digest not in seen:
                    seen.add(item.digest)
                    yield item.digest, _fetcher(workspace, item.digest)


def _fetcher(workspace: Workspace, digest: Digest) -> Callable[[], bytes]:
    return lambda: workspace.blobs.get(digest)
