"""Assembling a clearance or a promotion's proof, from the ledger's entries and the objects that they name."""

from collections.abc import Callable, Iterator

from pratique.attest.dsse import parse_envelope
from pratique.attest.review import REVIEW_FORM
from pratique.promotion.events import Entry, build_event
from pratique.promotion.happenings import ReviewGiven
from pratique.promotion.steps import PromotionSealed
from pratique.proof.contents import Contents, contents_of
from pratique.proof.document import Growth, Kind, Logged, Proof, build_proof
from pratique.proof.ledger import Seen
from pratique.proof.review import seen_by
from pratique.proof.stamp import Kept, choose_stamps
from pratique.tlog.checkpoint import Checkpoint, parse_checkpoint
from pratique.tlog.note import parse_note
from pratique.tlog.proofs import NodeSource, prove_consistency, prove_inclusion
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the parts come from.

    Attributes:
        entries: At least every publication of a directory or policy, every event of the promotion, and those of the
            earlier ones that came to the same places.
        node: The ledger's perfect subtrees.
        object: The bytes of an object; raises ``Absent`` where it is not kept.
        stamps: What timestamp authorities said of checkpoints of this ledger.
    """

    entries: tuple[Entry, ...]
    node: NodeSource
    object: Callable[[Digest], bytes]
    stamps: tuple[Kept, ...] = ()


def assemble_clearance(promotion: str, checkpoint: bytes, sources: Sources) -> bytes:
    """Return the clearance of an approved promotion, for ``verify_clearance``.

    Args:
        promotion: Its identifier.
        checkpoint: A signed note over at least the ledger up to the approval.
        sources: Where the parts come from.

    Raises:
        Refused: It has not been approved, as far as the checkpoint reaches.
        Absent: An object is not kept.
    """
    return _assembled(Kind.CLEARANCE, promotion, checkpoint, sources)


def assemble_promotion(promotion: str, checkpoint: bytes, sources: Sources) -> bytes:
    """Return the proof of a sealed or promoted promotion, for ``verify_promotion``.

    Arguments and errors as for :func:`assemble_clearance`.
    """
    return _assembled(Kind.PROMOTION, promotion, checkpoint, sources)


def _assembled(kind: Kind, promotion: str, note: bytes, sources: Sources) -> bytes:
    checkpoint = parse_checkpoint(parse_note(note).text)
    covered = (entry for entry in sources.entries if entry.index < checkpoint.size)
    contents = contents_of(kind, promotion, covered)
    objects = {digest: sources.object(digest) for digest in contents.digests}
    standing = contents.standing
    return build_proof(
        Proof(
            kind=kind,
            promotion=promotion,
            image=standing.image,
            environment=standing.to,
            checkpoint=note,
            entries=tuple(_logged(entry, checkpoint, sources.node) for entry in contents.entries),
            objects=tuple(sorted(objects.items())),
            stamps=choose_stamps(sources.stamps, contents.approval.index, checkpoint, sources.node),
            growths=tuple(
                _growth(seen, checkpoint, sources.node) for seen in sorted(set(_relied_on(contents, objects)))
            ),
        )
    )


def _logged(entry: Entry, checkpoint: Checkpoint, node: NodeSource) -> Logged:
    # An event has one spelling, so these are the bytes that were logged.
    return Logged(entry.index, build_event(entry.event), prove_inclusion(entry.index, checkpoint.size, node))


def _relied_on(contents: Contents, objects: dict[Digest, bytes]) -> Iterator[Seen]:
    """Yield the ledger as each counted reviewer and the signer saw it."""
    for entry, role, digest in contents.objects:
        match entry.event.data:
            case ReviewGiven() if role == "review" and digest in contents.approval.reviews:
                yield seen_by(REVIEW_FORM.parse(parse_envelope(objects[digest]).payload))
            case PromotionSealed(checkpoint=checkpoint) if role == "seal" and contents.concerns(entry):
                yield checkpoint.size, checkpoint.root
            case _:
                pass


def _growth(seen: Seen, checkpoint: Checkpoint, node: NodeSource) -> Growth:
    size, root = seen
    return Growth(size, root, prove_consistency(size, checkpoint.size, node))
