"""Promoted from: this very digest was in the environment before, long enough and not too long ago.

The ledger is complete, so an arrival that it does not know did not happen; only a ledger that was not asked leaves
the answer unknown. Soaking counts from the arrival, whether or not something newer came since.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pratique.attest.seal import Level
from pratique.errors import Malformed
from pratique.policy.checks.rule import CheckRule, answer
from pratique.policy.facts import Arrival, Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import demands_more, higher, lower, tighter
from pratique.policy.words import render_duration
from pratique.values.moment import render_moment
from pratique.values.names import Environment


def _fewer(parent: tuple[Level, ...], child: tuple[Level, ...]) -> bool:
    return demands_more(child, parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotedFromRule(CheckRule):
    """It arrived there at one of ``levels``, stayed at least ``min_soak``, and was there ``within`` this time."""

    check: Literal["promoted_from"] = field(default="promoted_from", metadata=TAG)
    environment: Environment
    min_soak: timedelta = field(default=timedelta(0), metadata=tighter(higher))
    within: timedelta | None = field(default=None, metadata=tighter(lower))
    min_current: timedelta = field(default=timedelta(0), metadata=tighter(higher))
    """How long it must have been the image that runs there, nothing newer in its place."""
    levels: tuple[Level, ...] = field(default=(Level.PROMOTED,), metadata=tighter(_fewer))

    def __post_init__(self) -> None:
        if self.within is not None and self.within < self.min_soak:
            raise Malformed("within is shorter than min_soak: no image could ever pass")


def judge_promoted_from(rule: PromotedFromRule, facts: Facts) -> CheckResult:
    """Pass where one arrival meets every demand; otherwise tell about the one that came closest."""
    if facts.arrivals is None:
        return _failed(rule, Outcome.UNKNOWN, f"whether it was in {rule.environment} is not known")
    there = [arrival for arrival in facts.arrivals if arrival.environment == rule.environment]
    if not there:
        return _failed(rule, rule.outcome.outcome, f"this digest was never in {rule.environment}")
    newest_first = sorted(there, key=lambda arrival: arrival.at, reverse=True)
    closest = min(newest_first, key=lambda arrival: len(_problems(rule, arrival, facts)))
    problems = _problems(rule, closest, facts)
    if problems:
        return _failed(rule, rule.outcome.outcome, "; ".join(problems))
    since = f"in {rule.environment} since {render_moment(closest.at)}, as {closest.level}"
    until = None if rule.within is None else _last(closest) + rule.within
    return replace(answer(rule, Outcome.PASS, since), holds_until=until)


def _failed(rule: PromotedFromRule, outcome: Outcome, message: str) -> CheckResult:
    soak = f", let it stay there for {render_duration(rule.min_soak)}" if rule.min_soak else ""
    return answer(
        rule,
        outcome,
        message,
        remedy=f"promote this digest to {rule.environment} first{soak}",
        findings=(CheckFinding(f"environment:{rule.environment}", message),),
    )


def _problems(rule: PromotedFromRule, arrival: Arrival, facts: Facts) -> tuple[str, ...]:
    found: list[str] = []
    place, soaked = rule.environment, facts.now - arrival.at
    if arrival.level not in rule.levels:
        found.append(f"it entered {place} as {arrival.level}, expected {' or '.join(rule.levels)}")
    if soaked < rule.min_soak:
        ready = render_moment(arrival.at + rule.min_soak)
        found.append(f"it has been in {place} for less than {render_duration(rule.min_soak)}; wait until {ready}")
    current = _last(arrival) - arrival.at
    if current < rule.min_current:
        found.append(
            f"it ran in {place} for {render_duration(current)}, less than {render_duration(rule.min_current)}"
        )
    if rule.within is not None and facts.now - _last(arrival) > rule.within:
        last = render_moment(_last(arrival))
        found.append(f"it was last in {place} at {last}, longer ago than {render_duration(rule.within)}")
    return tuple(found)


def _last(arrival: Arrival) -> datetime:
    """Return the last moment at which it is known to have been there, which is never before it came."""
    return max(arrival.at, arrival.until or arrival.at)
