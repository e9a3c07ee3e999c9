"""How a promotion comes to stand where it stands: events folded one after the other, each only where it may follow.

The state tables are projections of the ledger, so this one function decides what may follow what, and
``promotion.changes`` what it means; folding the same events again, after a restart or in a restore drill, gives the
same promotion.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pratique.errors import Conflict
from pratique.promotion.catalogue import Happening, Unknown, name_of
from pratique.promotion.changes import begun, changed
from pratique.promotion.events import Entry
from pratique.promotion.happenings import (
    PromotionApproved,
    PromotionFailed,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    PromotionRetried,
    RemediationClosed,
    RemediationOpened,
    ReviewEscalated,
    ReviewGiven,
    ReviewVoided,
    Track,
)
from pratique.promotion.states import BEFORE_THE_SEAL, ENDED, Promotion, State
from pratique.promotion.steps import (
    PromotionAttached,
    PromotionCopied,
    PromotionExpired,
    PromotionPointed,
    PromotionPromoted,
    PromotionRecalled,
    PromotionReleased,
    PromotionSealed,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
)

NO_WAY_BACK = (
    "its tags are being pointed, and nothing takes that back; it goes on by itself, and `pratique show` tells what it "
    "waits for; recall the image once it is promoted"
)
_OPEN = frozenset(State) - ENDED
_RETRIED = _OPEN - {State.GATHERING}

LEGAL: Mapping[type[Happening], frozenset[State]] = {
    PromotionRetried: _RETRIED,
    PromotionGathered: frozenset({State.GATHERING}),
    PromotionJudged: frozenset({State.JUDGING}),
    PromotionRechecked: frozenset({State.JUDGING}),
    ReviewGiven: frozenset({State.REVIEW}),
    ReviewVoided: _OPEN,
    ReviewEscalated: frozenset({State.REVIEW}),
    RemediationOpened: frozenset({State.REMEDIATION, State.PROMOTED}),
    RemediationClosed: _OPEN | {State.PROMOTED, State.RECALLED},
    PromotionApproved: frozenset({State.JUDGING, State.REVIEW}),
    PromotionCopied: frozenset({State.APPROVED}),
    PromotionSealed: frozenset({State.SEALING}),
    PromotionAttached: frozenset({State.ATTACHING}),
    PromotionReleased: frozenset({State.POINTING}),
    PromotionPointed: frozenset({State.POINTING}),
    PromotionPromoted: frozenset({State.POINTING}),
    PromotionRecalled: frozenset({State.PROMOTED}),
    PromotionFailed: _OPEN - {State.FAILED},
    PromotionVetoed: frozenset({State.REVIEW}),
    PromotionWithdrawn: BEFORE_THE_SEAL,
    PromotionExpired: BEFORE_THE_SEAL,
    PromotionSuperseded: BEFORE_THE_SEAL,
}
"""What may follow what: the states in which each type of event is legal."""


_TAKES_BACK = (
    PromotionRetried
    | PromotionFailed
    | PromotionWithdrawn
    | PromotionExpired
    | PromotionSuperseded
    | PromotionVetoed
)


def fold(promotion: Promotion | None, entry: Entry) -> Promotion:
    """Return the promotion after this event.

    Args:
        promotion: As it stood before; None before its first event.
        entry: An event that names this promotion, logged after every one folded so far.

    Raises:
        Conflict: The event cannot follow; the message says in which states it can.
    """
    event = entry.event
    if promotion is None:
        return begun(entry)
    if event.promotion != promotion.id:
        raise Conflict(f"promotion {promotion.id}: expected an event of its own, found one of {event.promotion}")
    _check(promotion, event.data)
    return replace(changed(promotion, entry), changed_at=event.at)


def fold_all(entries: Iterable[Entry]) -> Promotion:
    """Return the promotion after all of its events, in the ledger's order; raises as :func:`fold`."""
    promotion: Promotion | None = None
    for entry in entries:
        promotion = fold(promotion, entry)
    if promotion is None:
        raise Conflict("promotion: expected its events, found none")
    return promotion


def _check(promotion: Promotion, data: Happening) -> None:
    if isinstance(data, Unknown):
        return
    if promotion.released and promotion.open and isinstance(data, _TAKES_BACK):
        raise Conflict(f"promotion {promotion.id}: {NO_WAY_BACK}")
    legal = LEGAL.get(type(data), frozenset())
    if promotion.state not in legal:
        states = ", ".join(sorted(legal)) or "no state"
        raise Conflict(
            f"promotion {promotion.id} is {promotion.state}: {name_of(data)} can only follow in {states}"
        )
    generation = getattr(data, "generation", promotion.generation)
    expected = promotion.generation + isinstance(data, PromotionRetried)
    if generation != expected:
        raise Conflict(f"promotion {promotion.id}: expected generation {expected}, found {generation}")
    if isinstance(data, ReviewGiven | PromotionApproved | PromotionRechecked):
        _check_record(promotion, data)
    if isinstance(data, ReviewVoided):
        _check_voided(promotion, data)


def _check_record(promotion: Promotion, data: ReviewGiven | PromotionApproved | PromotionRechecked) -> None:
    standing = promotion.judgement
    if standing is None or standing.record != data.record:
        found = standing.record if standing else "none"
        raise Conflict(f"promotion {promotion.id}: expected the record in force, {found}, found {data.record}")
    if not isinstance(data, PromotionRechecked) and standing.confirmed != promotion.generation:
        raise Conflict(f"promotion {promotion.id}: generation {promotion.generation} has not been judged yet")
    if isinstance(data, PromotionApproved) and standing.track is Track.REMEDIATION:
        raise Conflict(
            f"promotion {promotion.id}: its record {standing.record} asks for remediation, not approval"
        )


def _check_voided(promotion: Promotion, data: ReviewVoided) -> None:
    """Return if another record may still take this one's place; while it is in force, what people said stands."""
    standing = promotion.judgement
    if standing and (standing.record, standing.confirmed) == (data.record, promotion.generation):
        raise Conflict(f"promotion {promotion.id}: the record {data.record} is in force; its reviews cannot lapse")
