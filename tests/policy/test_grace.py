"""Days of grace from a clock with a name, ages, waivers, and how what does not count is told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.policy.builders import NOW, counts, evidence, facts, finding, scan
from tests.policy.worlds import judge

from pratique.evidence.facts.scan import Severity
from pratique.policy.facts import Facts
from pratique.policy.result import Outcome

WEEK = timedelta(days=7)
TICK = timedelta(milliseconds=1)
TERM = "CVE-2019-10906@pkg:pypi/jinja2"


def known(**dates: Any) -> Facts:
    return facts(evidence(scan(replace(finding(), **dates))))


def graced(clock: str, **more: Any) -> dict[str, Any]:
    return {"check": "vulnerabilities", "grace": {"days": 7, "from": clock}, **more}


@pytest.mark.parametrize(("clock", "date"), [("published", "published"), ("fix_available", "fixed_since")])
def test_at_its_last_moment_a_vulnerability_is_let_be_and_then_no_more(clock: str, date: str) -> None:
    result = judge(graced(clock), known(**{date: NOW - WEEK}))
    assert (result.outcome, result.holds_until) == (Outcome.PASS, NOW)
    assert "1 = 0 + 1 in grace: CVE-2019-10906 in jinja2 2.10 (until 2026-11-24T09:30:00.000Z)" in result.message
    assert judge(graced(clock), known(**{date: NOW - WEEK - TICK})).outcome is Outcome.BLOCK


@pytest.mark.parametrize("clock", ["published", "fix_available", "first_seen"])
def test_a_clock_that_has_not_begun_gives_no_grace(clock: str) -> None:
    assert judge(graced(clock), known()).outcome is Outcome.BLOCK
    future = known(published=NOW + TICK, fixed_since=NOW + TICK)
    assert judge(graced(clock), future).outcome is Outcome.BLOCK


def test_a_grace_beyond_all_time_is_none() -> None:
    document = {"check": "vulnerabilities", "grace": {"days": 1_000_000_000, "from": "published"}}
    assert judge(document, known(published=NOW)).outcome is Outcome.BLOCK


def test_an_age_catches_what_is_that_old_and_what_nobody_dates() -> None:
    old = {"check": "vulnerabilities", "where": {"age": "7d"}}
    young = judge(old, known(published=NOW - WEEK + TICK))
    assert (young.outcome, young.holds_until) == (Outcome.PASS, NOW + TICK)
    assert judge(old, known(published=NOW - WEEK)).outcome is Outcome.BLOCK
    assert judge(old, known()).outcome is Outcome.BLOCK


def test_what_a_waiver_covers_is_subtracted_and_told() -> None:
    waived = replace(known(), waived={("it", TERM): "wv_1"})
    result = judge({"check": "vulnerabilities"}, waived)
    assert result.outcome is Outcome.PASS
    assert "1 = 0 + 1 waiver: CVE-2019-10906 in jinja2 2.10 (wv_1)" in result.message
    assert counts(result)["by_waiver"] == 1
    assert judge({"check": "vulnerabilities"}, replace(known(), waived={("other", TERM): "wv_1"})).outcome is (
        Outcome.BLOCK
    )


def test_a_budget_prices_an_unknown_severity_as_the_dearest() -> None:
    budget = {"check": "vulnerability_budget", "points": {"critical": 40, "low": 1}, "max": 40}
    unrated = facts(evidence(scan(finding("CVE-1", None), finding("CVE-2", Severity.LOW))))
    result = judge(budget, unrated)
    assert result.outcome is Outcome.BLOCK
    assert result.message == "41 of at most 40 points: 1 unrated × 40, 1 low × 1"
    assert judge({**budget, "unknown_severity": "low"}, unrated).outcome is Outcome.PASS
    assert judge(budget, facts()).outcome is Outcome.UNKNOWN
