"""How old evidence may be, to the millisecond."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.policy.builders import NOW, evidence, facts, provenance, sbom, scan
from tests.policy.worlds import judge, watched

from pratique.evidence.model import Evidence
from pratique.policy.result import Outcome

DAY = timedelta(days=1)
TICK = timedelta(milliseconds=1)


def aged(age: timedelta) -> Evidence:
    return evidence(replace(scan(), created=NOW - age))


def test_evidence_exactly_at_its_limit_is_fresh_and_holds_until_then() -> None:
    result = judge({"check": "freshness", "max_age": {"scan": "24h"}}, facts(aged(DAY)))
    assert (result.outcome, result.holds_until) == (Outcome.PASS, NOW)


def test_evidence_a_millisecond_older_is_not() -> None:
    result = judge({"check": "freshness", "max_age": {"scan": "24h"}}, facts(aged(DAY + TICK)))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == ["age:scan"]


def test_the_newest_of_a_kind_counts() -> None:
    assert judge({"check": "freshness", "max_age": {"scan": "24h"}}, facts(aged(9 * DAY), aged(DAY))).outcome is (
        Outcome.PASS
    )


def test_a_date_in_the_future_is_no_date() -> None:
    result = judge({"check": "freshness", "max_age": {"scan": "24h"}}, facts(aged(-TICK)))
    assert result.outcome is Outcome.UNKNOWN


def test_what_the_built_in_matcher_says_is_made_now_and_its_advisories_are_not() -> None:
    matched = (replace(scan(producer="pratique-matcher"), created=None, database_date=NOW - 2 * DAY),)
    assert judge({"check": "freshness", "max_age": {"scan": "0s"}}, facts(matched=matched)).outcome is Outcome.PASS
    assert (
        judge({"check": "freshness", "max_age": {"database": "1d"}}, facts(matched=matched)).outcome
        is Outcome.BLOCK
    )


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        ("sbom", evidence(sbom())),
        ("provenance", evidence(provenance(finished=NOW))),
        ("runtime", watched()),
        ("database", evidence(scan())),
    ],
)
def test_every_kind_has_its_own_age(kind: str, piece: Evidence) -> None:
    document = {"check": "freshness", "max_age": {kind: "1h"}}
    assert judge(document, facts(piece)).outcome is Outcome.PASS
    assert judge(document, facts()).outcome is Outcome.UNKNOWN


def test_only_evidence_of_those_whom_the_rule_names_counts() -> None:
    document = {"check": "freshness", "max_age": {"scan": "1h"}, "keys": ["service:other"]}
    assert judge(document, facts(aged(0 * DAY))).outcome is Outcome.UNKNOWN
