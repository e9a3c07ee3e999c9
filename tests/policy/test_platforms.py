"""An index is as good as its worst platform."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import NOW

from pratique.policy.checks.signature import SignatureRule
from pratique.policy.platforms import combine
from pratique.policy.result import CheckFinding, CheckResult, OnUnknown, Outcome, worst
from pratique.policy.schema import decode
from pratique.policy.settings import USUAL, Settings
from pratique.values.digest import Digest

OUTCOMES = st.sampled_from(list(Outcome))
SETTINGS = st.builds(
    Settings, on_missing_evidence=st.sampled_from(list(OnUnknown)), on_check_error=st.sampled_from(list(OnUnknown))
)
RULE = decode(SignatureRule, {"id": "sig", "check": "signature", "keys": ["service:ci"]})
BADNESS = (Outcome.PASS, Outcome.WARN, Outcome.REVIEW, Outcome.BLOCK)


def result(outcome: Outcome, message: str = "same", *terms: str, count: int = 0) -> CheckResult:
    findings = tuple(CheckFinding(term, term) for term in terms)
    evidence = (Digest.of(message.encode()),)
    return CheckResult("sig", "signature", outcome, message, message, findings, (("found", count),), evidence)


def test_an_image_without_any_platform_is_unknown() -> None:
    nothing = combine(RULE, (), USUAL)
    assert (nothing.id, nothing.check, nothing.outcome) == ("sig", "signature", Outcome.UNKNOWN)
    assert nothing.message == "no platform of this image can be judged"


def test_one_platform_is_its_own_result() -> None:
    only = result(Outcome.PASS)
    assert combine(RULE, (("linux/amd64", only),), USUAL) is only


def test_the_worst_platform_decides_and_every_finding_is_kept_once() -> None:
    amd, arm = result(Outcome.PASS, "fine", "a", "b", count=2), result(Outcome.BLOCK, "bad", "b", "c", count=3)
    both = combine(RULE, (("linux/amd64", amd), ("linux/arm64", arm)), USUAL)
    assert both.outcome is Outcome.BLOCK
    assert both.message == "linux/amd64: fine; linux/arm64: bad"
    assert [finding.term for finding in both.findings] == ["a", "b", "c"]
    assert both.counts == (("found", 3),)
    assert len(both.evidence) == 2


def test_platforms_that_say_the_same_say_it_once() -> None:
    both = combine(RULE, (("linux/amd64", result(Outcome.WARN)), ("linux/arm64", result(Outcome.WARN))), USUAL)
    assert both.message == both.remedy == "same"


def test_a_platform_without_evidence_makes_the_image_unknown() -> None:
    both = combine(RULE, (("a", result(Outcome.BLOCK)), ("b", result(Outcome.UNKNOWN))), USUAL)
    assert USUAL.counts_as(both.outcome) is Outcome.BLOCK
    assert both.outcome is Outcome.UNKNOWN


def test_the_earliest_end_counts() -> None:
    early, late = (
        CheckResult("x", "x", Outcome.PASS, "m", holds_until=NOW + timedelta(days=days)) for days in (1, 2)
    )
    both = combine(RULE, (("a", late), ("b", early), ("c", result(Outcome.PASS))), USUAL)
    assert both.holds_until == NOW + timedelta(days=1)


@given(st.lists(OUTCOMES, min_size=1, max_size=5), SETTINGS)
def test_no_platform_is_worse_than_the_image_whatever_unknown_counts_as(
    outcomes: list[Outcome], settings: Settings
) -> None:
    platforms = tuple((str(place), result(outcome)) for place, outcome in enumerate(outcomes))
    counted = settings.counts_as(combine(RULE, platforms, settings).outcome)
    assert BADNESS.index(counted) == max(BADNESS.index(settings.counts_as(outcome)) for outcome in outcomes)


@given(OUTCOMES, SETTINGS)
def test_what_is_no_judgement_never_counts_as_a_pass(outcome: Outcome, settings: Settings) -> None:
    counted = settings.counts_as(outcome)
    assert counted in BADNESS
    if outcome in (Outcome.UNKNOWN, Outcome.ERROR):
        assert counted in (Outcome.REVIEW, Outcome.BLOCK)
    else:
        assert counted is outcome


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), Outcome.UNKNOWN),
        ((Outcome.PASS, Outcome.WARN), Outcome.WARN),
        ((Outcome.REVIEW, Outcome.UNKNOWN), Outcome.UNKNOWN),
        ((Outcome.UNKNOWN, Outcome.BLOCK), Outcome.BLOCK),
    ],
)
def test_of_nothing_at_all_nothing_is_known(outcomes: tuple[Outcome, ...], expected: Outcome) -> None:
    assert worst(outcomes) is expected
