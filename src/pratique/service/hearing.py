"""Whose statements the watch hears about an image in an environment, and what those clear."""

from pratique.errors import Absent
from pratique.evidence.cleared import Whole, cleared
from pratique.evidence.model import Assertion, Evidence, Vulnerability
from pratique.policy.checks.expr import ExprRule
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule
from pratique.policy.checks.vulnerability_budget import VulnerabilityBudgetRule
from pratique.policy.environment import EnvironmentRules
from pratique.promotion.past import Arrival
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.names import Actor
from pratique.values.reference import parse_reference


def signers_of(rules: EnvironmentRules) -> tuple[Actor, ...]:
    """Return whom every check of vulnerabilities hears; where one hears nobody, that is nobody."""
    heard = [
        frozenset(rule.vex.signers)
        for rule in rules.checks
        if isinstance(rule, VulnerabilitiesRule | VulnerabilityBudgetRule)
        or (isinstance(rule, ExprRule) and rule.vex.signers)
    ]
    return tuple(sorted(frozenset.intersection(*heard))) if heard else ()


def hear(
    workspace: Workspace,
    arrival: Arrival,
    evidence: tuple[Evidence, ...],
    vulnerabilities: tuple[Vulnerability, ...],
) -> dict[str, Assertion]:
    """Return, by term, the statement that clears a vulnerability by the policy of where its image is held."""

    def read(view: View) -> dict[str, Assertion]:
        try:
            rules = workspace.bundle(view).rules(arrival.environment)
        except Absent:  # the policy knows the environment no more, and hears nobody about it
            return {}
        promotion = view.promotions.find(arrival.promotion)
        platforms = tuple(one.digest for one in promotion.platforms)
        image = Whole(arrival.image, platforms, str(parse_reference(promotion.source).repository))
        return cleared(vulnerabilities, evidence, image, signers_of(rules), view.now)

    return workspace.store.read(read) if vulnerabilities else {}
