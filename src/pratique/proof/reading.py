"""A proof that has been opened: its entries stand in the ledger, and it holds what belongs in it, neither less
nor more.

What the entries say is not believed yet.
"""

from collections.abc import Mapping

from pratique.errors import Unverified
from pratique.promotion.catalogue import Happening
from pratique.promotion.events import Entry
from pratique.promotion.states import Approval, Judgement, Promotion
from pratique.proof.contents import Contents, contents_of, object_named
from pratique.proof.demand import demand
from pratique.proof.document import Kind, Proof, parse_proof
from pratique.proof.ledger import Ledger, verify_ledger
from pratique.proof.trust import TrustRoot
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Reading:
    """An opened proof."""

    proof: Proof
    ledger: Ledger
    contents: Contents
    _objects: Mapping[Digest, bytes]

    @property
    def standing(self) -> Promotion:
        """The promotion as the last of its entries leaves it."""
        return self.contents.standing

    @property
    def approval(self) -> Approval:
        """Its approval."""
        return self.contents.approval

    @property
    def judgement(self) -> Judgement:
        """The judgement that it was approved by."""
        return self.contents.judgement

    def of(self, kind: type[Happening]) -> tuple[Entry, ...]:
        """Return the entries of one type, in order."""
        return self.contents.of(kind)

    def object(self, entry: Entry, role: str) -> bytes:
        """Return the exact bytes of an entry's object; raises ``Unverified`` where it names none."""
        return self._objects[object_named(entry, role)]


def open_proof(content: bytes, kind: Kind, trust: TrustRoot) -> Reading:
    """Return a proof of this kind whose parts are the right ones.

    Raises:
        Malformed: It is no proof, or an event in it is none.
        Unverified: The ledger does not hold an entry, or a part is missing or does not belong.
        Refused, Conflict: The promotion's events are not those of an approved promotion.
    """
    proof = parse_proof(content)
    demand("proof.kind", kind, proof.kind)
    ledger = verify_ledger(proof, trust.ledger)
    contents = contents_of(kind, proof.promotion, ledger.entries)
    _check_entries(ledger, contents)
    _check_subject(contents)
    _check_objects(proof, contents)
    _check_head(proof, contents.standing)
    return Reading(proof, ledger, contents, dict(proof.objects))


def _check_entries(ledger: Ledger, contents: Contents) -> None:
    belong = {entry.index for entry in contents.entries}
    for entry in ledger.entries:
        if entry.index not in belong:
            raise Unverified(
                f"proof.entries: entry {entry.index} ({entry.event.type}) does not belong here; nothing after the "
                f"approval at {contents.approval.index} counts for it"
            )


def _check_subject(contents: Contents) -> None:
    """Return if every event of the promotion is about the same image and place, as the first one says."""
    standing = contents.standing
    about = (standing.application, standing.to, standing.image)
    for entry in contents.entries:
        event = entry.event
        if event.promotion == standing.id:
            found = (event.application, event.environment, event.image)
            demand(f"entry {entry.index} ({event.type}), what it is about", about, found)


def _check_objects(proof: Proof, contents: Contents) -> None:
    carried = frozenset(digest for digest, _ in proof.objects)
    for entry, role, digest in contents.objects:
        if digest not in carried:
            raise Unverified(
                f"proof.objects: expected the {role} {digest} of entry {entry.index}, found none; "
                "ask for the whole proof"
            )
    for digest in sorted(carried - contents.digests):
        raise Unverified(f"proof.objects: {digest} does not belong here: no entry that counts names it")


def _check_head(proof: Proof, standing: Promotion) -> None:
    demand("proof.image", standing.image, proof.image)
    demand("proof.environment", standing.to, proof.environment)
