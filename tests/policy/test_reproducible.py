"""Who built it again, and what they got."""

from tests.policy.builders import evidence, facts, provenance
from tests.policy.worlds import judge, rebuilt

from pratique.policy.result import Outcome

REPRO = {"check": "reproducible"}
BUILT = evidence(provenance(), by="service:ci")


def test_one_service_that_got_the_same_image_is_enough() -> None:
    assert judge(REPRO, facts(rebuilt())).outcome is Outcome.PASS


def test_a_service_counts_once_however_often_it_rebuilds() -> None:
    result = judge({**REPRO, "rebuilders": 2}, facts(rebuilt(), rebuilt(second="d")))
    assert result.outcome is Outcome.UNKNOWN
    assert judge({**REPRO, "rebuilders": 2}, facts(rebuilt(), rebuilt(by="service:other"))).outcome is Outcome.PASS


def test_whoever_built_it_first_is_not_independent() -> None:
    strict = {**REPRO, "independent": True}
    assert judge(strict, facts(BUILT, rebuilt(by="service:ci"))).outcome is Outcome.UNKNOWN
    assert judge(strict, facts(BUILT, rebuilt())).outcome is Outcome.PASS


def test_where_nobody_known_built_it_nobody_is_known_to_be_another() -> None:
    assert judge({**REPRO, "independent": True}, facts(rebuilt())).outcome is Outcome.UNKNOWN


def test_one_that_got_something_else_fails_it_whatever_others_got() -> None:
    result = judge(REPRO, facts(rebuilt(), rebuilt(equal=False, by="service:other", second="b")))
    assert result.outcome is Outcome.BLOCK
    assert "got" in result.message


def test_a_rebuild_that_nobody_signed_proves_nothing() -> None:
    assert judge(REPRO, facts(rebuilt(by=None))).outcome is Outcome.UNKNOWN


def test_only_services_that_the_rule_names_count() -> None:
    assert judge({**REPRO, "keys": ["service:other"]}, facts(rebuilt())).outcome is Outcome.UNKNOWN
