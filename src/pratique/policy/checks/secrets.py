"""Secrets: no credential in the image's files, in files that a later layer hides, or in what a scanner found.

What this installation searched itself counts as having looked, and so does a report of a scanner that says that it
searched; with ``scanners``, each of those must have reported besides.
"""

from dataclasses import dataclass, field
from typing import Literal

from pratique.evidence.facts.results import Result, ResultKind, Results
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.rule import CheckRule, is_waived, judged, number, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, demands_more, higher, lower, tighter
from pratique.policy.traits import items_of
from pratique.policy.words import Count, Service, Text

_REPLACE = "have the credential replaced, since it is published, and build without copying it in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsRule(CheckRule):
    """At most ``max`` credentials."""

    check: Literal["secrets"] = field(default="secrets", metadata=TAG)
    max: Count = field(default=Count(0), metadata=tighter(lower))
    variables: bool = field(default=True, metadata=tighter(higher))
    """Whether variables count whose names look like those of credentials."""
    scanners: tuple[Text, ...] = field(default=(), metadata=tighter(demands_more))
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a scanner's report that counts as having looked."""


def judge_secrets(rule: SecretsRule, facts: Facts) -> CheckResult:
    """Pass where somebody searched and at most ``max`` credentials were found."""
    reports = [(run, evidence) for run, evidence in facts.of(Results) if run.kind is ResultKind.DISCLOSURE]
    found = {finding.term: finding for finding in (*_measured(rule, facts), *_reported(reports))}
    gaps = tuple(_gaps(rule, facts, reports))
    failures = tuple((rule.outcome.outcome, finding) for finding in found.values())
    waived = tuple(failure for failure in failures if is_waived(rule, facts, failure))
    over = len(found) - len(waived) > rule.max
    return judged(
        rule,
        facts,
        (*((Outcome.UNKNOWN, gap) for gap in gaps), *(failures if over else waived)),
        f"{number(len(found), 'credential')}, at most {rule.max}{_unsearched(facts)}",
        counts=(("counted", len(found) - len(waived)), ("max", rule.max)),
        evidence=[each.piece.digest for _, each in (*reports, *facts.surfaces)],
    )


def _measured(rule: SecretsRule, facts: Facts) -> tuple[CheckFinding, ...]:
    measures = ("secrets", "secret_in_hidden_file", *(("env_suspicious",) if rule.variables else ()))
    return tuple(
        CheckFinding(item, item, fix=_REPLACE)
        for surface, _ in facts.surfaces
        for measure in measures
        for item in items_of(surface, measure)
    )


def _reported(reports: list[tuple[Results, Evidence]]) -> tuple[CheckFinding, ...]:
    return tuple(_finding(run, result) for run, _ in reports for result in run.results or ())


def _finding(run: Results, result: Result) -> CheckFinding:
    place = result.place or "a place that is not told"
    silenced = f"; silenced ({result.suppressed}), which does not count" if result.suppressed else ""
    term = f"secret:{result.rule}@{place}"
    return CheckFinding(
        term, f"{result.rule} in {place}, by {run.producer or 'nobody named'}{silenced}", fix=_REPLACE
    )


def _gaps(rule: SecretsRule, facts: Facts, reports: list[tuple[Results, Evidence]]) -> list[CheckFinding]:
    looked = {run.producer for run, evidence in reports if _counts(rule, run, evidence)}
    missing = [name for name in rule.scanners if name not in looked]
    if rule.scanners:
        return [_gap(f"coverage:{name}", f"{name} did not search it", name, rule) for name in missing]
    if facts.surfaces or looked:
        return []
    return [_gap("coverage", "nobody searched the image for credentials", "a scanner", rule)]


def _gap(term: str, message: str, who: str, rule: SecretsRule) -> CheckFinding:
    order = f"have its layers measured, or let {who} search this digest{signers_wanted(rule.keys)}"
    return CheckFinding(term, message, fix=order)


def _counts(rule: SecretsRule, run: Results, evidence: Evidence) -> bool:
    return run.results is not None and evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _unsearched(facts: Facts) -> str:
    count = max((surface.unsearched for surface, _ in facts.surfaces), default=0)
    return f"; {number(count, 'file')} too large to be searched" if count else ""
