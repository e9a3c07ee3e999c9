"""Who must sign, who never counts, and how long people have.

Source: decisions.md, "Who counts" and "Documents". Escalation asks more people; it never lowers what is needed.
"""

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from pratique.errors import Malformed
from pratique.policy.expression import examine
from pratique.policy.expression_facts import TRACK
from pratique.policy.moments import Weekday
from pratique.policy.schema import Misfit, Path, key
from pratique.policy.tightening import Tight
from pratique.policy.words import Expression, Positive, Role


class Separation(StrEnum):
    """People who never count, whatever their role."""

    REQUESTER = "requester"
    AUTHOR = "author"
    BUILDER = "builder"
    """The owner of the service that built the image."""
    POLICY_EDITOR = "policy_editor"
    """Whoever signed the last change to this environment's rules."""
    WAIVER_GRANTER = "waiver_granter"
    """Whoever granted a waiver that this promotion uses."""


USUAL_SEPARATION = (Separation.REQUESTER, Separation.AUTHOR, Separation.BUILDER)


class Reason(StrEnum):
    """What an approval must say besides yes; a veto always needs text."""

    CODE = "code"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """So many people in this role."""

    role: Role
    count: Positive
    when: Expression | None = None
    """Only then; without a condition, always."""

    def __post_init__(self) -> None:
        refuse_bad_condition(self.when, "when")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours in which people work, in the policy's time zone; outside them no window runs."""

    days: tuple[Weekday, ...] = (Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI)
    begin: time = field(default=time(9), metadata=key("from"))
    end: time = field(default=time(17), metadata=key("until"))

    def __post_init__(self) -> None:
        if not self.days:
            raise Misfit(("days",), "expected at least one day of the week, found none")
        if self.begin >= self.end:
            raise Misfit(("until",), "expected a time later than 'from', on the same day")


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Who else is asked where nobody has answered for so long."""

    after: timedelta
    to: Role


def refuse_bad_condition(condition: Expression | None, name: str) -> None:
    """Return if a condition refers only to what is known of an image and its change, or raise ``Misfit``."""
    if condition is not None:
        try:
            examine(condition, TRACK)
        except Malformed as error:
            raise Misfit((name,), str(error)) from error


def refuse_bad_approvals(approvals: tuple[Approval, ...]) -> None:
    """Return if somebody is always needed and nobody is named twice, or raise ``Misfit``."""
    path: Path = ("approvals",)
    if not approvals:
        raise Misfit(path, "expected at least one role, found none; without people it is no review")
    if all(approval.when for approval in approvals):
        raise Misfit(
            path, "expected at least one role without 'when'; where no condition holds, nobody would decide"
        )
    named = [(approval.role, approval.when) for approval in approvals]
    twice = next((role for role, when in named if named.count((role, when)) > 1), None)
    if twice:
        raise Misfit(path, f"the role {twice!r} is named twice; add the counts up")


def refuse_bad_window(window: timedelta, escalate: Escalation | None = None) -> None:
    """Return if people have time to answer, and are reminded within it, or raise ``Misfit``."""
    if window <= timedelta(0):
        raise Misfit(("window",), "expected a time in which people can answer, found none")
    if escalate and not timedelta(0) < escalate.after < window:
        raise Misfit(("escalate", "after"), "expected a time shorter than 'window', and not nothing")


def _reviewers(parent: tuple[Approval, ...], child: tuple[Approval, ...]) -> bool:
    return all(any(_covers(after, before) for after in child) for before in parent)


def _covers(child: Approval, parent: Approval) -> bool:
    same_people = child.role == parent.role and child.count >= parent.count
    return same_people and child.when in (None, parent.when)


def _asks_more(parent: Escalation | None, child: Escalation | None) -> bool:
    if parent is None or child is None:
        return parent is None
    return child.to == parent.to and child.after <= parent.after


REVIEWERS: Tight = _reviewers
ASKS_MORE: Tight = _asks_more
