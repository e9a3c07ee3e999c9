"""A promotion as it stands: where it is, and what has been decided about it.

A projection of events: ``promotion.history`` makes it, and nothing else changes it.
"""

from datetime import datetime
from enum import StrEnum

from pratique.attest.review import Decision
from pratique.attest.seal import Level
from pratique.promotion.happenings import Platform, Track
from pratique.promotion.release import Release
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment


class State(StrEnum):
    """What a promotion is waiting for, or how it ended."""

    GATHERING = "gathering"
    """Its evidence is being collected."""
    JUDGING = "judging"
    """Its evidence is frozen; the machine decides."""
    REMEDIATION = "remediation"
    """Something must be repaired first."""
    REVIEW = "review"
    """People decide."""
    APPROVED = "approved"
    """It may be copied as soon as it is its turn."""
    SEALING = "sealing"
    """It is at the destination, unsealed and without a tag."""
    ATTACHING = "attaching"
    """Its seal is signed."""
    POINTING = "pointing"
    """Its seal hangs on it; the tag follows."""
    PROMOTED = "promoted"
    """The environment holds it."""
    FAILED = "failed"
    """A step was given up; a retry begins again."""
    VETOED = "vetoed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    RECALLED = "recalled"
    """It was promoted, and taken back."""


ENDED = frozenset({State.PROMOTED, State.VETOED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED, State.RECALLED})
"""States that nothing leaves but, by a recall, ``promoted``. ``failed`` and ``remediation`` count as open."""

MOVING = frozenset({State.SEALING, State.ATTACHING, State.POINTING})
"""States in which the image is at the destination and not yet let in."""


BEFORE_THE_SEAL = frozenset(State) - ENDED - {State.ATTACHING, State.POINTING}
"""States in which it can still be taken back, expire, or give way."""

RETRYABLE = frozenset({State.REMEDIATION, State.FAILED, State.REVIEW, State.JUDGING, State.APPROVED})
"""States from which somebody may have it gathered and judged again."""


@dataclass(frozen=True, slots=True)
class ReviewStanding:
    """One signed decision of a person, as the ledger has it; ``envelope`` is the digest of what they signed."""

    review: str
    index: int
    at: datetime
    reviewer: Actor
    decision: Decision
    record: Digest
    expires: datetime
    counts: bool
    because: str | None
    nonce: str
    envelope: Digest | None


@dataclass(frozen=True, slots=True)
class RemediationStanding:
    """One thing to repair; ``closed`` says why it no longer is, or is None while it is open."""

    remediation: str
    check: str
    term: str
    owner: str
    due: datetime | None
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The decision record in force, and until when it may be acted upon without another look.

    ``generation`` made the record; ``confirmed`` is the latest one that found it still true.
    """

    index: int
    at: datetime
    generation: int
    confirmed: int
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
    rechecked_by: Digest | None = None
    """The record of the latest judgement that came out no worse, where there is one."""
    waivers: tuple[str, ...] = ()
    """The waivers that the latest judgement relies on."""
    withheld: tuple[str, ...] = ()
    """The holds and recalls that the latest judgement took into account."""
    escalate_at: datetime | None = None
    escalate_to: str | None = None
    escalated: datetime | None = None
    """Since when the people of ``escalate_to`` are asked, too."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Where in the ledger it was approved, and what was in force there."""

    index: int
    at: datetime
    record: Digest
    reviews: tuple[Digest, ...]
    policy: Digest
    rules: Digest
    directory: Digest
    current: Digest | None


@dataclass(frozen=True, slots=True)
class Promotion:
    """One image asking to enter one environment. ``generation`` counts the attempts, from 1."""

    id: str
    index: int
    requested_at: datetime
    changed_at: datetime
    state: State
    generation: int
    application: str
    image_name: str
    image: Digest
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
    request: Digest | None
    supersedes: str | None = None
    track: Track | None = None
    """The track that was asked for, where one was."""
    retried_by: Actor | None = None
    """Who began this generation; None for the first."""
    evidence_root: Digest | None = None
    platforms: tuple[Platform, ...] = ()
    judgement: Judgement | None = None
    reviews: tuple[ReviewStanding, ...] = ()
    remediations: tuple[RemediationStanding, ...] = ()
    approval: Approval | None = None
    seal: Digest | None = None
    level: Level | None = None
    previous: Digest | None = None
    because: str | None = None
    """Why it failed or ended otherwise than promoted."""
    release: Release | None = None
    """The release that it is a part of, if it is."""
    released: bool = False
    """Whether its tag is to be pointed whatever comes, with those of the other parts of its release."""

    @property
    def open(self) -> bool:
        """Tell whether anything can still happen to it."""
        return self.state not in ENDED

    @property
    def place(self) -> tuple[str, str, Environment]:
        """Application, image name and environment: where one image takes another's place."""
        return self.application, self.image_name, self.to
