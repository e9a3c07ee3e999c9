"""Asking a witness to cosign a checkpoint, and stopping where it has seen more, or other, than we have.

A witness whose last tree is larger than ours, or whose tree is no beginning of ours, says that this ledger was
rolled back or rewritten. Nothing is signed after that.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pratique.errors import Malformed, Refused, Unreachable, Unverified
from pratique.ledger.checkpoint import HistoryLost
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.key import SignatureLine, Signer
from pratique.tlog.policy import Witness
from pratique.tlog.proofs import NodeSource, prove_consistency
from pratique.tlog.witness import AddCheckpoint, Status, cosignatures, parse_size

Post = Callable[[str, bytes], tuple[int, bytes]]
"""``(URL, body)`` → the status and body of the answer; raises ``Unreachable``."""


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's line under a checkpoint, verified."""

    witness: Witness
    line: SignatureLine
    signer: Signer


@dataclass(frozen=True, slots=True)
class Grown:
    """The tree that is to be cosigned: what its signed note says, the note, and its perfect subtrees."""

    checkpoint: Checkpoint
    note: bytes
    nodes: NodeSource


def cosign(tree: Grown, witness: Witness, known: int, post: Post) -> Cosigned:
    """Return the witness's cosignature of a signed checkpoint.

    Args:
        tree: What it is asked about.
        witness: Whom to ask; with a URL.
        known: The size that it cosigned last, as far as we know; it is asked again where it says another.
        post: Asks.

    Raises:
        HistoryLost: It has seen a larger or another history than ours. Sign nothing; restore the ledger.
        Refused: It does not know this log or its key.
        Unverified: Its answer is no cosignature by its key.
        Unreachable: It does not answer, or answers something else.
    """
    url = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
    checkpoint = tree.checkpoint
    old = min(known, checkpoint.size)
    for _ in range(2):
        request = AddCheckpoint(old, prove_consistency(old, checkpoint.size, tree.nodes), tree.note)
        status, body = post(url, request.render())
        if status != Status.OTHER_SIZE:
            return _answered(status, body, checkpoint, witness)
        old = _last_seen(body, checkpoint, witness)
    raise Unreachable(f"witness {witness.name}: says another size each time; somebody else asks it about this log")


def _last_seen(body: bytes, checkpoint: Checkpoint, witness: Witness) -> int:
    try:
        size = parse_size(body)
    except Malformed as error:
        raise Unreachable(f"witness {witness.name}: {error}; ask who runs it") from error
    if size > checkpoint.size:
        raise HistoryLost(
            f"witness {witness.name} has cosigned {size} entries of {checkpoint.origin}, and the ledger has "
            f"{checkpoint.size}: it was rolled back; restore the missing {size - checkpoint.size} entries first"
        )
    return size


def _answered(status: int, body: bytes, checkpoint: Checkpoint, witness: Witness) -> Cosigned:
    said = repr(body[:200].decode("utf-8", "replace").strip())
    match status:
        case 200:
            return _verified(body, checkpoint, witness)
        case Status.INCONSISTENT:
            raise HistoryLost(
                f"witness {witness.name}: {checkpoint.origin} is no continuation of what it cosigned ({said}): the "
                "ledger was rewritten; stop, keep this database, and compare it with the export"
            )
        case Status.UNTRUSTED | Status.UNKNOWN_LOG:
            raise Refused(
                f"witness {witness.name}: does not know {checkpoint.origin} by this key ({said}); "
                "give its operator the log's key, log.vkey"
            )
        case _:
            raise Unreachable(f"witness {witness.name}: expected a cosignature, found status {status}: {said}")


def _verified(body: bytes, checkpoint: Checkpoint, witness: Witness) -> Cosigned:
    try:
        found = cosignatures(body, checkpoint.render(), (witness.key,))
    except Malformed as error:
        raise Unverified(f"witness {witness.name}: {error}") from error
    if not found:
        raise Unverified(
            f"witness {witness.name}: expected a line by {witness.key}, found none; its key was changed, or the "
            "trust root names another"
        )
    line, signer = found[0]
    return Cosigned(witness, line, signer)
