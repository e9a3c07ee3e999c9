"""Outside checks: a program, a service or a plugin looked at the image while its evidence was gathered, and answered.

Nothing runs here. What is judged is the statement that it left, signed by this installation, which ran it, or by a
service that the rule names. It can only add failures: its objections count against the image, its silence counts as
looked and found nothing, and where it is missing, hung, flooded or crashed nobody looked. Of several answers the
newest decides.
"""

from dataclasses import dataclass, field
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
    """Pass where its newest answer that counts is young enough and nobody since objects to more than ``max`` things.

    Whoever says something worse at that moment or later is heard, too: a word can only add failures.
    """
    runs = tuple(
        each for each in facts.of(CheckRun) if each[0].check == rule.uses and each[0].finished <= facts.now
    )
    since = max((run.finished for run, evidence in runs if _counts(rule, evidence)), default=None)
    if since is None:
        return judged(rule, facts, ((Outcome.UNKNOWN, _silent(rule, facts)),), "")
    heard = tuple(each for each in runs if each[0].finished >= since)
    objections = {each.term: _finding(each) for run, _ in heard for each in run.objections or ()}
    problems = tuple((rule.outcome.outcome, objections[term]) for term in sorted(objections))
    waived = tuple(problem for problem in problems if is_waived(rule, facts, problem))
    over = len(problems) - len(waived) > rule.max
    return judged(
        rule,
        facts,
        (*_broken(rule, heard), *_late(rule, since, facts), *(problems if over else waived)),
        f"{rule.uses} answered at {render_moment(since)} with {number(len(problems), 'objection')}, at most {rule.max}",
        counts=(("max", rule.max), ("objections", len(problems))),
        evidence=[evidence.piece.digest for _, evidence in heard],
        holds_until=None if rule.max_age is None else since + rule.max_age,
    )


def _counts(rule: OutsideRule, evidence: Evidence) -> bool:
    whose = rule.keys or (MEASURER,)
    signed = evidence.bound is Bound.STATEMENT and any(by.holder in whose for by in evidence.signers)
    return signed and evidence.reading.parse is Parse.OK


def _broken(rule: OutsideRule, heard: tuple[Answered, ...]) -> tuple[Problem, ...]:
    reasons = sorted({run.reason for run, _ in heard if run.objections is None})
    if not reasons:
        return ()
    message = f"{rule.uses} gave no answer: {'; '.join(reasons)}"
    return ((Outcome.ERROR, CheckFinding("answer", message, fix=f"repair {rule.uses}, and retry")),)


def _late(rule: OutsideRule, since: datetime, facts: Facts) -> tuple[Problem, ...]:
    if rule.max_age is None or facts.now - since <= rule.max_age:
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
