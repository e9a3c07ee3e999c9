"""Every kind of check behind one door."""

from typing import assert_never

from pratique.errors import PratiqueError
from pratique.policy.checks.licences import LicencesRule, judge_licences
from pratique.policy.checks.promoted_from import PromotedFromRule, judge_promoted_from
from pratique.policy.checks.provenance import ProvenanceRule, judge_provenance
from pratique.policy.checks.rule import answer
from pratique.policy.checks.sbom import SbomRule, judge_sbom
from pratique.policy.checks.signature import SignatureRule, judge_signature
from pratique.policy.checks.tests import TestsRule, judge_tests
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule, judge_vulnerabilities
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome

Rule = (
    SignatureRule | ProvenanceRule | SbomRule | VulnerabilitiesRule | LicencesRule | TestsRule | PromotedFromRule
)
"""The rule of any check."""


def judge_check(rule: Rule, facts: Facts) -> CheckResult:
    """Return what this check finds; a judgement that fails is ``error``, which is never a pass."""
    try:
        return _judge(rule, facts)
    except PratiqueError as error:
        message = f"this check could not be judged: {error}"
        return answer(rule, Outcome.ERROR, message, findings=(CheckFinding("judgement", message),))


def _judge(rule: Rule, facts: Facts) -> CheckResult:
    match rule:
        case SignatureRule():
            result = judge_signature(rule, facts)
        case ProvenanceRule():
            result = judge_provenance(rule, facts)
        case SbomRule():
            result = judge_sbom(rule, facts)
        case VulnerabilitiesRule():
            result = judge_vulnerabilities(rule, facts)
        case LicencesRule():
            result = judge_licences(rule, facts)
        case TestsRule():
            result = judge_tests(rule, facts)
        case PromotedFromRule():
            result = judge_promoted_from(rule, facts)
        case _:
            assert_never(rule)
    return result
