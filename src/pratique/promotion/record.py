"""The decision record: everything that went into a judgement, and everything that came out.

Its canonical bytes (``promotion.record_form``) are what reviewers sign and what an auditor computes again.
"""

from dataclasses import field
from datetime import datetime

from pratique.policy.approval import Reason
from pratique.policy.facts import Arrival
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.risk import Risk
from pratique.promotion.calendar import ALWAYS_OPEN, Calendar
from pratique.promotion.evidence_set import Listed
from pratique.promotion.happenings import Feed, Platform, PromotionJudged, Track
from pratique.promotion.profile import Profile
from pratique.promotion.quorum import Need, Question
from pratique.promotion.separation import Separated
from pratique.promotion.track import Routing
from pratique.promotion.waiver import Fate, Heard, WaiverUsed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

SCHEMA = "pratique/record/1"
ENGINE = "pratique-engine/1"
"""Changes only with what a judgement means; a record of another engine is "not reproducible here"."""


# A character takes at most six bytes of JSON, so that all reasons together stay below an event's 16 KiB.
_MOST_REASONS, _REASON = 10, 200


@dataclass(frozen=True, slots=True)
class Image:
    """What was judged; an image without an index has one platform, whose digest is its own."""

    name: str
    source: str
    digest: Digest
    platforms: tuple[Platform, ...]


@dataclass(frozen=True, slots=True)
class PolicyUsed:
    """The whole policy, and the resolved rules of the target environment."""

    digest: Digest
    rules: Digest
    editors: tuple[Actor, ...] = ()
    """Who made the last change to the rules of the environment."""


@dataclass(frozen=True, slots=True)
class DirectoryUsed:
    """The version of the directory."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class RequestUsed:
    """Who asked; ``envelope`` is the digest of what they signed, where they did."""

    envelope: Digest | None
    requester: Actor
    signed: bool
    track: Track | None = None
    """The track that was asked for, where one was."""


@dataclass(frozen=True, slots=True)
class EvidenceUsed:
    """The frozen evidence."""

    root: Digest
    pieces: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The image that the environment held, and the record that let it in, where it has one."""

    digest: Digest
    record: Digest | None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A time in this environment does not count; ``by`` is the hold there, or the promotion that was taken back."""

    environment: Environment
    by: str


@dataclass(frozen=True, slots=True)
class HistoryUsed:
    """Where this image has been, and what the target environment held.

    ``first_seen`` says when the ledger first met each vulnerability in any image of this name, by term; it is ``None``
    where no rule asks.
    """

    current: Held | None
    arrivals: tuple[Arrival, ...]
    current_facts: Profile | None
    left: datetime | None = None
    """When this image, properly promoted there, was last replaced in the target environment."""
    first_seen: tuple[tuple[str, datetime], ...] | None = None
    withheld: tuple[Withheld, ...] = ()
    """Where it was, and that does not count."""
    overtaken: datetime | None = None
    """When the image that the environment holds was first asked for anywhere, where that is later than this one was."""
    overdue: tuple[str, ...] = ()
    """In an emergency: what people should have looked back at by now, of earlier ones of the application."""

    @property
    def withheld_by(self) -> tuple[str, ...]:
        """The holds and recalls on whose account, by name."""
        return tuple(sorted({one.by for one in self.withheld}))


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a judgement depends on, by value or by digest. ``now`` is the database's clock."""

    now: datetime
    application: str
    image: Image
    from_: Environment | None
    to: Environment
    destination: str
    policy: PolicyUsed
    directory: DirectoryUsed
    request: RequestUsed
    evidence: EvidenceUsed
    feeds: tuple[Feed, ...]
    history: HistoryUsed
    calendar: Calendar = ALWAYS_OPEN
    """The environment's freezes and working hours around ``now``."""
    waivers: tuple[WaiverUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalated:
    """From ``at`` on the people of this role are asked, too; what is needed stays the same."""

    at: datetime
    to: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The content of a record.

    ``profile`` is what the image is made of, for the comparison with the next one; ``window`` is how long people
    may decide, and ``holds_until`` how long the decision may be acted upon without another look.
    """

    schema: str
    engine: str
    promotion: str
    generation: int
    inputs: Inputs
    checks: tuple[CheckResult, ...]
    outcome: Outcome
    risk: Risk
    profile: Profile
    track: Routing
    approvals: tuple[Need, ...]
    separation: Separated
    review_until: datetime | None
    holds_until: datetime | None
    escalate: Escalated | None = None
    """Who else is asked, and when, where people have not decided by then."""
    reason: Reason = Reason.CODE
    """What an approval must say."""
    waivers: tuple[Heard, ...] = ()
    """What became of every waiver that it was given."""

    @property
    def waived_by(self) -> tuple[str, ...]:
        """The waivers that it relies on."""
        return tuple(one.waiver for one in self.waivers if one.fate is Fate.APPLIED)


@dataclass(frozen=True, slots=True)
class Record:
    """A decision with its exact bytes."""

    content: bytes = field(repr=False)
    decision: Decision

    @property
    def digest(self) -> Digest:
        """The digest of the bytes: the record's name in reviews and events."""
        return Digest.of(self.content)

    @property
    def question(self) -> Question:
        """What is put to people."""
        inputs = self.decision.inputs
        return Question(
            self.digest, inputs.application, inputs.to, self.decision.approvals, self.decision.separation.excluded
        )


def judged(record: Record) -> PromotionJudged:
    """Return the event that announces this record."""
    decision, held = record.decision, record.decision.inputs.history.current
    return PromotionJudged(
        generation=decision.generation,
        record=record.digest,
        outcome=decision.outcome,
        track=decision.track.name,
        risk=decision.risk.score,
        holds_until=decision.holds_until,
        review_until=decision.review_until,
        why=_short(decision.track.why),
        policy=decision.inputs.policy.digest,
        rules=decision.inputs.policy.rules,
        directory=decision.inputs.directory.digest,
        current=held.digest if held else None,
        waivers=decision.waived_by,
        withheld=decision.inputs.history.withheld_by,
        escalate_at=decision.escalate.at if decision.escalate else None,
        escalate_to=decision.escalate.to if decision.escalate else None,
    )


def _short(why: tuple[str, ...]) -> tuple[str, ...]:
    """Keep an event within its size; the record has every reason in full."""
    more = (f"and {len(why) - _MOST_REASONS} more reasons, in the record",) if len(why) > _MOST_REASONS else ()
    return (*(reason[:_REASON] for reason in why[:_MOST_REASONS]), *more)
