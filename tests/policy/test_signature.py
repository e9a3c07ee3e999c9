"""The signature check: who signed a statement about this image."""

import pytest
from tests.policy.builders import IMAGE, counts, evidence, facts, sbom

from pratique.errors import Malformed
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.model import Bound, Evidence
from pratique.policy.checks.signature import SignatureRule, judge_signature
from pratique.policy.result import CheckResult, OnFailure, Outcome
from pratique.policy.words import CheckId, Positive, Service
from pratique.values.names import Actor


def rule(*keys: str, least: int = 1, outcome: OnFailure = OnFailure.BLOCK) -> SignatureRule:
    services = tuple(Service(Actor(key)) for key in keys or ("service:ci",))
    return SignatureRule(id=CheckId("sig"), keys=services, min=Positive(least), outcome=outcome)


def judge(*pieces: Evidence, by: SignatureRule | None = None) -> CheckResult:
    return judge_signature(by or rule(), facts(*pieces))


def test_a_statement_signed_by_a_named_service_passes() -> None:
    result = judge(evidence(sbom(), by="service:ci"))
    assert result.outcome is Outcome.PASS
    assert result.message == "signed by service:ci"
    assert counts(result) == {"min": 1, "signers": 1}
    assert len(result.evidence) == 1


def test_an_image_that_nobody_signed_is_unknown_and_says_what_to_do() -> None:
    result = judge(evidence(sbom(), by=None))
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == (
        "0 of at least 1 signatures: none by service:ci holds; nobody in the directory signed it"
    )
    assert result.remedy == f"let service:ci sign a statement about {IMAGE}, and add it as evidence"
    assert [finding.term for finding in result.findings] == ["signature"]


def test_an_image_that_another_service_signed_fails_and_says_who() -> None:
    result = judge(evidence(sbom(), by="service:other"))
    assert result.outcome is Outcome.BLOCK
    assert result.message.endswith("what is here is signed by service:other")


def test_a_failure_means_what_the_policy_says() -> None:
    result = judge(evidence(sbom(), by="service:other"), by=rule(outcome=OnFailure.REVIEW))
    assert result.outcome is Outcome.REVIEW


def test_two_statements_of_one_service_are_one_signature() -> None:
    pair = rule("service:ci", "service:seal", least=2)
    twice = judge(evidence(sbom()), evidence(Opaque("x")), by=pair)
    assert twice.outcome is Outcome.BLOCK
    assert twice.message.startswith("1 of at least 2 signatures: none by service:seal holds")
    both = judge(evidence(sbom()), evidence(sbom(), by="service:seal"), by=pair)
    assert both.outcome is Outcome.PASS
    assert both.message == "signed by service:ci, service:seal"


@pytest.mark.parametrize("bound", [Bound.REPORT, Bound.REFERRER, Bound.CLAIM, Bound.OTHER])
def test_a_signature_over_something_that_does_not_name_the_image_counts_for_nothing(bound: Bound) -> None:
    assert judge(evidence(sbom(), by="service:ci", bound=bound)).outcome is Outcome.UNKNOWN


def test_more_signatures_than_services_can_never_be_asked_for() -> None:
    with pytest.raises(Malformed, match="min is 2, but only 1 services are named"):
        rule("service:ci", "service:ci", least=2)
    with pytest.raises(Malformed, match="expected at least one service"):
        SignatureRule(id=CheckId("sig"), keys=())
