"""Provenance: a trusted builder made this image from an allowed source, in an allowed way.

Source: SLSA 1.0, "Verifying artifacts": the signer, the builder, the source, the build type and the external
parameters are each compared with what is expected; a parameter that nobody expected fails.
"""

import re
from dataclasses import dataclass, field
from typing import Final, Literal

from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.claims import Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.certificates import NOT_REPEATED, CertificateHolder, verified_here
from pratique.policy.checks.rule import (
    CheckRule,
    Problem,
    answer,
    distance,
    listed,
    signed_by,
    sum_up,
    weigh,
)
from pratique.policy.facts import Facts
from pratique.policy.pattern import Pattern, any_matches
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit
from pratique.policy.tightening import Tight, allows_less, higher, tighter, trusts_less
from pratique.policy.words import Level, Service, Text


def _parameters(parent: tuple[Text, ...] | None, child: tuple[Text, ...] | None) -> bool:
    return parent is None or (child is not None and set(child) <= set(parent))


_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# A pattern without a revision allows every one; a pattern with one is compared with the whole.

PARAMETERS: Tight = _parameters
_ISOLATED: Final = 3
_TRACK: Final = "SLSA_BUILD_LEVEL_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceRule(CheckRule):
    """What provenance must say, and who must have signed it; an empty list of expectations expects nothing."""

    check: Literal["provenance"] = field(default="provenance", metadata=TAG)
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(trusts_less))
    identities: tuple[CertificateHolder, ...] = field(default=(), metadata=tighter(trusts_less))
    """Holders of certificates whose provenance counts, such as a workflow that an issuer vouches for."""
    builders: tuple[Pattern, ...] = field(metadata=tighter(allows_less))
    sources: tuple[Pattern, ...] = field(default=(), metadata=tighter(allows_less))
    build_types: tuple[Pattern, ...] = field(default=(), metadata=tighter(allows_less))
    parameters: tuple[Text, ...] | None = field(default=None, metadata=tighter(PARAMETERS))
    """Names of the external parameters that may be set; where it is given, any other one fails."""
    slsa_level: Level | None = field(default=None, metadata=tighter(higher))
    """The build level: 1 and 2 are what this check asks for anyway; 3 a verifier among ``keys`` must have stated."""

    def __post_init__(self) -> None:
        if not self.builders:
            raise Misfit(
                ("builders",), "expected at least one, found none; who built it is what provenance is for"
            )
        if not self.keys and not self.identities:
            problem = "expected at least one service in 'keys', or 'identities', found neither"
            raise Misfit(("keys",), f"{problem}; an unsigned claim is no provenance")
        if self.slsa_level == _ISOLATED and not self.keys:
            problem = "expected a service in 'keys' whose verification summary states level 3, found none"
            raise Misfit(
                ("slsa_level",), f"{problem}; provenance itself cannot say how well its builder is isolated"
            )


def judge_provenance(rule: ProvenanceRule, facts: Facts) -> CheckResult:
    """Pass where one signed provenance meets every expectation; otherwise tell about the one that came closest."""
    signed = [each for each in facts.provenances if _counts(rule, each[1], facts)]
    if not signed:
        return _unsigned(rule, facts)
    level = _level(rule, facts)
    judged = [(weigh(rule, facts, (*_problems(rule, one), *level)), one) for one, _ in signed]
    weighed, provenance = min(judged, key=lambda item: distance(item[0].standing))
    problems = weighed.standing
    built = f"built by {provenance.builder_id} from {provenance.source_uri or 'a source that it does not name'}"
    again = f"build it again as the policy expects, and add provenance{_wanted(rule)}"
    told = "; ".join(finding.message for _, finding in problems) or built
    return answer(
        rule,
        sum_up(problems),
        "; ".join((told, *weighed.told, *_certified(rule, [each for _, each in signed]))),
        remedy=again if problems else None,
        findings=weighed.findings,
        counts=(("signed", len(signed)), *weighed.counts),
        evidence=[each.piece.digest for each in (*(each for _, each in signed), *_summaries(rule, facts))],
    )


def _counts(rule: ProvenanceRule, evidence: Evidence, facts: Facts) -> bool:
    """Tell whether a service signed it that is named, or whether this installation verified a holder's certificate."""
    if signed_by(evidence, rule.keys):
        return True
    payload = evidence.reading.wrapping.payload if evidence.reading.wrapping else None
    return payload is not None and any(
        certified.content == payload and verified_here(certified, word, rule.identities)
        for certified, word in facts.of(Certified)
    )


def _certified(rule: ProvenanceRule, signed: list[Evidence]) -> tuple[str, ...]:
    return () if any(signed_by(each, rule.keys) for each in signed) else (f"by a certificate, {NOT_REPEATED}",)


def _wanted(rule: ProvenanceRule) -> str:
    return f" signed by {' or '.join((*rule.keys, *map(str, rule.identities)))}"


def _level(rule: ProvenanceRule, facts: Facts) -> tuple[Problem, ...]:
    """Return what is wrong with the build level: from 3 on, a verifier who is trusted must have stated it."""
    if rule.slsa_level is None or rule.slsa_level < _ISOLATED:
        return ()  # "Provenance exists"; "signed by the build platform": SLSA 1.0, levels 1 and 2
    if _summaries(rule, facts):
        return ()
    keys = " or ".join(rule.keys)
    message = f"no verification summary signed by {keys} states SLSA build level {rule.slsa_level}"
    return ((Outcome.UNKNOWN, CheckFinding("slsa-level", message)),)


def _summaries(rule: ProvenanceRule, facts: Facts) -> list[Evidence]:
    """Return the summaries that state the level; one that failed states nothing."""
    if rule.slsa_level is None or rule.slsa_level < _ISOLATED:
        return []
    return [
        each
        for verdict, each in facts.of(Verdict)
        if verdict.passed
        and f"{_TRACK}{rule.slsa_level}" in verdict.levels
        and each.reading.parse is Parse.OK
        and signed_by(each, rule.keys)
    ]


def _unsigned(rule: ProvenanceRule, facts: Facts) -> CheckResult:
    claims = len(facts.provenances)
    found = f"found {claims} that nobody named here signed" if claims else "found none"
    message = f"no provenance{_wanted(rule)}: {found}"
    return answer(
        rule,
        Outcome.UNKNOWN,
        message,
        remedy=f"add SLSA provenance of {facts.subject}{_wanted(rule)}",
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
