"""What a reviewer signs: everything that they were shown, about one promotion or all parts of a release.

Source: spec/approvals.md section 4.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from pratique.attest.review import Decision, Part, Review, Seen
from pratique.errors import Refused
from pratique.promotion.record import Record
from pratique.promotion.states import Promotion
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reviewer decides, before it is a statement."""

    decision: Decision
    reviewer: Actor
    reason: str
    comment: Digest | None
    valid_for: timedelta
    nonce: str


def state_release_review(
    parts: tuple[tuple[Promotion, Record], ...], choice: Choice, seen: Seen, *, now: datetime
) -> Review:
    """Return the one statement that a reviewer signs about the record of every part of a release that people decide.

    Raises:
        Refused: The parts were judged by different rules or directories; they are judged again soon.
    """
    each = tuple(state_review(promotion, record, choice, seen, now=now) for promotion, record in parts)
    if len({(one.policy, one.directory) for one in each}) != 1:
        raise Refused(
            "review: the parts of the release were judged by different rules; wait for the next judgement"
        )
    return replace(each[0], images=_all_images(each), release=tuple(map(_part, each)))


def _all_images(each: tuple[Review, ...]) -> tuple[Digest, ...]:
    return tuple(dict.fromkeys(image for one in each for image in one.images))


def _part(review: Review) -> Part:
    return Part(
        promotion=review.promotion,
        images=review.images,
        from_=review.from_,
        resource_uri=review.resource_uri,
        record=review.record,
        evidence=review.evidence,
    )


def state_review(promotion: Promotion, record: Record, choice: Choice, seen: Seen, *, now: datetime) -> Review:
    """Return the statement that a reviewer signs about this record, and no other."""
    inputs = record.decision.inputs
    return Review(
        images=images_of(record),
        promotion=promotion.id,
        application=inputs.application,
        from_=inputs.from_,
        to=inputs.to,
        resource_uri=inputs.destination,
        decision=choice.decision,
        reviewer=choice.reviewer,
        directory=inputs.directory.digest,
        policy=inputs.policy.rules,
        record=record.digest,
        evidence=inputs.evidence.root,
        reason=choice.reason,
        comment=choice.comment,
        conditions=(),
        checkpoint=seen,
        issued_at=now,
        expires_at=now + choice.valid_for,
        nonce=choice.nonce,
    )


def images_of(record: Record) -> tuple[Digest, ...]:
    """Return what was judged: the image and every platform of it, each once."""
    image = record.decision.inputs.image
    return tuple(dict.fromkeys((image.digest, *(platform.digest for platform in image.platforms))))
