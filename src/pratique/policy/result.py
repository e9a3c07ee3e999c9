"""What a check says: its outcome, every finding with a stable term, and what to do about it.

Outcomes form the lattice ``pass < warn < review < block``; ``unknown`` means that evidence
is missing or cannot be trusted, ``error`` that the judgement itself failed. Neither is ever a pass.
"""

from datetime import datetime
from enum import StrEnum, auto

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


class Outcome(StrEnum):
    """How a check ended."""

    PASS = auto()
    WARN = auto()
    REVIEW = auto()
    BLOCK = auto()
    UNKNOWN = auto()
    ERROR = auto()


class OnFailure(StrEnum):
    """What a check's failure means; chosen by the policy."""

    WARN = auto()
    REVIEW = auto()
    BLOCK = auto()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the failed check."""
        return Outcome(self.value)


class OnUnknown(StrEnum):
    """What an outcome that is no judgement means for the promotion."""

    FAIL = auto()
    """It blocks."""
    HOLD = auto()
    """People look at it, on the slow track."""

    @property
    def outcome(self) -> Outcome:
        """The outcome that it counts as."""
        return Outcome.BLOCK if self is OnUnknown.FAIL else Outcome.REVIEW


_ORDER = (Outcome.PASS, Outcome.WARN, Outcome.REVIEW, Outcome.UNKNOWN, Outcome.ERROR, Outcome.BLOCK)
# Unknown and error stand between review and block because a policy counts them as one or the other.


def rank(outcome: Outcome) -> int:
    """Return the outcome's place among all, from 0 for ``pass``; larger is worse."""
    return _ORDER.index(outcome)


def worst(outcomes: tuple[Outcome, ...]) -> Outcome:
    """Return the worst outcome; of none at all, ``unknown``."""
    return max(outcomes, key=rank, default=Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing that a check found; ``term`` stays the same over rebuilds and rescans."""

    term: str
    message: str
    severity: str | None = None
    """The severity that it counts as, in lower case, where it has one."""
    fix: str | None = None
    """What removes it, as an order to a person."""
    origin: str | None = None
    """Whose it is, ``base`` image's or ``application``'s; ``None`` where layers do not tell."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check of the policy found in one image."""

    id: str
    check: str
    outcome: Outcome
    message: str
    remedy: str | None = None
    findings: tuple[CheckFinding, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    evidence: tuple[Digest, ...] = ()
    """Digests of the evidence that it rests on, sorted."""
    holds_until: datetime | None = None
    """The last moment at which this outcome still holds; ``None`` where time alone changes nothing."""
