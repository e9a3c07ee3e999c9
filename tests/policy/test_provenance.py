"""The provenance check: who built the image, from what, and how."""

from typing import Any

import pytest
from tests.policy.builders import NOW, evidence, facts, provenance

from pratique.errors import Malformed
from pratique.evidence.facts.claims import Verdict
from pratique.evidence.model import Evidence
from pratique.policy.checks.provenance import ProvenanceRule, judge_provenance
from pratique.policy.result import CheckResult, OnFailure, Outcome
from pratique.policy.schema import decode

PLAIN = {
    "id": "prov",
    "check": "provenance",
    "keys": ["service:ci"],
    "builders": ["https://ci.shop.example/builder/*"],
    "sources": ["git+https://git.shop.example/shop/*"],
    "build_types": ["https://build.example/v1"],
    "parameters": ["workflow"],
}


def judge(*pieces: Evidence, **changes: Any) -> CheckResult:
    value = {name: item for name, item in (PLAIN | changes).items() if item is not None}
    return judge_provenance(decode(ProvenanceRule, value), facts(*pieces))


def test_signed_provenance_that_meets_every_expectation_passes() -> None:
    result = judge(evidence(provenance()))
    assert result.outcome is Outcome.PASS
    assert result.message == (
        "built by https://ci.shop.example/builder/v1 from git+https://git.shop.example/shop/api@refs/heads/main"
    )
    assert result.remedy is None


@pytest.mark.parametrize(
    ("changes", "term", "words"),
    [
        ({"builder_id": "https://evil.example/b"}, "builder", "the builder is https://evil.example/b, expected"),
        (
            {"source_uri": "git+https://git.shop.example/fork/x/api"},
            "source",
            "the source is git+https://git.shop",
        ),
        ({"build_type": "https://build.example/v2"}, "build-type", "the build type is https://build.example/v2"),
        (
            {"parameters": (("debug", "1"),)},
            "parameters",
            "unexpected external parameters debug; allowed are workflow",
        ),
    ],
)
def test_provenance_that_says_something_else_fails(changes: dict[str, Any], term: str, words: str) -> None:
    result = judge(evidence(provenance(**changes)))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == [term]
    assert result.message.startswith(words)


@pytest.mark.parametrize(
    ("field", "term"), [("builder_id", "builder"), ("source_uri", "source"), ("build_type", "build-type")]
)
def test_provenance_that_does_not_say_is_unknown(field: str, term: str) -> None:
    result = judge(evidence(provenance(**{field: "" if field != "source_uri" else None})))
    assert result.outcome is Outcome.UNKNOWN
    assert [finding.term for finding in result.findings] == [term]


def test_provenance_that_does_not_say_its_parameters_is_unknown_where_they_are_restricted() -> None:
    assert judge(evidence(provenance(parameters=None))).outcome is Outcome.UNKNOWN
    assert judge(evidence(provenance(parameters=None)), parameters=None).outcome is Outcome.PASS


def test_no_provenance_is_unknown() -> None:
    result = judge()
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "no provenance signed by service:ci: found none"


@pytest.mark.parametrize("by", [None, "service:other"])
def test_a_claim_that_nobody_trusted_signed_is_unknown(by: str | None) -> None:
    result = judge(evidence(provenance(), by=by))
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "no provenance signed by service:ci: found 1 that nobody named here signed"


def test_one_good_provenance_is_enough_beside_a_bad_one() -> None:
    bad = evidence(provenance(builder_id="https://evil.example/b"))
    assert judge(bad, evidence(provenance())).outcome is Outcome.PASS
    assert judge(evidence(provenance()), bad).outcome is Outcome.PASS


def test_of_several_bad_ones_the_closest_is_told() -> None:
    worse = evidence(provenance(builder_id="https://evil.example/b", source_uri="git+https://evil.example/x"))
    bad = evidence(provenance(build_type="https://build.example/v2"))
    assert [finding.term for finding in judge(worse, bad).findings] == ["build-type"]


def test_a_pattern_with_a_revision_is_compared_with_the_revision() -> None:
    main = ["git+https://git.shop.example/shop/*@refs/heads/main"]
    assert judge(evidence(provenance()), sources=main).outcome is Outcome.PASS
    other = provenance(source_uri="git+https://git.shop.example/shop/api@refs/heads/try")
    assert judge(evidence(other), sources=main).outcome is Outcome.BLOCK
    assert judge(evidence(other)).outcome is Outcome.PASS


@pytest.mark.parametrize("revision", ["refs/tags/@shop/api@1.0", "a" * 40, "b" * 64])
def test_a_pattern_without_a_revision_allows_every_one(revision: str) -> None:
    found = provenance(source_uri=f"git+https://git.shop.example/shop/api@{revision}")
    assert judge(evidence(found)).outcome is Outcome.PASS


@pytest.mark.parametrize("tail", ["@refs/" * 100_000 + " ", "@" + "a" * 41, "@refs/"])
def test_what_is_no_revision_is_compared_with_the_name(tail: str) -> None:
    found = provenance(source_uri=f"git+https://git.shop.example/shop/api{tail}")
    assert judge(evidence(found), sources=["git+https://git.shop.example/shop/api"]).outcome is Outcome.BLOCK


def test_without_a_list_any_parameter_may_be_set_and_with_an_empty_one_none() -> None:
    assert judge(evidence(provenance()), parameters=None).outcome is Outcome.PASS
    assert judge(evidence(provenance()), parameters=[]).outcome is Outcome.BLOCK


def test_a_failure_means_what_the_policy_says() -> None:
    odd = evidence(provenance(build_type="x"))
    assert judge(odd, outcome="review").outcome is Outcome(OnFailure.REVIEW)


@pytest.mark.parametrize("field", ["keys", "builders"])
def test_provenance_without_trusted_builders_and_keys_is_no_check(field: str) -> None:
    with pytest.raises(Malformed, match=f"{field}: expected at least one"):
        judge(**{field: []})


def summary(level: str = "SLSA_BUILD_LEVEL_3", *, passed: bool = True, by: str | None = "service:ci") -> Evidence:
    return evidence(Verdict("https://verifier.example", NOW, None, passed, (level,)), by=by)


@pytest.mark.parametrize("level", [1, 2])
def test_the_first_two_levels_are_what_the_check_asks_for_anyway(level: int) -> None:
    assert judge(evidence(provenance()), slsa_level=level).outcome is Outcome.PASS


def test_the_third_level_is_a_verifiers_word() -> None:
    assert judge(evidence(provenance()), summary(), slsa_level=3).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "said",
    [
        (),
        (summary("SLSA_BUILD_LEVEL_2"),),
        (summary("SLSA_BUILD_LEVEL_3X"),),
        (summary(passed=False),),
        (summary(by="service:other"),),
        (summary(by=None),),
    ],
)
def test_nobody_elses_and_no_lower_word_is_the_third_level(said: tuple[Evidence, ...]) -> None:
    result = judge(evidence(provenance()), *said, slsa_level=3)
    assert result.outcome is Outcome.UNKNOWN
    assert "states SLSA build level 3" in result.message


@pytest.mark.parametrize("level", [0, 4])
def test_there_is_no_other_level(level: int) -> None:
    with pytest.raises(Malformed, match="from 1 to 3"):
        judge(slsa_level=level)
