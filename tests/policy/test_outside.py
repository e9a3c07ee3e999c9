"""What outside checks answered: they can only add failures."""

from datetime import timedelta

import pytest
from tests.policy.builders import NOW, facts
from tests.policy.worlds import answered, judge

from pratique.policy.result import Outcome

NAMES = {"check": "exec", "uses": "names"}


@pytest.mark.parametrize("kind", ["exec", "http", "plugin"])
def test_an_answer_without_objections_passes_and_one_with_any_fails(kind: str) -> None:
    document = {"check": kind, "uses": "names"}
    assert judge(document, facts(answered())).outcome is Outcome.PASS
    result = judge(document, facts(answered("label:owner")))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == ["label:owner"]


def test_what_never_answered_is_not_known() -> None:
    assert judge(NAMES, facts()).outcome is Outcome.UNKNOWN
    assert judge({**NAMES, "uses": "others"}, facts(answered())).outcome is Outcome.UNKNOWN


def test_what_hung_or_crashed_is_an_error_that_says_why() -> None:
    result = judge(NAMES, facts(answered(reason="it took more than 60 s")))
    assert result.outcome is Outcome.ERROR
    assert "it took more than 60 s" in result.message


def test_the_newest_answer_decides() -> None:
    earlier = answered("label:owner", at=NOW - timedelta(hours=1))
    assert judge(NAMES, facts(earlier, answered())).outcome is Outcome.PASS
    crashed = answered(reason="it crashed")
    assert judge(NAMES, facts(answered(at=NOW - timedelta(hours=1)), crashed)).outcome is Outcome.ERROR


def test_of_two_answers_of_one_moment_the_worse_decides() -> None:
    assert judge(NAMES, facts(answered(), answered("a"))).outcome is Outcome.BLOCK
    assert judge(NAMES, facts(answered(), answered(reason="it crashed"))).outcome is Outcome.ERROR
    assert judge(NAMES, facts(answered("a"), answered(reason="it crashed"))).outcome is Outcome.BLOCK


def test_what_somebody_else_objects_to_is_heard_and_their_silence_is_not() -> None:
    assert judge(NAMES, facts(answered(), answered("a", by="service:ci"))).outcome is Outcome.BLOCK
    assert judge(NAMES, facts(answered("a"), answered(by="service:ci"))).outcome is Outcome.BLOCK


def test_an_answer_that_somebody_else_signed_counts_only_where_the_rule_names_them() -> None:
    strange = facts(answered(by="service:ci"))
    assert judge(NAMES, strange).outcome is Outcome.UNKNOWN
    assert judge({**NAMES, "keys": ["service:ci"]}, strange).outcome is Outcome.PASS
    assert judge({**NAMES, "keys": ["service:ci"]}, facts(answered())).outcome is Outcome.UNKNOWN


def test_an_old_answer_says_nothing_and_a_young_one_holds_until_it_is_old() -> None:
    hourly = {**NAMES, "max_age": "1h"}
    result = judge(hourly, facts(answered(at=NOW - timedelta(hours=1))))
    assert (result.outcome, result.holds_until) == (Outcome.PASS, NOW)
    late = facts(answered(at=NOW - timedelta(hours=1, milliseconds=1)))
    assert judge(hourly, late).outcome is Outcome.UNKNOWN
    assert judge(NAMES, facts(answered(at=NOW + timedelta(hours=1)))).outcome is Outcome.UNKNOWN
