"""The tests check: suites that ran, and how many of their cases failed."""

from dataclasses import replace
from typing import Any

import pytest
from tests.policy.builders import counts, evidence, facts, run

from pratique.evidence.facts import suites as model
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks import tests
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import decode


def judge(*pieces: Evidence, **changes: Any) -> CheckResult:
    plain: dict[str, Any] = {"id": "tests", "check": "tests", "required_suites": ["unit"]}
    return tests.judge_tests(decode(tests.TestsRule, plain | changes), facts(*pieces))


def ran(*runs: model.TestRun, **how: Any) -> Evidence:
    return evidence(model.Suites(tuple(runs)), **how)


def test_a_suite_that_ran_without_failures_passes() -> None:
    result = judge(ran(run(passed=3, skipped=1)))
    assert result.outcome is Outcome.PASS
    assert result.message == "0 of at most 0 failed tests; unit: 3 passed, 0 failed, 1 skipped"
    assert counts(result) == {"failed": 0, "max_failed": 0, "passed": 3, "skipped": 1}


def test_failures_and_errors_count_alike() -> None:
    result = judge(ran(run(failed=1, errored=1)), max_failed=1)
    assert result.outcome is Outcome.BLOCK
    assert result.message == "2 of at most 1 failed tests; unit: 3 passed, 2 failed"
    assert [finding.term for finding in result.findings] == ["suite:unit"]
    assert result.remedy == "repair the failed tests, and build again"
    assert judge(ran(run(failed=1, errored=1)), max_failed=2).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (ran(run("integration")),),
        (ran(run(passed=0)),),
        (ran(run(passed=0, skipped=5)),),
        (ran(run(), parse=Parse.PARTIAL),),
    ],
)
def test_a_suite_in_which_nothing_passed_did_not_run(pieces: tuple[Evidence, ...]) -> None:
    result = judge(*pieces)
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "0 of at most 0 failed tests; unit did not run: no result with a passed test"
    assert result.remedy == "run unit on this image, and add the result"


def test_every_required_suite_must_have_run() -> None:
    result = judge(ran(run()), required_suites=["unit", "integration"])
    assert result.outcome is Outcome.UNKNOWN
    assert [finding.term for finding in result.findings] == ["suite:integration"]


def test_failures_are_certain_even_where_a_suite_is_missing() -> None:
    failed = ran(run(failed=1))
    assert judge(failed, required_suites=["unit", "integration"]).outcome is Outcome.BLOCK
    assert judge(failed, required_suites=["unit", "integration"], outcome="warn").outcome is Outcome.UNKNOWN


def test_a_second_run_cannot_hide_the_first() -> None:
    assert judge(ran(run(failed=1)), ran(run())).outcome is Outcome.BLOCK


def test_a_result_that_nobody_trusted_signed_is_no_run_but_its_failures_count() -> None:
    assert judge(ran(run(), by=None), keys=["service:ci"]).outcome is Outcome.UNKNOWN
    assert judge(ran(run()), ran(run(failed=1), by=None), keys=["service:ci"]).outcome is Outcome.BLOCK


def test_the_failures_of_suites_that_nobody_requires_do_not_count() -> None:
    assert judge(ran(run(), run("experimental", failed=4))).outcome is Outcome.PASS


def test_the_suites_inside_a_required_one_belong_to_it_and_count_once() -> None:
    inner = replace(run("parser", failed=1), within=("unit",))
    result = judge(ran(run(), inner), required_suites=["unit", "parser"])
    assert counts(result)["failed"] == 1
    assert result.outcome is Outcome.BLOCK
