"""Tests: the required suites ran, and at most so many of their cases failed.

A suite counts as run only where at least one of its cases passed: none at all, or only skipped ones, is nothing.
An error counts as a failure. Several runs of a suite are added up, so that a second run cannot hide the first.
"""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.facts.suites import TestRun
from pratique.evidence.formats.coverage import COVERAGE
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.rule import (
    CheckRule,
    Problem,
    answer,
    listed,
    signers_wanted,
    trusted,
    weigh,
)
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome, worst
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import allows_less, demands_more, higher, lower, tighter
from pratique.policy.words import Count, Points, Service, Text
from pratique.values.canonical import parse_object

_PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,6})?")
_ALL = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsRule(CheckRule):
    """These suites ran, and at most ``max_failed`` of their cases failed."""

    check: Literal["tests"] = field(default="tests", metadata=TAG)
    required_suites: tuple[Text, ...] = field(metadata=tighter(demands_more))
    max_failed: Count = field(default=Count(0), metadata=tighter(lower))
    min_coverage: Points | None = field(default=None, metadata=tighter(higher))
    """How much of the code the tests must run, in per cent; stated as an attribute ``line-coverage``, or counted
    in a report of Cobertura or LCOV."""
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
    let_be = sum(run.failed + run.errored for run, _ in runs if _is_waived(rule, run, facts))
    over = failed - let_be > rule.max_failed
    weighed = weigh(rule, facts, find_uncovered(rule, facts))
    uncovered = weighed.standing
    outcomes = (Outcome.PASS, *([Outcome.UNKNOWN] if missing else []), *([rule.outcome.outcome] if over else []))
    return answer(
        rule,
        worst((*outcomes, *(outcome for outcome, _ in uncovered))),
        "; ".join(
            (
                f"{failed - let_be} of at most {rule.max_failed} failed tests",
                *(_told(rule, suite) for suite in suites),
                *(finding.message for _, finding in uncovered),
                *_let_be(rule, failed, let_be, facts),
                *weighed.told,
            )
        ),
        remedy=_remedy(rule, missing, over, uncovered),
        findings=(
            *(_finding(rule, suite) for suite in suites if suite.failed or not suite.ran),
            *weighed.findings,
        ),
        counts=(
            ("failed", failed - let_be),
            *((("by_waiver", let_be + len(weighed.waived)),) if let_be or weighed.waived else ()),
            ("max_failed", rule.max_failed),
            ("passed", sum(run.passed for run, _ in runs)),
            ("skipped", sum(run.skipped for run, _ in runs)),
        ),
        evidence=[evidence.piece.digest for _, evidence in facts.tests],
    )


def _is_waived(rule: TestsRule, run: TestRun, facts: Facts) -> bool:
    """Tell whether waivers cover every required suite that these cases count in."""
    suites = [name for name in _names(run) if name in rule.required_suites]
    return all((rule.id, f"suite:{name}") in facts.waived for name in suites)


def _let_be(rule: TestsRule, failed: int, let_be: int, facts: Facts) -> tuple[str, ...]:
    terms = [f"suite:{name}" for name in rule.required_suites]
    used = sorted(
        {f"{facts.waived[rule.id, term]} for {term}" for term in terms if (rule.id, term) in facts.waived}
    )
    return (f"{failed} = {failed - let_be} + {let_be} by waiver: {listed(used)}",) if let_be else ()


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


def find_uncovered(rule: TestsRule, facts: Facts) -> tuple[Problem, ...]:
    """Return what is wrong with how much of the code the tests run; of several statements the lowest counts."""
    if rule.min_coverage is None:
        return ()
    stated = [
        (share, _counts(rule, evidence))
        for report, evidence in facts.of(Attributes)
        for attribute in report.attributes
        if attribute.name == COVERAGE and (share := _percent(attribute.value)) is not None
    ]
    order = f"state it as an attribute {COVERAGE!r}{signers_wanted(rule.keys)}, and write tests for what none runs"
    if not any(counts for _, counts in stated):
        message = f"nobody{signers_wanted(rule.keys)} states how much of the code the tests run"
        return ((Outcome.UNKNOWN, CheckFinding("coverage", message, fix=order)),)
    least = min(share for share, _ in stated)
    if least >= rule.min_coverage:
        return ()
    message = f"the tests run {least:f} % of the code, at least {rule.min_coverage} % are expected"
    return ((rule.outcome.outcome, CheckFinding("coverage", message, fix=order)),)


def _percent(conditions: str | None) -> Decimal | None:
    try:
        said = parse_object((conditions or "{}").encode(), COVERAGE).get("percent")
    except Malformed:
        return None
    text = str(said) if isinstance(said, str | int) and not isinstance(said, bool) else ""
    return Decimal(text) if _PERCENT.fullmatch(text) and Decimal(text) <= _ALL else None


def _remedy(
    rule: TestsRule, missing: tuple[_Suite, ...], over: bool, uncovered: tuple[Problem, ...]
) -> str | None:
    names = listed(suite.name for suite in missing)
    orders = [f"run {names} on this image, and add the result{signers_wanted(rule.keys)}"] if missing else []
    orders += ["repair the failed tests, and build again"] if over else []
    return "; ".join([*orders, *(finding.fix for _, finding in uncovered if finding.fix)]) or None
