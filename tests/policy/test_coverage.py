"""A report holds until its tool fails, or until it is older than the policy lets it be."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import IMAGE, NOW, evidence, finding, scan
from tests.policy.worlds import judge

from pratique.evidence.facts.scan import Scan
from pratique.evidence.model import Evidence
from pratique.policy.facts import Facts, Subject, observe
from pratique.policy.result import CheckResult, Outcome, rank

HOUR = timedelta(hours=1)


def good(at: datetime | None, producer: str = "trivy", by: str | None = "service:record") -> Evidence:
    return evidence(replace(scan(producer=producer), created=at), by=by)


def failure(at: datetime, producer: str = "trivy", by: str | None = "service:record") -> Evidence:
    return evidence(Scan(producer, None, None, None, 0, (), ("anything, because it hung",), failed=at), by=by)


def known(*pieces: Evidence, max_age: timedelta | None = None) -> Facts:
    subject = Subject(IMAGE, IMAGE, "registry.example/shop", NOW, (), None, max_evidence_age=max_age)
    return observe(subject, pieces, ())


def judged(*pieces: Evidence, max_age: timedelta | None = None, **document: Any) -> CheckResult:
    return judge({"check": "vulnerabilities", "max": 0, **document}, known(*pieces, max_age=max_age))


@pytest.mark.parametrize("more", [{}, {"scanners": ["trivy"]}])
def test_a_tool_that_failed_afterwards_takes_back_that_it_looked(more: dict[str, Any]) -> None:
    result = judged(good(NOW - 2 * HOUR), failure(NOW - HOUR), **more)
    assert result.outcome is Outcome.UNKNOWN
    assert "made a report, and failed at 2026-11-24T08:30:00.000Z, after it" in result.message


def test_a_tool_that_was_mended_has_looked() -> None:
    assert judged(failure(NOW - 2 * HOUR), good(NOW - HOUR), scanners=["trivy"]).outcome is Outcome.PASS


def test_the_failure_of_one_tool_says_nothing_about_another() -> None:
    assert judged(good(NOW - 2 * HOUR, "grype"), failure(NOW - HOUR), scanners=["grype"]).outcome is Outcome.PASS


def test_what_a_tool_found_before_it_failed_still_counts() -> None:
    found = evidence(replace(scan(finding()), created=NOW - 2 * HOUR), by="service:record")
    assert judged(found, failure(NOW - HOUR)).outcome is Outcome.BLOCK


def test_a_failure_that_nobody_known_signed_stops_nobody() -> None:
    assert judged(good(NOW - 2 * HOUR), failure(NOW - HOUR, by=None), scanners=["trivy"]).outcome is Outcome.PASS


@pytest.mark.parametrize("at", [None, NOW + HOUR])
def test_a_report_without_a_date_is_older_than_any_failure(at: datetime | None) -> None:
    assert judged(good(at), failure(NOW - HOUR)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("age", "outcome"), [(HOUR, Outcome.PASS), (HOUR + timedelta(milliseconds=1), Outcome.UNKNOWN)]
)
def test_a_report_that_is_exactly_as_old_as_it_may_be_counts(age: timedelta, outcome: Outcome) -> None:
    assert judged(good(NOW - age), max_age=HOUR).outcome is outcome


def test_a_decision_by_an_ageing_report_holds_until_it_is_too_old() -> None:
    assert judged(good(NOW - HOUR), max_age=3 * HOUR).holds_until == NOW + 2 * HOUR


@pytest.mark.parametrize("at", [None, NOW + HOUR])
def test_a_report_without_a_date_is_too_old_wherever_age_matters(at: datetime | None) -> None:
    result = judged(good(at), max_age=HOUR)
    assert result.outcome is Outcome.UNKNOWN
    assert "made a report that does not say when" in result.message


@given(st.lists(st.tuples(st.sampled_from((good, failure)), st.integers(-5, 2)), max_size=5), st.integers(-5, 2))
def test_another_failure_never_improves_an_outcome(runs: list[tuple[Any, int]], at: int) -> None:
    pieces = [make(NOW + hours * HOUR) for make, hours in runs]
    before, after = judged(*pieces), judged(*pieces, failure(NOW + at * HOUR))
    assert rank(after.outcome) >= rank(before.outcome)
