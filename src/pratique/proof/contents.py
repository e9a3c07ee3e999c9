"""What belongs in a proof: which entries of the ledger, and which of the objects that they name.

One answer for whoever makes a proof and whoever verifies it. Nothing is left out, and nothing is carried that is
not looked at: every directory and policy, every event of the promotion, the earlier ones that it follows upon, and of
their objects those that the decision rests on.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pratique.errors import Refused, Unverified
from pratique.promotion.catalogue import Happening
from pratique.promotion.events import Entry
from pratique.promotion.governance import (
    HoldLifted,
    HoldPlaced,
    WaiverExpired,
    WaiverGranted,
    WaiverRevoked,
    WaiverVoided,
)
from pratique.promotion.happenings import (
    DirectoryPublished,
    PolicyPublished,
    PromotionApproved,
    PromotionFailed,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    PromotionRequested,
    PromotionRetried,
    ReviewGiven,
)
from pratique.promotion.history import fold_all
from pratique.promotion.states import Approval, Judgement, Promotion
from pratique.promotion.steps import (
    PromotionExpired,
    PromotionPromoted,
    PromotionRecalled,
    PromotionSealed,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
)
from pratique.proof.document import Kind
from pratique.proof.earlier import Earlier, earlier_of
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

# A clearance ends where the signer begins; a promotion's proof can be attached before anything points at it.
_LAST: dict[Kind, tuple[type[Happening], ...]] = {
    Kind.CLEARANCE: (PromotionApproved,),
    Kind.PROMOTION: (PromotionSealed, PromotionPromoted),
}
_UNDOING = (
    PromotionRetried,
    PromotionFailed,
    PromotionVetoed,
    PromotionWithdrawn,
    PromotionExpired,
    PromotionSuperseded,
    PromotionRecalled,
)
"""What takes a seal back: one that nothing points at yet, or a recall."""
# Later ones too: a directory may revoke a key from an earlier index on, and who saw the newest policy misses it.
_PUBLISHED = (DirectoryPublished, PolicyPublished)
_ON_WAIVERS = (WaiverGranted, WaiverRevoked, WaiverExpired, WaiverVoided)


@dataclass(frozen=True, slots=True)
class Contents:
    """The parts of one proof; ``standing`` is the promotion as the last of its entries leaves it.

    ``entries`` are in the ledger's order, those of ``earlier`` promotions among them. ``objects`` pairs each entry
    with the objects it contributes.
    """

    entries: tuple[Entry, ...]
    standing: Promotion
    approval: Approval
    judgement: Judgement
    earlier: Earlier
    objects: tuple[tuple[Entry, str, Digest], ...]

    @property
    def digests(self) -> frozenset[Digest]:
        """The digests of every object."""
        return frozenset(digest for _, _, digest in self.objects)

    def of(self, kind: type[Happening]) -> tuple[Entry, ...]:
        """Return the entries of one type, in order, but those of other promotions."""
        return tuple(
            entry for entry in self.entries if isinstance(entry.event.data, kind) and self.concerns(entry)
        )

    def concerns(self, entry: Entry) -> bool:
        """Tell whether an entry is this promotion's own, or everybody's."""
        return entry.event.promotion in (None, self.standing.id)


def contents_of(kind: Kind, promotion: str, entries: Iterable[Entry]) -> Contents:
    """Return what belongs in a proof, out of at least every entry that does.

    Raises:
        Refused: The promotion has not come so far, or its seal was taken back.
        Conflict: Its events cannot follow one another.
    """
    every = tuple(sorted(entries, key=lambda entry: entry.index))
    own = _own(kind, promotion, every)
    standing = fold_all(own)
    approval, judgement = standing.approval, standing.judgement
    if approval is None or judgement is None:
        raise Refused(f"promotion {promotion}: it has not been approved, so there is nothing to prove")
    published = tuple(entry for entry in every if isinstance(entry.event.data, _PUBLISHED))
    waivers = tuple(_of_waivers(every, own, approval, judgement))
    holds = tuple(_of_holds(every, own, standing))
    earlier = earlier_of(every, standing, tuple(_judged(own, judgement)))
    parts = {entry.index: entry for entry in (*own, *published, *waivers, *holds, *earlier.entries)}
    chosen = tuple(entry for _, entry in sorted(parts.items()))
    rests_on = _RestsOn(standing, approval, judgement, policies_used(published, approval, judgement))
    named = tuple((entry, role, digest) for entry in chosen for role, digest in _named(entry, rests_on))
    return Contents(chosen, standing, approval, judgement, earlier, named)


def _judged(own: Iterable[Entry], judgement: Judgement) -> Iterator[int]:
    """Yield the index of the judgement in force, and that of the second look that confirmed it."""
    yield judgement.index
    for entry in own:
        data = entry.event.data
        if isinstance(data, PromotionRechecked) and data.by_record == judgement.rechecked_by:
            yield entry.index


def _of_waivers(
    entries: Iterable[Entry], own: Iterable[Entry], approval: Approval, judgement: Judgement
) -> Iterator[Entry]:
    """Yield what happened before the approval to the waivers that it relies on."""
    relied_on: set[str] = set()
    for entry in own:
        match entry.event.data:
            case PromotionJudged(record=record, waivers=waivers) if record == approval.record:
                relied_on.update(waivers)
            case PromotionRechecked(by_record=record, waivers=waivers) if record == judgement.rechecked_by:
                relied_on.update(waivers)
            case _:
                pass
    for entry in entries if relied_on else ():
        data = entry.event.data
        if isinstance(data, _ON_WAIVERS) and data.waiver in relied_on and entry.index < approval.index:
            yield entry


def _of_holds(entries: Iterable[Entry], own: Iterable[Entry], standing: Promotion) -> Iterator[Entry]:
    """Yield what stopped this promotion before its seal, and what lifted that; all of it where there is no seal yet."""
    sealed = max((entry.index for entry in own if isinstance(entry.event.data, PromotionSealed)), default=None)
    images = (standing.image, *(platform.digest for platform in standing.platforms))
    found: set[str] = set()
    for entry in entries:
        data = entry.event.data
        if sealed is not None and entry.index >= sealed and standing.seal is not None:
            return
        if isinstance(data, HoldPlaced) and data.stops(standing.application, standing.to, images):
            found.add(data.hold)
        if isinstance(data, HoldPlaced | HoldLifted) and data.hold in found:
            yield entry


def _own(kind: Kind, promotion: str, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    own = tuple(entry for entry in entries if entry.event.promotion == promotion)
    ends = [place for place, entry in enumerate(own, 1) if isinstance(entry.event.data, _LAST[kind])]
    if not ends:
        word = "approved" if kind is Kind.CLEARANCE else "sealed"
        raise Refused(f"promotion {promotion}: it has not been {word}; a {kind} begins there")
    if kind is Kind.PROMOTION:
        _refuse_undone(promotion, own)
    return own[: ends[-1]]


def _refuse_undone(promotion: str, own: tuple[Entry, ...]) -> None:
    seals = [place for place, entry in enumerate(own) if isinstance(entry.event.data, PromotionSealed)]
    for entry in own[seals[-1] :] if seals else ():
        if isinstance(entry.event.data, _UNDOING):
            raise Refused(
                f"promotion {promotion}: its seal at {own[seals[-1]].index} no longer stands: {entry.event.type} at "
                f"{entry.index} came after it, and no other seal"
            )


def policies_used(
    entries: Iterable[Entry], approval: Approval, judgement: Judgement
) -> tuple[Entry | None, Entry | None]:
    """Return the publication of the policy that was judged by, and that of the one in force at the approval."""
    published = [entry for entry in entries if isinstance(entry.event.data, PolicyPublished)]
    judged = (entry for entry in published if entry.index < judgement.index and _bundle(entry) == approval.policy)
    in_force = (entry for entry in published if entry.index < approval.index and _effective(entry) <= approval.at)
    return max(judged, key=_index, default=None), max(in_force, key=_index, default=None)


def _index(entry: Entry) -> int:
    return entry.index


def _bundle(entry: Entry) -> Digest | None:
    data = entry.event.data
    return data.digest if isinstance(data, PolicyPublished) else None


def _effective(entry: Entry) -> datetime:
    data = entry.event.data
    later = data.effective_on if isinstance(data, PolicyPublished) else None
    return later or entry.event.at


@dataclass(frozen=True, slots=True)
class _RestsOn:
    standing: Promotion
    approval: Approval
    judgement: Judgement
    policies: tuple[Entry | None, ...]


def _named(entry: Entry, rests_on: _RestsOn) -> Iterator[tuple[str, Digest]]:
    for role in _roles(entry, rests_on):
        named = entry.event.object(role)
        if named is not None:
            yield role, named.digest


def _roles(entry: Entry, rests_on: _RestsOn) -> tuple[str, ...]:
    """Return which of an entry's objects the decision rests on."""
    if entry.event.promotion not in (None, rests_on.standing.id):
        return ("seal",) if isinstance(entry.event.data, PromotionSealed) else ()
    approval, judgement = rests_on.approval, rests_on.judgement
    roles: tuple[str, ...] = ()
    match entry.event.data:
        case DirectoryPublished():
            roles = ("directory",)
        case PolicyPublished():
            roles = ("policy", "policy-signature") if entry in rests_on.policies else ("policy-signature",)
        case PromotionRequested():
            roles = ("request",)
        case PromotionGathered(generation=generation) if generation in (judgement.generation, judgement.confirmed):
            roles = ("evidence-list", "manifests")
        case PromotionJudged(record=record) if record == approval.record:
            roles = ("record",)
        case PromotionRechecked(by_record=record) if record == judgement.rechecked_by:
            roles = ("record",)
        case ReviewGiven(record=record) if record == approval.record:
            roles = ("review",)
        case WaiverGranted():
            roles = ("waiver",)
        case HoldLifted():
            roles = ("hold",)
        case PromotionSealed(seal=seal) if seal == rests_on.standing.seal:
            roles = ("seal",)
        case _:
            pass
    return roles


def object_named(entry: Entry, role: str) -> Digest:
    """Return the digest of an entry's object in this role, or raise ``Unverified`` where it names none."""
    named = entry.event.object(role)
    if named is None:
        raise Unverified(f"entry {entry.index} ({entry.event.type}): expected an object {role!r}, found none")
    return named.digest
