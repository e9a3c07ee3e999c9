"""Every kind of check behind one door."""

from collections.abc import Callable, Mapping
from typing import Any

from pratique.errors import PratiqueError
from pratique.policy.checks.attack_surface import AttackSurfaceRule, judge_attack_surface
from pratique.policy.checks.base_image import BaseImageRule, judge_base_image
from pratique.policy.checks.churn import ChurnRule, judge_churn
from pratique.policy.checks.expr import ExprRule, judge_expr
from pratique.policy.checks.freshness import FreshnessRule, judge_freshness
from pratique.policy.checks.licences import LicencesRule, judge_licences
from pratique.policy.checks.outside import ExecRule, HttpRule, PluginRule, judge_outside
from pratique.policy.checks.promoted_from import PromotedFromRule, judge_promoted_from
from pratique.policy.checks.provenance import ProvenanceRule, judge_provenance
from pratique.policy.checks.reproducible import ReproducibleRule, judge_reproducible
from pratique.policy.checks.rule import CheckRule, answer
from pratique.policy.checks.runtime import RuntimeRule, judge_runtime
from pratique.policy.checks.sbom import SbomRule, judge_sbom
from pratique.policy.checks.secrets import SecretsRule, judge_secrets
from pratique.policy.checks.signature import SignatureRule, judge_signature
from pratique.policy.checks.tests import TestsRule, judge_tests
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule, judge_vulnerabilities
from pratique.policy.checks.vulnerability_budget import VulnerabilityBudgetRule, judge_vulnerability_budget
from pratique.policy.expression_facts import asks_for_layers
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome

Rule = (
    SignatureRule
    | ProvenanceRule
    | SbomRule
    | VulnerabilitiesRule
    | VulnerabilityBudgetRule
    | LicencesRule
    | TestsRule
    | ReproducibleRule
    | BaseImageRule
    | AttackSurfaceRule
    | SecretsRule
    | RuntimeRule
    | PromotedFromRule
    | FreshnessRule
    | ChurnRule
    | ExprRule
    | ExecRule
    | HttpRule
    | PluginRule
)
"""The rule of any check."""

_JUDGES: Mapping[type[CheckRule], Callable[[Any, Facts], CheckResult]] = {
    SignatureRule: judge_signature,
    ProvenanceRule: judge_provenance,
    SbomRule: judge_sbom,
    VulnerabilitiesRule: judge_vulnerabilities,
    VulnerabilityBudgetRule: judge_vulnerability_budget,
    LicencesRule: judge_licences,
    TestsRule: judge_tests,
    ReproducibleRule: judge_reproducible,
    BaseImageRule: judge_base_image,
    AttackSurfaceRule: judge_attack_surface,
    SecretsRule: judge_secrets,
    RuntimeRule: judge_runtime,
    PromotedFromRule: judge_promoted_from,
    FreshnessRule: judge_freshness,
    ChurnRule: judge_churn,
    ExprRule: judge_expr,
    ExecRule: judge_outside,
    HttpRule: judge_outside,
    PluginRule: judge_outside,
}
"""Who judges each; a rule of :data:`Rule` that is missing here fails the tests."""


def judge_check(rule: Rule, facts: Facts) -> CheckResult:
    """Return what this check finds; a judgement that fails is ``error``, which is never a pass."""
    try:
        return _JUDGES[type(rule)](rule, facts)
    except PratiqueError as error:
        message = f"this check could not be judged: {error}"
        return answer(rule, Outcome.ERROR, message, findings=(CheckFinding("judgement", message),))


def needs_layers(rule: Rule) -> bool:
    """Tell whether a check asks what the image's layers hold, so that somebody must measure them."""
    match rule:
        case AttackSurfaceRule():
            return True
        case SecretsRule():
            return not rule.scanners
        case SbomRule():
            return rule.cross_check
        case BaseImageRule():
            return rule.max_age is not None
        case ExprRule():
            return asks_for_layers(rule.expr)
        case _:
            return False


def is_known_exploited(rule: Rule) -> bool:
    """Tell whether a check stops known exploited vulnerabilities; in an emergency they may be as bad as before."""
    return isinstance(rule, VulnerabilitiesRule) and rule.where.kev is True
