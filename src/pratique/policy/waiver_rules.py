"""What may be waived in an environment, by whom, and for how long.

The waivers themselves are signed records of their own, so that one can be granted without a change of policy. An
environment that says nothing here has no waivers.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from pratique.evidence.facts.scan import Severity
from pratique.policy.schema import Misfit
from pratique.policy.tightening import Tight, demands_more, lower, tighter, watches_more
from pratique.policy.words import CheckId, Count, Positive, Role, Text


class Requirement(StrEnum):
    """What a waiver must come with."""

    JUSTIFICATION = "justification"
    COMPENSATING_CONTROLS = "compensating_controls"
    OWNER = "owner"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granter:
    """So many people in this role; where ``severity`` names some, only for findings of these, or of no known one."""

    role: Role
    count: Positive
    severity: tuple[Severity, ...] = field(default=(), metadata=tighter(watches_more))

    def needed_for(self, severity: Severity | None) -> bool:
        """Tell whether these people must agree about a finding of this severity."""
        return not self.severity or severity is None or severity in self.severity


def _granters(parent: tuple[Granter, ...], child: tuple[Granter, ...]) -> bool:
    return all(any(_covers(after, before) for after in child) for before in parent)


def _covers(child: Granter, parent: Granter) -> bool:
    same_people = child.role == parent.role and child.count >= parent.count
    return same_people and watches_more(parent.severity, child.severity)


def _shorter(parent: "MaxDays", child: "MaxDays") -> bool:
    return all(child.of(severity) <= parent.of(severity) for severity in (None, *Severity))


GRANTERS: Tight = _granters
SHORTER: Tight = _shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxDays:
    """For how many days a waiver may be granted at most, by severity."""

    critical: Positive | None = None
    high: Positive | None = None
    medium: Positive | None = None
    low: Positive | None = None
    negligible: Positive | None = None
    default: Positive = field(default=Positive(90))

    def of(self, severity: Severity | None) -> int:
        """Return the limit for a severity; where none is known, the shortest of all that are given."""
        if severity is None:
            given = (self.critical, self.high, self.medium, self.low, self.negligible, self.default)
            return min(days for days in given if days is not None)
        days: int | None = getattr(self, severity.label, None)
        return days or self.default


USUAL_DAYS = MaxDays()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRules:
    """Who grants waivers here, how long they last, and what is never waived."""

    who: tuple[Granter, ...] = field(metadata=tighter(GRANTERS))
    max_days: MaxDays = field(default=USUAL_DAYS, metadata=tighter(SHORTER))
    max_renewals: Count = field(default=Count(1), metadata=tighter(lower))
    require: tuple[Requirement, ...] = field(
        default=(Requirement.JUSTIFICATION, Requirement.OWNER), metadata=tighter(demands_more)
    )
    never: tuple[CheckId, ...] = field(default=(), metadata=tighter(demands_more))
    """Checks whose findings nobody can waive."""
    relax: Text | None = None

    def __post_init__(self) -> None:
        if not self.who:
            raise Misfit(("who",), "expected at least one role, found none; a waiver that nobody grants is none")
        if all(granter.severity for granter in self.who):
            problem = "expected at least one role without 'severity'; for the others nobody would decide"
            raise Misfit(("who",), problem)
        roles = [granter.role for granter in self.who]
        twice = next((role for role in roles if roles.count(role) > 1), None)
        if twice:
            raise Misfit(("who",), f"the role {twice!r} is named twice; add the counts up")

    def granters(self, severity: Severity | None) -> tuple[Granter, ...]:
        """Return who must agree about a finding of this severity; all of them where it is not known."""
        return tuple(granter for granter in self.who if granter.needed_for(severity))
