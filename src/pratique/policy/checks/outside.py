"""Outside checks: a program, a service or a plugin looked at the image while its evidence was gathered, and answered.

Nothing runs here. What is judged is the statement that it left, signed by this installation, which ran it, or by a
service that the rule names. It can only add failures: its objections count against the image, its silence counts as
looked and found nothing, and where it is missing, hung, flooded or crashed nobody looked. Of several answers within
``max_age`` the newest decides.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from pratique.evidence.facts.verdict import CheckRun, Objection
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.evidence.surface.claim import MEASURER
from pratique.policy.checks.rule import CheckRule, Problem, is_waived, judged, number
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, lower, tighter
from pratique.policy.words import Count, Service, Slug, render_duration
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRule(CheckRule):
    """What all of them have: the name in the settings, and how many objections are too many."""

    uses: Slug
    """How ``pratique.toml`` calls it, under ``[check.<name>]``; there stands how it is run, and never here."""
    max: Count = field(default=Count(0), metadata=tighter(lower))
    max_age: timedelta | None = field(default=None, metadata=tighter(lower))
    """How old its answer may be; where it is not given, any."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Services whose signed answer counts; where empty, what this installation ran itself, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecRule(OutsideRule):
    """A program, with an argument list and without a shell."""

    check: Literal["exec"] = field(default="exec", metadata=TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRule(OutsideRule):
    """A service that is asked over HTTP."""

    check: Literal["http"] = field(default="http", metadata=TAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRule(OutsideRule):
    """A Python class that a package declares in the entry point group ``pratique.checks``."""

    check: Literal["plugin"] = field(default="plugin", metadata=TAG)


Answered = tuple[CheckRun, Evidence]


def judge_outside(rule: OutsideRule, facts: Facts) -> CheckResult:
    """Pass where its newest answer that counts is young enough and objects to at most ``max`` things."""
    runs = tuple(
        each for each in facts.of(CheckRun) if each[0].check == rule.uses and _counts(rule, each, facts.now)
    )
    newest = max(runs, key=_age, default=None)
    if newest is None:
        return judged(rule, facts, ((Outcome.UNKNOWN, _silent(rule, facts)),), "")
    run, evidence = newest
    if run.objections is None:
        broken = CheckFinding(
            "answer", f"{rule.uses} gave no answer: {run.reason}", fix=f"repair {rule.uses}, and retry"
        )
        return judged(rule, facts, ((Outcome.ERROR, broken),), "", evidence=[evidence.piece.digest])
    problems = tuple((rule.outcome.outcome, _finding(each)) for each in run.objections)
    waived = tuple(problem for problem in problems if is_waived(rule, facts, problem))
    over = len(problems) - len(waived) > rule.max
    result = judged(
        rule,
        facts,
        (*_late(rule, run, facts), *(problems if over else waived)),
        f"{rule.uses} answered at {render_moment(run.finished)} with {number(len(run.objections), 'objection')}, "
        f"at most {rule.max}",
        counts=(("max", rule.max), ("objections", len(run.objections))),
        evidence=[evidence.piece.digest],
    )
    return result if rule.max_age is None else replace(result, holds_until=run.finished + rule.max_age)


def _counts(rule: OutsideRule, answered: Answered, now: datetime) -> bool:
    run, evidence = answered
    whose = rule.keys or (MEASURER,)
    signed = evidence.bound is Bound.STATEMENT and any(by.holder in whose for by in evidence.signers)
    return signed and evidence.reading.parse is Parse.OK and run.finished <= now


def _age(answered: Answered) -> tuple[datetime, int, str]:
    """Sort the newest last; of two at one moment the worse, so that their order says nothing."""
    run, evidence = answered
    badness = len(run.objections) if run.objections is not None else 1_000_000
    return run.finished, badness, str(evidence.piece.digest)


def _late(rule: OutsideRule, run: CheckRun, facts: Facts) -> tuple[Problem, ...]:
    if rule.max_age is None or facts.now - run.finished <= rule.max_age:
        return ()
    message = f"its answer is older than {render_duration(rule.max_age)}"
    return ((Outcome.UNKNOWN, CheckFinding("age", message, fix=f"have {rule.uses} look again")),)


def _silent(rule: OutsideRule, facts: Facts) -> CheckFinding:
    message = f"{rule.uses} has not looked at this image"
    order = (
        f"describe it under [check.{rule.uses}] in pratique.toml, and have {facts.subject.short} gathered again"
    )
    return CheckFinding("coverage", message, fix=order)


def _finding(objection: Objection) -> CheckFinding:
    return CheckFinding(objection.term, objection.message, objection.severity, objection.fix)
