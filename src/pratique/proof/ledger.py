"""The ledger in a proof: a checkpoint that the trust root accepts, and entries that stand under it.

Order matters: nothing is read of an entry before its place is proved.
"""

from pratique.errors import Unverified
from pratique.promotion.events import Entry, parse_event
from pratique.proof.document import Growth, Proof
from pratique.tlog.note import parse_note
from pratique.tlog.policy import Policy, VerifiedCheckpoint, verify_checkpoint
from pratique.tlog.proofs import verify_consistency, verify_inclusion
from pratique.tlog.tree import leaf_hash
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

Seen = tuple[int, Digest]
"""The size and root of the ledger as somebody saw it."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known to be in the ledger; the entries are in its order."""

    checkpoint: VerifiedCheckpoint
    entries: tuple[Entry, ...]

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self.checkpoint.checkpoint.origin

    @property
    def size(self) -> int:
        """How many entries the checkpoint covers."""
        return self.checkpoint.checkpoint.size


def verify_ledger(proof: Proof, policy: Policy) -> Ledger:
    """Return the entries of a proof once each is known to be in the ledger.

    Raises:
        Unverified: The checkpoint is not accepted, or an entry does not stand where the proof says.
        Malformed: The note or an event breaks its form.
    """
    _refuse_strangers(proof.checkpoint, policy)
    checkpoint = verify_checkpoint(proof.checkpoint, policy)
    indexes = [logged.index for logged in proof.entries]
    if indexes != sorted(set(indexes)):
        raise Unverified("proof.entries: expected each entry once, in the ledger's order")
    size, root = checkpoint.checkpoint.size, checkpoint.checkpoint.root
    for logged in proof.entries:
        verify_inclusion(leaf_hash(logged.content), logged.index, size, logged.inclusion, root)
    return Ledger(checkpoint, tuple(Entry(logged.index, parse_event(logged.content)) for logged in proof.entries))


def _refuse_strangers(note: bytes, policy: Policy) -> None:
    """Refuse signatures that nobody here can verify: whoever carries a proof could put anything there.

    The notes themselves ask that unknown lines be ignored (c2sp.org/signed-note); a proof is not a note, and holds
    nothing that was not looked at.
    """
    keys = (*(log.key for log in policy.logs), *(witness.key for witness in policy.witnesses))
    left = {(key.name, key.key_id) for key in keys}
    for line in parse_note(note).signatures:
        if (line.name, line.key_id) not in left:
            raise Unverified(
                f"checkpoint: found a signature of {line.name}+{line.key_id.hex()} that the trust root does not "
                "know, or a second one; ask whoever gave you the trust root which keys belong in it"
            )
        left.remove((line.name, line.key_id))


def verify_growths(growths: tuple[Growth, ...], seen: frozenset[Seen], ledger: Ledger) -> None:
    """Return if the ledger only grew since each time that somebody relied on it.

    Args:
        growths: Those of the proof: one for each of ``seen``, by size.
        seen: What was relied on.
        ledger: The ledger under the proof's checkpoint.

    Raises:
        Unverified: A growth is missing, nobody needs it, or it does not hold: then somebody was shown another
            ledger.
    """
    given = [(growth.size, growth.root) for growth in growths]
    if given != sorted(seen):
        missing = sorted(seen - set(given)) or sorted(set(given) - seen) or given
        size, root = missing[0]
        raise Unverified(
            f"proof.consistency: expected one proof for each checkpoint relied on, by size; see size {size}, "
            f"root {root}"
        )
    now = ledger.checkpoint.checkpoint
    for growth in growths:
        verify_consistency(growth.size, bytes.fromhex(growth.root.hex), now.size, now.root, growth.proof)
