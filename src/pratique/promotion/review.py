"""A person's signed decision: whether it is theirs, about this very judgement, and what follows from it.

Source: spec/approvals.md section 4 and decisions.md, "Judging". A valid review that does not count is recorded
with the reason, and blocks nobody.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pratique.attest.review import REVIEW_FORM, Decision, Review, Seen
from pratique.attest.word import open_word
from pratique.errors import Conflict, Refused, Unverified
from pratique.policy.approval import Reason
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.guards import InForce, why_judge_again
from pratique.promotion.happenings import Commitment, PromotionApproved, ReviewGiven
from pratique.promotion.quorum import Quorum, count, why_not
from pratique.promotion.record import Record
from pratique.promotion.review_statement import images_of
from pratique.promotion.states import Judgement, Promotion, ReviewStanding, State
from pratique.promotion.steps import PromotionVetoed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

CLOCK_SKEW = timedelta(minutes=5)
"""How far a reviewer's clock may run ahead of the database's."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Our ledger where a review refers to it.

    ``root`` is ours at the size that the review names, or None where our ledger is smaller.
    """

    origin: str
    root: Digest | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A review that its reviewer signed; ``envelope`` is the digest of the bytes."""

    review: Review
    envelope: Digest

    def about(self, promotion: str) -> "Signed":
        """Return what it says of one promotion, or raise ``Unverified`` where it says nothing of it."""
        return replace(self, review=self.review.about(promotion))


def open_review(content: bytes, directory: Directory, *, index: int) -> Signed:
    """Return a review once it is known that its reviewer signed it.

    Args:
        content: The envelope's bytes.
        directory: The version in force.
        index: The index in the ledger that it would have, or has.

    Raises:
        Malformed: The envelope or the statement breaks its form.
        Unverified: No key of an active person signed it, or another person's key than the reviewer's.
    """
    return Signed(open_word(content, REVIEW_FORM, directory.people_keys(index)), Digest.of(content))


def consider_review(
    signed: Signed,
    promotion: Promotion,
    record: Record,
    directory: Directory,
    *,
    ledger: Ledger,
    in_force: InForce,
    index: int,
    identifier: str,
) -> tuple[Happening, ...]:
    """Return what to record: the review, and the veto, approval or new judgement that follows from it.

    Args:
        signed: A review from :func:`open_review`, or what one of a release says ``about`` this promotion.
        promotion: As it stands.
        record: The decision record in force for it.
        directory: The version in force.
        ledger: Ours, at the size that the review names.
        in_force: What holds now.
        index: The index in the ledger that the review will have.
        identifier: The review's, ``rv_…``.

    Raises:
        Refused: Nothing can be reviewed now, it is too late, or it is about something else than this judgement.
        Conflict: The same review is recorded already.
    """
    judgement = _check_reviewable(promotion, record, in_force)
    _check_same(signed, promotion, record, directory)
    _check_checkpoint(signed.review.checkpoint, ledger, judgement)
    _check_time(signed, promotion, judgement, in_force.now)
    _check_words(signed.review, record)
    standing = _standing(signed, index, identifier, in_force.now)
    because = why_not(record.question, standing, directory, now=in_force.now)
    quorum = count(record.question, (*promotion.reviews, standing), directory, now=in_force.now)
    given = _given(standing, promotion, signed.review, because)
    return (given, *_follow(quorum, promotion, record, in_force))


def approve(promotion: Promotion, record: Record, quorum: Quorum | None, in_force: InForce) -> PromotionApproved:
    """Return the approval of this record by these people; by nobody (None) on the fast track.

    The caller has compared what is in force with what the record relied on (``promotion.guards``).
    """
    return PromotionApproved(
        generation=promotion.generation,
        record=record.digest,
        track=record.decision.track.name,
        reviews=quorum.counted if quorum else (),
        policy=record.decision.inputs.policy.digest,
        rules=in_force.rules,
        directory=in_force.directory,
        current=in_force.current,
    )


def _check_reviewable(promotion: Promotion, record: Record, in_force: InForce) -> Judgement:
    judgement = promotion.judgement
    if judgement is None:
        raise Refused(f"review: {promotion.id} is {promotion.state} and has no decision record yet; wait for it")
    if promotion.state is not State.REVIEW:
        raise Refused(f"review: {promotion.id} is {promotion.state}; expected review")
    if judgement.record != record.digest:
        raise Unverified(f"review: expected the record {judgement.record}, found {record.digest}")
    again = why_judge_again(judgement, in_force)
    if again:
        raise Refused(f"review: {promotion.id} must be judged again first (a worker does, or `retry`): {again}")
    return judgement


def _check_same(signed: Signed, promotion: Promotion, record: Record, directory: Directory) -> None:
    """Return if the review is about this judgement and nothing else."""
    review, inputs = signed.review, record.decision.inputs
    compared = (
        ("promotion", promotion.id, review.promotion),
        ("images", images_of(record), review.images),
        ("application", inputs.application, review.application),
        ("from", inputs.from_, review.from_),
        ("to", inputs.to, review.to),
        ("resourceUri", inputs.destination, review.resource_uri),
        ("directory", directory.digest, review.directory),
        ("policy", inputs.policy.rules, review.policy),
        ("record", record.digest, review.record),
        ("evidence", inputs.evidence.root, review.evidence),
    )
    for what, expected, found in compared:
        if expected != found:
            raise Refused(
                f"review: it is about another {what}: expected {_shown(expected)}, found {_shown(found)}"
            )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _check_checkpoint(seen: Seen, ledger: Ledger, judgement: Judgement) -> None:
    if seen.origin != ledger.origin:
        raise Refused(f"review: expected a checkpoint of {ledger.origin}, found one of {seen.origin}")
    if ledger.root != seen.root:
        raise Refused(f"review: the reviewer saw another ledger: its root at size {seen.size} is not ours")
    if seen.size <= judgement.index:
        raise Refused(
            f"review: its checkpoint covers {seen.size} entries, and the record came at {judgement.index}"
        )


def _check_time(signed: Signed, promotion: Promotion, judgement: Judgement, now: datetime) -> None:
    review = signed.review
    if now >= review.expires_at or review.issued_at > now + CLOCK_SKEW:
        issued, expires = render_moment(review.issued_at), render_moment(review.expires_at)
        raise Refused(f"review: valid from {issued} to {expires}, and it is {render_moment(now)}; sign a new one")
    if judgement.review_until is not None and now >= judgement.review_until:
        raise Refused(f"review: people could decide until {render_moment(judgement.review_until)}")
    if any(review.nonce == earlier.nonce for earlier in promotion.reviews):
        raise Conflict("review: it is recorded already; to decide anew, sign a new one")
    if review.decision is Decision.VETO and review.comment is None:
        raise Refused("review: a veto needs words: say what must change")


def _check_words(review: Review, record: Record) -> None:
    if record.decision.reason is Reason.TEXT and review.decision is Decision.APPROVE and review.comment is None:
        raise Refused("review: the policy wants words with an approval; say with --comment why you approve")


def _standing(signed: Signed, index: int, identifier: str, now: datetime) -> ReviewStanding:
    return ReviewStanding(
        review=identifier,
        index=index,
        at=now,
        reviewer=signed.review.reviewer,
        decision=signed.review.decision,
        record=signed.review.record,
        expires=signed.review.expires_at,
        counts=True,
        because=None,
        nonce=signed.review.nonce,
        envelope=signed.envelope,
    )


def _given(standing: ReviewStanding, promotion: Promotion, review: Review, because: str | None) -> ReviewGiven:
    return ReviewGiven(
        review=standing.review,
        generation=promotion.generation,
        reviewer=standing.reviewer,
        decision=standing.decision,
        record=standing.record,
        reason=review.reason,
        counts=because is None,
        because=because,
        expires=standing.expires,
        nonce=standing.nonce,
        comment=Commitment(review.comment) if review.comment else None,
    )


def _follow(quorum: Quorum, promotion: Promotion, record: Record, in_force: InForce) -> tuple[Happening, ...]:
    if quorum.vetoed_by:
        by = quorum.vetoed_by[0]
        return (PromotionVetoed(by, f"{by} is against it"),)
    return (approve(promotion, record, quorum, in_force),) if quorum.met else ()
