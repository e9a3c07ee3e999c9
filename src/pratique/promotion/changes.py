"""What each event changes: a promotion begins with its first, and every later one leaves it another.

Which event may follow which is not asked here (``promotion.history``).
"""

from dataclasses import replace
from typing import assert_never

from pratique.errors import Conflict
from pratique.promotion.catalogue import Unknown
from pratique.promotion.events import Entry
from pratique.promotion.governance import Governance
from pratique.promotion.happenings import (
    Deciding,
    PromotionApproved,
    PromotionFailed,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    PromotionRequested,
    PromotionRetried,
    Published,
    RemediationClosed,
    RemediationOpened,
    ReviewEscalated,
    ReviewGiven,
    ReviewVoided,
    Track,
)
from pratique.promotion.intake import Intake
from pratique.promotion.signal import Signalling
from pratique.promotion.states import Approval, Judgement, Promotion, RemediationStanding, ReviewStanding, State
from pratique.promotion.steps import (
    Moving,
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
    Stopping,
)
from pratique.promotion.upkeep import Upkeep


def begun(entry: Entry) -> Promotion:
    """Return the promotion that begins with this event.

    Raises:
        Conflict: It is not a request, or names no promotion, application or image, or not its part of a release.
    """
    event, data = entry.event, entry.event.data
    if not isinstance(data, PromotionRequested):
        raise Conflict(f"promotion {event.promotion}: expected promotion.requested first, found {event.type}")
    if event.promotion is None or event.application is None or event.image is None:
        raise Conflict("promotion.requested: expected a promotion, an application and an image, found none")
    if data.release and event.promotion not in {part.promotion for part in data.release.parts}:
        raise Conflict(
            f"promotion.requested: expected {event.promotion} among the parts of its release, found none"
        )
    request = event.object("request")
    return Promotion(
        id=event.promotion,
        index=entry.index,
        requested_at=event.at,
        changed_at=event.at,
        state=State.GATHERING,
        generation=data.generation,
        application=event.application,
        image_name=data.image_name,
        image=event.image,
        source=data.source,
        from_=data.from_,
        to=data.to,
        destination=data.destination,
        policy=data.policy,
        rules=data.rules,
        directory=data.directory,
        requester=data.requester,
        signed=data.signed,
        nonce=data.nonce,
        request=request.digest if request else None,
        supersedes=data.supersedes,
        track=data.track,
        release=data.release,
    )


# Each concerns no promotion, or begins one.
_Passing = PromotionRequested | Published | Intake | Signalling | Governance | Upkeep | Unknown


def changed(promotion: Promotion, entry: Entry) -> Promotion:
    """Return the promotion after an event that may follow."""
    data = entry.event.data
    if isinstance(data, Deciding):
        return _decided(promotion, data, entry)
    if isinstance(data, Moving):
        return _moved(promotion, data, entry)
    if isinstance(data, Stopping):
        return _stopped(promotion, data)
    if isinstance(data, _Passing):
        return promotion
    assert_never(data)


def _decided(promotion: Promotion, data: Deciding, entry: Entry) -> Promotion:
    match data:
        case PromotionRetried():
            again = _begun_again(promotion)
            after = replace(again, generation=data.generation, retried_by=entry.event.actor)
        case PromotionGathered():
            gathered = replace(promotion, evidence_root=data.evidence_root, platforms=data.platforms)
            after = replace(gathered, state=State.JUDGING)
        case PromotionJudged():
            after = replace(promotion, state=_STATE_AFTER[data.track], judgement=_judgement(data, entry))
        case PromotionRechecked():
            after = _rechecked(promotion, data)
        case ReviewGiven():
            after = replace(promotion, reviews=(*promotion.reviews, _review(data, entry)))
        case ReviewVoided():
            after = replace(promotion, reviews=tuple(_voided(review, data) for review in promotion.reviews))
        case ReviewEscalated():
            after = replace(promotion, judgement=_escalated(promotion, entry))
        case RemediationOpened():
            after = replace(promotion, remediations=(*promotion.remediations, _remediation(data)))
        case RemediationClosed():
            after = replace(promotion, remediations=tuple(_closed(item, data) for item in promotion.remediations))
        case _:
            assert_never(data)
    return after


def _moved(promotion: Promotion, data: Moving, entry: Entry) -> Promotion:
    match data:
        case PromotionApproved():
            after = replace(promotion, state=State.APPROVED, approval=_approval(data, entry))
        case PromotionCopied():
            after = replace(promotion, state=State.SEALING)
        case PromotionSealed():
            after = replace(promotion, state=State.ATTACHING, seal=data.seal, level=data.level)
        case PromotionAttached():
            after = replace(promotion, state=State.POINTING)
        case PromotionReleased():
            after = replace(promotion, released=True)
        case PromotionPointed():
            after = promotion  # where the tag is; promoted follows
        case PromotionPromoted():
            after = replace(promotion, state=State.PROMOTED, level=data.level, previous=data.previous)
        case _:
            assert_never(data)
    return after


def _stopped(promotion: Promotion, data: Stopping) -> Promotion:
    match data:
        case PromotionFailed():
            state, because = State.FAILED, f"{data.effect}: {data.reason}"
        case PromotionVetoed():
            state, because = State.VETOED, data.because
        case PromotionWithdrawn():
            state, because = State.WITHDRAWN, data.because
        case PromotionExpired():
            state, because = State.EXPIRED, data.because
        case PromotionSuperseded():
            state, because = State.SUPERSEDED, data.because
        case PromotionRecalled():
            state, because = State.RECALLED, f"{data.by} took it back"
        case _:
            assert_never(data)
    return replace(promotion, state=state, because=because)


# After the fast track's judgement comes the approval, in the same transaction.
_STATE_AFTER = {
    Track.FAST: State.JUDGING,
    Track.SLOW: State.REVIEW,
    Track.ROLLBACK: State.REVIEW,
    Track.EMERGENCY: State.REVIEW,
    Track.ADOPT: State.REVIEW,
    Track.REMEDIATION: State.REMEDIATION,
}


def _begun_again(promotion: Promotion) -> Promotion:
    begun = replace(promotion, state=State.GATHERING, approval=None, seal=None, level=None, because=None)
    return replace(begun, released=False)


def _judgement(data: PromotionJudged, entry: Entry) -> Judgement:
    return Judgement(
        index=entry.index,
        at=entry.event.at,
        generation=data.generation,
        confirmed=data.generation,
        record=data.record,
        outcome=data.outcome,
        track=data.track,
        risk=data.risk,
        holds_until=data.holds_until,
        review_until=data.review_until,
        why=data.why,
        policy=data.policy,
        rules=data.rules,
        directory=data.directory,
        escalate_at=data.escalate_at,
        escalate_to=data.escalate_to,
        current=data.current,
        waivers=data.waivers,
        withheld=data.withheld,
    )


def _rechecked(promotion: Promotion, data: PromotionRechecked) -> Promotion:
    if promotion.judgement is None:
        return promotion
    standing = replace(
        promotion.judgement,
        confirmed=data.generation,
        holds_until=data.holds_until,
        current=data.current,
        rechecked_by=data.by_record,
        waivers=data.waivers,
        withheld=data.withheld,
    )
    return replace(promotion, state=_STATE_AFTER[standing.track], judgement=standing)


def _escalated(promotion: Promotion, entry: Entry) -> Judgement | None:
    return promotion.judgement and replace(promotion.judgement, escalated=entry.event.at)


def _review(data: ReviewGiven, entry: Entry) -> ReviewStanding:
    envelope = entry.event.object("review")
    return ReviewStanding(
        review=data.review,
        index=entry.index,
        at=entry.event.at,
        reviewer=data.reviewer,
        decision=data.decision,
        record=data.record,
        expires=data.expires,
        counts=data.counts,
        because=data.because,
        nonce=data.nonce,
        envelope=envelope.digest if envelope else None,
    )


def _voided(review: ReviewStanding, data: ReviewVoided) -> ReviewStanding:
    return replace(review, counts=False, because=data.because) if review.record == data.record else review


def _remediation(data: RemediationOpened) -> RemediationStanding:
    return RemediationStanding(data.remediation, data.check, data.term, data.owner, data.due)


def _closed(item: RemediationStanding, data: RemediationClosed) -> RemediationStanding:
    return replace(item, closed=data.because) if item.remediation == data.remediation else item


def _approval(data: PromotionApproved, entry: Entry) -> Approval:
    return Approval(
        index=entry.index,
        at=entry.event.at,
        record=data.record,
        reviews=data.reviews,
        policy=data.policy,
        rules=data.rules,
        directory=data.directory,
        current=data.current,
    )
