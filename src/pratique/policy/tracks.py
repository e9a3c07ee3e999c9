"""The ways into an environment: fast, without anybody; slow, with people; back; in an emergency; and by adoption.

Source: decisions.md, "Documents" (tracks). A way that is not written down cannot be taken, and none is a bypass.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, auto
from typing import Final, Literal

from pratique.policy.approval import (
    ASKS_MORE,
    REVIEWERS,
    USUAL_SEPARATION,
    Approval,
    Escalation,
    Hours,
    Reason,
    Separation,
    refuse_bad_approvals,
    refuse_bad_condition,
    refuse_bad_window,
)
from pratique.policy.schema import Misfit
from pratique.policy.tightening import Tight, demands_more, lower, one_of, same_or_unset, tighter, trusts_less
from pratique.policy.words import CheckId, Expression, Points, Text


class When(StrEnum):
    """What the fast track demands of the checks."""

    ALL_PASS = auto()
    """Every check passes or warns."""
    ALWAYS = auto()


class Change(StrEnum):
    """How an image may differ from the one that the environment holds now."""

    ROUTINE = "routine"


class FirstArrival(StrEnum):
    """The track of the first image of its name, which can be compared with nothing."""

    SLOW = "slow"
    FAST = "fast"


class Afterwards(StrEnum):
    """Whether people must look at a promotion after it has happened."""

    OPTIONAL = "optional"
    REQUIRED = "required"


_AFTERWARDS = one_of(Afterwards.OPTIONAL, Afterwards.REQUIRED)
_REASON = one_of(Reason.CODE, Reason.TEXT)


def _conditions(parent: "Also | None", child: "Also | None") -> bool:
    if parent is None or child is None:
        return parent is None
    return parent.change in (None, child.change) and parent.expr in (None, child.expr)


CONDITIONS: Tight = _conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """What the fast track demands besides."""

    change: Change | None = None
    expr: Expression | None = None

    def __post_init__(self) -> None:
        if self.change is None and self.expr is None:
            raise Misfit((), "expected 'change', 'expr' or both")
        refuse_bad_condition(self.expr, "expr")


@dataclass(frozen=True, slots=True, kw_only=True)
class FastTrack:
    """When an image goes through with nobody asked."""

    when: When = field(metadata=tighter(one_of(When.ALWAYS, When.ALL_PASS)))
    risk_at_most: Points | None = field(default=None, metadata=tighter(lower))
    also: Also | None = field(default=None, metadata=tighter(CONDITIONS))
    first_arrival: FirstArrival = field(
        default=FirstArrival.SLOW, metadata=tighter(one_of(FirstArrival.FAST, FirstArrival.SLOW))
    )
    relax: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowTrack:
    """Who must sign, who never counts, and for how long it is open."""

    route: Literal["review"] = "review"
    approvals: tuple[Approval, ...] = field(metadata=tighter(REVIEWERS))
    separation: tuple[Separation, ...] = field(default=USUAL_SEPARATION, metadata=tighter(demands_more))
    distinct_people: bool = True
    """One person fills at most one place, whatever roles they hold; nothing else is counted."""
    reason: Reason = field(default=Reason.CODE, metadata=tighter(_REASON))
    """What an approval must say."""
    window: timedelta = field(default=timedelta(days=5), metadata=tighter(lower))
    hours: Hours | None = field(default=None, metadata=tighter(same_or_unset))
    """Where given, ``window`` and ``escalate`` run only in these hours, and one of their days is one such day."""
    escalate: Escalation | None = field(default=None, metadata=tighter(ASKS_MORE))
    on_timeout: Literal["expire"] = "expire"
    relax: Text | None = None

    def __post_init__(self) -> None:
        refuse_bad_approvals(self.approvals)
        if not self.distinct_people:
            problem = (
                "one person fills at most one place here, whatever roles they hold; expected true, or nothing"
            )
            raise Misfit(("distinct_people",), problem)
        refuse_bad_window(self.window, self.escalate)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackTrack:
    """Back to a digest that was promoted here before, at once, also in a freeze; findings are shown, not judged."""

    approvals: tuple[Approval, ...] = field(metadata=tighter(REVIEWERS))
    keep: timedelta = field(default=timedelta(days=90), metadata=tighter(lower))
    """For how long after it was last here an image may come back."""
    separation: tuple[Separation, ...] = field(default=(), metadata=tighter(demands_more))
    """Nobody by default: whoever is on call asks and signs."""
    window: timedelta = field(default=timedelta(days=1), metadata=tighter(lower))
    post_mortem: Afterwards = field(default=Afterwards.REQUIRED, metadata=tighter(_AFTERWARDS))
    relax: Text | None = None

    def __post_init__(self) -> None:
        refuse_bad_approvals(self.approvals)
        refuse_bad_window(self.window)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyTrack:
    """A narrower way with other people: these checks may fail, these never, and what comes in leaves again."""

    approvals: tuple[Approval, ...] = field(metadata=tighter(REVIEWERS))
    separation: tuple[Separation, ...] = field(default=USUAL_SEPARATION, metadata=tighter(demands_more))
    skippable: tuple[CheckId, ...] = field(default=(), metadata=tighter(trusts_less))
    """Checks whose failure does not stop it; they are judged and shown all the same."""
    never: tuple[CheckId, ...] = field(default=(), metadata=tighter(demands_more))
    """Checks that always stop it; every signature and provenance check is one of them."""
    expires: timedelta = field(default=timedelta(hours=72), metadata=tighter(lower))
    """How long its seal holds."""
    window: timedelta = field(default=timedelta(days=1), metadata=tighter(lower))
    post_mortem: Afterwards = field(default=Afterwards.REQUIRED, metadata=tighter(_AFTERWARDS))
    relax: Text | None = None

    def __post_init__(self) -> None:
        refuse_bad_approvals(self.approvals)
        refuse_bad_window(self.window)
        if self.expires <= timedelta(0):
            raise Misfit(("expires",), "expected a time for which its seal holds, found none")
        for place, check in enumerate(self.skippable):
            if check in self.never:
                raise Misfit(("skippable", place), f"{check!r} stands in 'never' too; keep it in one of them")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptTrack:
    """What stood at its destination before there was a gate comes under it: findings are shown, and it must leave."""

    approvals: tuple[Approval, ...] = field(metadata=tighter(REVIEWERS))
    expires: timedelta = field(metadata=tighter(lower))
    """How long its seal holds; by then an image that was judged has taken its place, or it is adopted anew."""
    never: tuple[CheckId, ...] = field(default=(), metadata=tighter(demands_more))
    """Checks that stop it; all others are judged and shown."""
    separation: tuple[Separation, ...] = field(default=USUAL_SEPARATION, metadata=tighter(demands_more))
    window: timedelta = field(default=timedelta(days=5), metadata=tighter(lower))
    relax: Text | None = None

    def __post_init__(self) -> None:
        refuse_bad_approvals(self.approvals)
        refuse_bad_window(self.window)
        if self.expires <= timedelta(0):
            raise Misfit(("expires",), "expected a time for which its seal holds, found none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """The tracks that an environment has; a track that is not there cannot be taken."""

    fast: FastTrack | None = None
    slow: SlowTrack | None = None
    rollback: RollbackTrack | None = None
    emergency: EmergencyTrack | None = None
    adopt: AdoptTrack | None = None


NO_TRACKS: Final = Tracks()
