"""Tests: the required suites ran, and at most so many of their cases failed.

A suite counts as run only where at least one of its cases passed: none at all, or only skipped ones, is nothing.
An error counts as a failure. Several runs of a suite are added up, so that a second run cannot hide the first.
"""

from dataclasses import dataclass, field
from typing import Literal

from pratique.evidence.facts.suites import TestRun
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.rule import CheckRule, answer, listed, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome, worst
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import allows_less, demands_more, lower, tighter
from pratique.policy.words import Count, Service, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsRule(CheckRule):
    """These suites ran, and at most ``max_failed`` of their cases failed."""

    check: Literal["tests"] = field(default="tests", metadata=TAG)
    required_suites: tuple[Text, ...] = field(metadata=tighter(demands_more))
    max_failed: Count = field(default=Count(0), metadata=tighter(lower))
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a result that counts as a run; failures count whoever reports them."""

    def __post_init__(self) -> None:
        if not self.required_suites:
            raise Misfit(("required_suites",), "expected at least one suite, found none; no tests are no pass")


@dataclass(frozen=True, slots=True)
class _Suite:
    """A suite's runs, added up; a suite's result includes the suites inside it."""

    name: str
    ran: bool
    """Somebody whose word counts saw at least one case pass."""
    passed: int
    failed: int
    skipped: int


def judge_tests(rule: TestsRule, facts: Facts) -> CheckResult:
    """Pass where every required suite ran and few enough cases failed."""
    runs = [(run, evidence) for every, evidence in facts.tests for run in every.runs if _required(rule, run)]
    suites = tuple(_suite(rule, name, runs) for name in rule.required_suites)
    missing = tuple(suite for suite in suites if not suite.ran)
    failed = sum(run.failed + run.errored for run, _ in runs)
    over = failed > rule.max_failed
    outcomes = (Outcome.PASS, *([Outcome.UNKNOWN] if missing else []), *([rule.outcome.outcome] if over else []))
    return answer(
        rule,
        worst(outcomes),
        "; ".join(
            (f"{failed} of at most {rule.max_failed} failed tests", *(_told(rule, suite) for suite in suites))
        ),
        remedy=_remedy(rule, missing, over),
        findings=tuple(_finding(rule, suite) for suite in suites if suite.failed or not suite.ran),
        counts=(
            ("failed", failed),
            ("max_failed", rule.max_failed),
            ("passed", sum(run.passed for run, _ in runs)),
            ("skipped", sum(run.skipped for run, _ in runs)),
        ),
        evidence=[evidence.piece.digest for _, evidence in facts.tests],
    )


def _names(run: TestRun) -> tuple[str, ...]:
    return (run.suite, *run.within)


def _required(rule: TestsRule, run: TestRun) -> bool:
    return any(name in rule.required_suites for name in _names(run))


def _suite(rule: TestsRule, name: str, runs: list[tuple[TestRun, Evidence]]) -> _Suite:
    own = [(run, evidence) for run, evidence in runs if name in _names(run)]
    return _Suite(
        name,
        any(run.passed > 0 and _counts(rule, evidence) for run, evidence in own),
        sum(run.passed for run, _ in own),
        sum(run.failed + run.errored for run, _ in own),
        sum(run.skipped for run, _ in own),
    )


def _counts(rule: TestsRule, evidence: Evidence) -> bool:
    return evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _told(rule: TestsRule, suite: _Suite) -> str:
    if not suite.ran:
        return f"{suite.name} did not run: no result{signers_wanted(rule.keys)} with a passed test"
    skipped = f", {suite.skipped} skipped" if suite.skipped else ""
    return f"{suite.name}: {suite.passed} passed, {suite.failed} failed{skipped}"


def _finding(rule: TestsRule, suite: _Suite) -> CheckFinding:
    return CheckFinding(f"suite:{suite.name}", _told(rule, suite))


def _remedy(rule: TestsRule, missing: tuple[_Suite, ...], over: bool) -> str | None:
    names = listed(suite.name for suite in missing)
    orders = [f"run {names} on this image, and add the result{signers_wanted(rule.keys)}"] if missing else []
    return "; ".join([*orders, *(["repair the failed tests, and build again"] if over else [])]) or None
