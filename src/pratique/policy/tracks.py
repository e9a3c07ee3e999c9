"""The ways into an environment: fast, without anybody, or slow, with people."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum, auto
from typing import Any, Final, Literal

from pratique.policy.schema import Misfit
from pratique.policy.tightening import Tight, demands_more, lower, tighter
from pratique.policy.words import Points, Positive, Role, Text


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


class Separation(StrEnum):
    """People who never count, whatever their role."""

    REQUESTER = "requester"
    AUTHOR = "author"
    BUILDER = "builder"
    """The owner of the service that built the image."""


def _one_of(*loosest_first: StrEnum) -> Tight:
    def tight(parent: Any, child: Any) -> bool:
        return loosest_first.index(child) >= loosest_first.index(parent)

    return tight


def _conditions(parent: "Also | None", child: "Also | None") -> bool:
    return parent is None or child == parent


def _reviewers(parent: tuple["Approval", ...], child: tuple["Approval", ...]) -> bool:
    counts = {approval.role: approval.count for approval in child}
    return all(counts.get(approval.role, 0) >= approval.count for approval in parent)


CONDITIONS: Tight = _conditions
REVIEWERS: Tight = _reviewers


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """What the fast track demands besides."""

    change: Change


@dataclass(frozen=True, slots=True, kw_only=True)
class FastTrack:
    """When an image goes through with nobody asked."""

    when: When = field(metadata=tighter(_one_of(When.ALWAYS, When.ALL_PASS)))
    risk_at_most: Points | None = field(default=None, metadata=tighter(lower))
    also: Also | None = field(default=None, metadata=tighter(CONDITIONS))
    first_arrival: FirstArrival = field(
        default=FirstArrival.SLOW, metadata=tighter(_one_of(FirstArrival.FAST, FirstArrival.SLOW))
    )
    relax: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """So many people in this role."""

    role: Role
    count: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowTrack:
    """Who must sign, who never counts, and for how long it is open."""

    route: Literal["review"] = "review"
    approvals: tuple[Approval, ...] = field(metadata=tighter(REVIEWERS))
    separation: tuple[Separation, ...] = field(default=tuple(Separation), metadata=tighter(demands_more))
    distinct_people: bool = True
    """One person fills at most one place, whatever roles they hold; nothing else is counted."""
    window: timedelta = field(default=timedelta(days=5), metadata=tighter(lower))
    on_timeout: Literal["expire"] = "expire"
    relax: Text | None = None

    def __post_init__(self) -> None:
        if not self.approvals:
            raise Misfit(("approvals",), "expected at least one role, found none; without people it is no review")
        roles = [approval.role for approval in self.approvals]
        twice = next((role for role in roles if roles.count(role) > 1), None)
        if twice:
            raise Misfit(("approvals",), f"the role {twice!r} is named twice; add the counts up")
        if not self.distinct_people:
            problem = (
                "one person fills at most one place here, whatever roles they hold; expected true, or nothing"
            )
            raise Misfit(("distinct_people",), problem)
        if self.window <= timedelta(0):
            raise Misfit(("window",), "expected a time in which people can answer, found none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """The tracks that an environment has; a track that is not there cannot be taken."""

    fast: FastTrack | None = None
    slow: SlowTrack | None = None


NO_TRACKS: Final = Tracks()
