"""What a waiver takes out of each check's outcome, and what it leaves in sight."""

from dataclasses import replace
from typing import Any

import pytest
from tests.policy.builders import component, counts, evidence, facts, provenance, run, sbom
from tests.policy.worlds import attribute, judge

from pratique.evidence.facts.suites import Suites
from pratique.evidence.model import Evidence
from pratique.policy.result import CheckResult, Outcome

SIGNATURE = {"check": "signature", "keys": ["service:release"]}
PROVENANCE = {"check": "provenance", "keys": ["service:ci"], "builders": ["https://other.example/**"]}
SBOM = {"check": "sbom", "min_ratio": {"licence": "1"}}
LICENCES = {"check": "licences", "deny": "AGPL-3.0-only"}
TESTS = {"check": "tests", "required_suites": ["unit"]}
COVERED = TESTS | {"min_coverage": 90}

BARE = evidence(sbom(component("one"), component("two", None)))
DENIED = evidence(sbom(component("one"), component("two", "AGPL-3.0-only")))
FAILED = evidence(Suites((run(failed=2), run("other", failed=9))))
PASSED = evidence(Suites((run(),)))

WAIVABLE = [
    (SIGNATURE, "signature", evidence(provenance())),
    (PROVENANCE, "builder", evidence(provenance())),
    (SBOM, "ratio-licence", BARE),
    (LICENCES, "AGPL-3.0-only@pkg:pypi/two", DENIED),
    (TESTS, "suite:unit", FAILED),
]


def waived(document: dict[str, Any], term: str, *pieces: Evidence) -> CheckResult:
    return judge(document, replace(facts(*pieces), waived={("it", term): "wv_1"}))


@pytest.mark.parametrize(("document", "term", "piece"), WAIVABLE)
def test_a_waived_failure_passes_and_is_told_with_its_number(
    document: dict[str, Any], term: str, piece: Evidence
) -> None:
    assert judge(document, facts(piece)).outcome is Outcome.BLOCK
    result = waived(document, term, piece)
    assert result.outcome is Outcome.PASS
    assert "wv_1 for" in result.message
    assert counts(result)["by_waiver"] >= 1
    assert term in {finding.term for finding in result.findings}


@pytest.mark.parametrize(("document", "term", "piece"), WAIVABLE)
def test_a_waiver_for_something_else_changes_nothing(document: dict[str, Any], term: str, piece: Evidence) -> None:
    assert waived(document, f"{term}x", piece) == judge(document, facts(piece))


@pytest.mark.parametrize(
    ("document", "term"),
    [
        (SIGNATURE, "signature"),
        (PROVENANCE, "provenance"),
        (SBOM, "sbom"),
        (LICENCES, "sbom"),
        (TESTS, "suite:unit"),
    ],
)
def test_what_is_missing_nobody_waives(document: dict[str, Any], term: str) -> None:
    assert waived(document, term).outcome is Outcome.UNKNOWN


def test_a_licence_that_is_not_stated_is_not_waived_or_leaving_it_out_would_be_the_better_way() -> None:
    result = waived(LICENCES, "no licence@pkg:pypi/two", BARE)
    assert result.outcome is Outcome.BLOCK
    assert "by_waiver" not in counts(result)


def test_too_little_coverage_is_waived_like_any_failure() -> None:
    stated = attribute("line-coverage", {"percent": 81})
    assert judge(COVERED, facts(PASSED, stated)).outcome is Outcome.BLOCK
    result = waived(COVERED, "coverage", PASSED, stated)
    assert result.outcome is Outcome.PASS
    assert "1 = 0 + 1 waiver: wv_1 for coverage" in result.message


def test_a_waived_suite_lets_only_its_own_failures_be() -> None:
    both = TESTS | {"required_suites": ["unit", "other"]}
    result = waived(both, "suite:unit", FAILED)
    assert result.outcome is Outcome.BLOCK
    assert counts(result)["failed"] == 9
    assert "11 = 9 + 2 by waiver: wv_1 for suite:unit" in result.message
