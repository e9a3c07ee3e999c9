"""Provenance: a trusted builder made this image from an allowed source, in an allowed way.

Source: SLSA 1.0, "Verifying artifacts": the signer, the builder, the source, the build type and the external
parameters are each compared with what is expected; a parameter that nobody expected fails.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from pratique.evidence.facts.build import Provenance
from pratique.policy.checks.rule import (
    CheckRule,
    Problem,
    answer,
    distance,
    listed,
    signed_by,
    signers_wanted,
    sum_up,
)
from pratique.policy.facts import Facts
from pratique.policy.pattern import Pattern, any_matches
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import Tight, allows_less, tighter
from pratique.policy.words import Service, Text


def _parameters(parent: tuple[Text, ...] | None, child: tuple[Text, ...] | None) -> bool:
    return parent is None or (child is not None and set(child) <= set(parent))


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# A pattern without a revision allows every one; a pattern with one is compared with the whole.

PARAMETERS: Tight = _parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceRule(CheckRule):
    """What provenance must say, and who must have signed it; an empty list of expectations expects nothing."""

    check: Literal["provenance"] = field(default="provenance", metadata=TAG)
    keys: tuple[Service, ...] = field(metadata=tighter(allows_less))
    builders: tuple[Pattern, ...] = field(metadata=tighter(allows_less))
    sources: tuple[Pattern, ...] = field(default=(), metadata=tighter(allows_less))
    build_types: tuple[Pattern, ...] = field(default=(), metadata=tighter(allows_less))
    parameters: tuple[Text, ...] | None = field(default=None, metadata=tighter(PARAMETERS))
    """Names of the external parameters that may be set; where it is given, any other one fails."""

    def __post_init__(self) -> None:
        for name in ("keys", "builders"):
            if not getattr(self, name):
                raise Misfit((name,), "expected at least one, found none; an unsigned claim is no provenance")


def judge_provenance(rule: ProvenanceRule, facts: Facts) -> CheckResult:
    """Pass where one signed provenance meets every expectation; otherwise tell about the one that came closest."""
    signed = [(provenance, each) for provenance, each in facts.provenances if signed_by(each, rule.keys)]
    if not signed:
        return _unsigned(rule, facts)
    judged = [(_problems(rule, provenance), provenance) for provenance, _ in signed]
    problems, provenance = min(judged, key=lambda item: distance(item[0]))
    built = f"built by {provenance.builder_id} from {provenance.source_uri or 'a source that it does not name'}"
    again = f"build it again as the policy expects, and add provenance{signers_wanted(rule.keys)}"
    return answer(
        rule,
        sum_up(problems),
        "; ".join(finding.message for _, finding in problems) or built,
        remedy=again if problems else None,
        findings=tuple(finding for _, finding in problems),
        counts=(("signed", len(signed)),),
        evidence=[each.piece.digest for _, each in signed],
    )


def _unsigned(rule: ProvenanceRule, facts: Facts) -> CheckResult:
    claims = len(facts.provenances)
    found = f"found {claims} that nobody named here signed" if claims else "found none"
    message = f"no provenance{signers_wanted(rule.keys)}: {found}"
    return answer(
        rule,
        Outcome.UNKNOWN,
        message,
        remedy=f"add SLSA provenance of {facts.subject}{signers_wanted(rule.keys)}",
        findings=(CheckFinding("provenance", message),),
        counts=(("signed", 0),),
        evidence=[each.piece.digest for _, each in facts.provenances],
    )


def _problems(rule: ProvenanceRule, provenance: Provenance) -> tuple[Problem, ...]:
    expected = (
        ("builder", provenance.builder_id, rule.builders),
        ("source", provenance.source_uri, rule.sources),
        ("build type", provenance.build_type, rule.build_types),
    )
    compared = (_compare(rule, what, found, patterns) for what, found, patterns in expected if patterns)
    return tuple(problem for problem in (*compared, _unexpected(rule, provenance)) if problem)


def _compare(rule: ProvenanceRule, what: str, found: str | None, patterns: tuple[Pattern, ...]) -> Problem | None:
    term = what.replace(" ", "-")
    if not found:
        return Outcome.UNKNOWN, CheckFinding(term, f"the provenance does not say the {what}")
    if any_matches(patterns, found) or any_matches(patterns, _without_revision(found)):
        return None
    allowed = listed(str(pattern) for pattern in patterns)
    return rule.outcome.outcome, CheckFinding(term, f"the {what} is {found}, expected {allowed}")


def _without_revision(text: str) -> str:
    head, _, ref = text.partition("@refs/")
    if ref and not any(map(str.isspace, ref)):
        return head
    head, _, commit = text.rpartition("@")
    return head if _COMMIT.fullmatch(commit) else text


def _unexpected(rule: ProvenanceRule, provenance: Provenance) -> Problem | None:
    if rule.parameters is None:
        return None
    if provenance.parameters is None:
        return Outcome.UNKNOWN, CheckFinding("parameters", "the provenance does not say the parameters")
    extra = sorted({name for name, _ in provenance.parameters} - set(rule.parameters))
    if not extra:
        return None
    allowed = listed(rule.parameters) or "none"
    message = f"unexpected external parameters {listed(extra)}; allowed are {allowed}"
    return rule.outcome.outcome, CheckFinding("parameters", message)
