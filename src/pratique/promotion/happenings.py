"""What can happen until a promotion is approved: one frozen dataclass per type of event.

Its fields are the ``data`` of the event's JSON. What comes after stands in ``promotion.steps``, and every type by its
name in ``promotion.catalogue``.

People's words never stand in an event: free text is a salted commitment, and its opening an object of class
``private`` that can be erased. ``because`` and ``why`` are sentences of ours.

Source: decisions.md, "Events and storage". Bytes: ``promotion.events``.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pratique.attest.review import Decision
from pratique.promotion.release import Release
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment


class Track(StrEnum):
    """The way that a judgement sends a promotion."""

    FAST = "fast"
    SLOW = "slow"
    ROLLBACK = "rollback"
    """Back to what was here before."""
    EMERGENCY = "emergency"
    ADOPT = "adopt"
    """For what stood there before there was a gate."""
    REMEDIATION = "remediation"


class Failure(StrEnum):
    """Why a step was given up: the kind of error (``errors``), or that nothing more was heard of it."""

    REFUSED = "refused"
    MALFORMED = "malformed"
    UNVERIFIED = "unverified"
    ABSENT = "absent"
    CONFLICT = "conflict"
    UNREACHABLE = "unreachable"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Commitment:
    """A salted digest of somebody's words; their opening can be erased, and this remains."""

    commitment: Digest


@dataclass(frozen=True, slots=True)
class Feed:
    """A snapshot of outside knowledge, such as an advisory database."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Platform:
    """One real platform of an image, for example ``linux/arm64``, by its manifest and its config."""

    platform: str
    digest: Digest
    config: Digest | None = None


@dataclass(frozen=True, slots=True)
class DirectoryPublished:
    """People, roles and keys changed."""

    TYPE: ClassVar[str] = "directory.published/1"
    version: int
    digest: Digest
    previous: Digest | None


@dataclass(frozen=True, slots=True)
class PolicyPublished:
    """The rules changed; ``environments`` holds the digest of each environment's resolved rules."""

    TYPE: ClassVar[str] = "policy.published/1"
    bundle: str
    version: int
    digest: Digest
    previous: Digest | None
    effective_on: datetime | None
    environments: tuple[tuple[Environment, Digest], ...]


@dataclass(frozen=True, slots=True)
class PromotionRequested:
    """Somebody asks that an image enter an environment; the rules and the directory in force are pinned."""

    TYPE: ClassVar[str] = "promotion.requested/1"
    generation: int
    image_name: str
    source: str
    from_: Environment | None
    to: Environment
    destination: str
    policy: Digest
    rules: Digest
    directory: Digest
    requester: Actor
    signed: bool
    nonce: str | None
    supersedes: str | None
    comment: Commitment | None
    track: Track | None = None
    """``emergency`` or ``adopt`` where that was asked for; every other track is for the judgement to find."""
    release: Release | None = None
    """The release that it is a part of, where several images were asked for at once."""


@dataclass(frozen=True, slots=True)
class PromotionRetried:
    """Gathering and judging begin again, as the next generation."""

    TYPE: ClassVar[str] = "promotion.retried/1"
    generation: int
    because: str | None = None


@dataclass(frozen=True, slots=True)
class PromotionGathered:
    """The evidence is frozen under one root."""

    TYPE: ClassVar[str] = "promotion.gathered/1"
    generation: int
    evidence_root: Digest
    pieces: int
    feeds: tuple[Feed, ...]
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class PromotionJudged:
    """The machine has decided; ``record`` holds every reason, and the last four what the decision relied on.

    People may decide until ``review_until``, where the track asks for any.
    """

    TYPE: ClassVar[str] = "promotion.judged/1"
    generation: int
    record: Digest
    outcome: str
    track: Track
    risk: str | None
    holds_until: datetime | None
    review_until: datetime | None
    why: tuple[str, ...]
    policy: Digest
    rules: Digest
    directory: Digest
    current: Digest | None
    waivers: tuple[str, ...] = ()
    """The waivers that the outcome relies on."""
    withheld: tuple[str, ...] = ()
    """The holds and recalls on whose account a time that the image had elsewhere did not count."""
    escalate_at: datetime | None = None
    escalate_to: str | None = None
    """Whom else to ask from then on."""


@dataclass(frozen=True, slots=True)
class PromotionRechecked:
    """A later judgement was no worse, so ``record`` stands, until the later one's ``holds_until``."""

    TYPE: ClassVar[str] = "promotion.rechecked/1"
    generation: int
    record: Digest
    by_record: Digest
    outcome: str
    holds_until: datetime | None
    current: Digest | None
    waivers: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewGiven:
    """A person has signed a decision; where it does not count, ``because`` says why."""

    TYPE: ClassVar[str] = "review.given/1"
    review: str
    generation: int
    reviewer: Actor
    decision: Decision
    record: Digest
    reason: str | None
    counts: bool
    because: str | None
    expires: datetime
    nonce: str
    comment: Commitment | None


@dataclass(frozen=True, slots=True)
class ReviewVoided:
    """Every review of this record lapsed."""

    TYPE: ClassVar[str] = "review.voided/1"
    record: Digest
    because: str


@dataclass(frozen=True, slots=True)
class ReviewEscalated:
    """Nobody has decided in time, so the people of another role are asked, too."""

    TYPE: ClassVar[str] = "review.escalated/1"
    record: Digest
    to: str
    because: str


@dataclass(frozen=True, slots=True)
class RemediationOpened:
    """Something must be repaired before this image may enter."""

    TYPE: ClassVar[str] = "remediation.opened/1"
    remediation: str
    generation: int
    check: str
    term: str
    owner: str
    due: datetime | None
    severity: str | None
    message: str
    remedy: str | None


@dataclass(frozen=True, slots=True)
class RemediationClosed:
    """It is repaired, or no longer asked for; ``by`` and what follows, where a person signed that it is done."""

    TYPE: ClassVar[str] = "remediation.closed/1"
    remediation: str
    because: str
    by: Actor | None = None
    comment: Digest | None = None
    nonce: str | None = None


@dataclass(frozen=True, slots=True)
class PromotionApproved:
    """Everything needed was there at this index; a clearance can be made from here."""

    TYPE: ClassVar[str] = "promotion.approved/1"
    generation: int
    record: Digest
    track: Track
    reviews: tuple[Digest, ...]
    policy: Digest
    rules: Digest
    directory: Digest
    current: Digest | None


@dataclass(frozen=True, slots=True)
class PromotionFailed:
    """A step was given up after its last attempt; it can be retried.

    What another system or a library said may hold anything, so ``words`` only commits to it.
    """

    TYPE: ClassVar[str] = "promotion.failed/1"
    generation: int
    effect: str
    reason: Failure
    attempts: int
    words: Commitment | None


Published = DirectoryPublished | PolicyPublished
"""What holds for every promotion from then on."""

Deciding = (
    PromotionRetried
    | PromotionGathered
    | PromotionJudged
    | PromotionRechecked
    | ReviewGiven
    | ReviewVoided
    | ReviewEscalated
    | RemediationOpened
    | RemediationClosed
)
"""From the request to the approval."""
