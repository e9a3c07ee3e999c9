"""The promoted-from check: where this digest was before, for how long, and how long ago."""

from datetime import timedelta
from typing import Any

import pytest
from tests.policy.builders import NOW, arrival, facts

from pratique.attest.seal import Level
from pratique.policy.checks.promoted_from import PromotedFromRule, judge_promoted_from
from pratique.policy.facts import Arrival
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import decode

DAY = timedelta(days=1)


def judge(*arrivals: Arrival, known: bool = True, **changes: Any) -> CheckResult:
    plain = {"id": "came", "check": "promoted_from", "environment": "staging"}
    rule = decode(PromotedFromRule, plain | changes)
    return judge_promoted_from(rule, facts(arrivals=arrivals if known else None))


def test_a_digest_that_was_promoted_there_passes() -> None:
    result = judge(arrival("staging", NOW - DAY))
    assert result.outcome is Outcome.PASS
    assert result.message == "in staging since 2026-11-23T09:30:00.000Z, as promoted"
    assert result.holds_until is None


@pytest.mark.parametrize("arrivals", [(), (arrival("dev", NOW - DAY),)])
def test_a_digest_that_was_never_there_fails(arrivals: tuple[Arrival, ...]) -> None:
    result = judge(*arrivals, min_soak="12h")
    assert result.outcome is Outcome.BLOCK
    assert result.message == "this digest was never in staging"
    assert result.remedy == "promote this digest to staging first, let it stay there for 12h"
    assert [finding.term for finding in result.findings] == ["environment:staging"]


def test_a_ledger_that_was_not_asked_leaves_it_unknown() -> None:
    assert judge(known=False).outcome is Outcome.UNKNOWN


def test_soaking_lasts_to_the_moment() -> None:
    soaked = arrival("staging", NOW - DAY)
    assert judge(soaked, min_soak="24h").outcome is Outcome.PASS
    result = judge(arrival("staging", NOW - DAY + timedelta(milliseconds=1)), min_soak="24h")
    assert result.outcome is Outcome.BLOCK
    assert result.message == ("it has been in staging for less than 1d; wait until 2026-11-24T09:30:00.001Z")


def test_too_long_ago_fails_and_a_pass_holds_until_then() -> None:
    assert judge(arrival("staging", NOW - 31 * DAY), within="30d").outcome is Outcome.BLOCK
    result = judge(arrival("staging", NOW - 30 * DAY), within="30d")
    assert result.outcome is Outcome.PASS
    assert result.holds_until == NOW


def test_what_is_still_there_was_there_just_now() -> None:
    result = judge(arrival("staging", NOW - 90 * DAY, until=NOW), within="30d")
    assert result.outcome is Outcome.PASS
    assert result.holds_until == NOW + 30 * DAY


def test_a_lesser_level_counts_only_where_the_policy_says_so() -> None:
    admitted = arrival("staging", NOW - DAY, Level.ADMITTED)
    result = judge(admitted)
    assert result.outcome is Outcome.BLOCK
    assert result.message == "it entered staging as admitted, expected promoted"
    assert judge(admitted, levels=["promoted", "admitted"]).outcome is Outcome.PASS


def test_one_good_arrival_is_enough_and_of_bad_ones_the_closest_is_told() -> None:
    bad = arrival("staging", NOW, Level.EMERGENCY)
    assert judge(bad, arrival("staging", NOW - DAY), min_soak="24h").outcome is Outcome.PASS
    closest = judge(bad, arrival("staging", NOW), min_soak="24h")
    assert closest.message.startswith("it has been in staging for less than 1d")


def test_a_failure_means_what_the_policy_says() -> None:
    assert judge(outcome="review").outcome is Outcome.REVIEW


def test_how_long_nothing_newer_took_its_place_may_be_demanded() -> None:
    stayed = arrival("staging", NOW - 2 * DAY, until=NOW - DAY)
    assert judge(stayed, min_current="1d").outcome is Outcome.PASS
    replaced = judge(arrival("staging", NOW - 2 * DAY, until=NOW - 2 * DAY + timedelta(hours=1)), min_current="1d")
    assert replaced.outcome is Outcome.BLOCK
    assert replaced.message == "it ran in staging for 1h, less than 1d"
    assert judge(arrival("staging", NOW - 2 * DAY), min_current="1d").outcome is Outcome.BLOCK
