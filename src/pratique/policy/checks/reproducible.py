"""Reproducible: others built the same sources again and got the same image, byte for byte.

A rebuild counts once for each service that signed it. ``independent`` leaves out whoever also signed provenance of
this image: who built it the first time proves nothing by building it again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.policy.checks.rule import CheckRule, Problem, judged, listed, number
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, higher, tighter
from pratique.policy.words import Positive, Service
from pratique.values.names import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducibleRule(CheckRule):
    """At least ``rebuilders`` services rebuilt it to the same digest, and nobody to another."""

    check: Literal["reproducible"] = field(default="reproducible", metadata=TAG)
    rebuilders: Positive = field(default=Positive(1), metadata=tighter(higher))
    independent: bool = field(default=False, metadata=tighter(higher))
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Whose rebuilds count; where empty, those of every service in the directory."""


def judge_reproducible(rule: ReproducibleRule, facts: Facts) -> CheckResult:
    """Pass where enough services rebuilt it the same; one that got something else fails it."""
    found = facts.of(Rebuild)
    signed = tuple(each for each in found if each[1].bound is Bound.STATEMENT and each[1].signers)
    builders = _signers(evidence for _, evidence in facts.provenances)
    same = {who for rebuild, evidence in signed if _same(rebuild, evidence, facts) for who in _who(rule, evidence)}
    counted = sorted(same - builders) if rule.independent else sorted(same)
    return judged(
        rule,
        facts,
        (*_different(rule, found), *_too_few(rule, counted, bool(builders))),
        f"rebuilt the same by {listed(counted) or 'nobody who counts'}",
        counts=(("min", rule.rebuilders), ("rebuilders", len(counted) if builders or not rule.independent else 0)),
        evidence=[evidence.piece.digest for _, evidence in found],
    )


def _signers(pieces: Iterable[Evidence]) -> set[Actor]:
    return {signed.holder for each in pieces if each.bound is Bound.STATEMENT for signed in each.signers}


def _who(rule: ReproducibleRule, evidence: Evidence) -> set[Actor]:
    holders = {signed.holder for signed in evidence.signers}
    return holders & set(rule.keys) if rule.keys else holders


def _same(rebuild: Rebuild, evidence: Evidence, facts: Facts) -> bool:
    return evidence.reading.parse is Parse.OK and rebuild.equal and rebuild.first in (facts.subject, facts.image)


def _different(rule: ReproducibleRule, found: tuple[tuple[Rebuild, Evidence], ...]) -> tuple[Problem, ...]:
    """Return what others got instead; a rebuild that differs counts whoever made it."""
    return tuple(
        (
            rule.outcome.outcome,
            CheckFinding(
                f"rebuild:{rebuild.second}",
                f"{_told(evidence)} got {rebuild.second.short} instead: "
                f"{number(rebuild.differences, 'difference')}",
                fix="make the build reproducible: `pratique rebuild compare` names what differs",
            ),
        )
        for rebuild, evidence in found
        if not rebuild.equal
    )


def _told(evidence: Evidence) -> str:
    return listed(sorted({by.holder for by in evidence.signers})) or "somebody"


def _too_few(rule: ReproducibleRule, counted: list[Actor], built_by_known: bool) -> tuple[Problem, ...]:
    if rule.independent and not built_by_known:
        message = "no signed provenance says who built it, so nobody can say whether a rebuilder is somebody else"
        order = "let the builder sign its provenance"
        return ((Outcome.UNKNOWN, CheckFinding("builder", message, fix=order)),)
    if len(counted) >= rule.rebuilders:
        return ()
    others = " other than its builder" if rule.independent else ""
    message = f"{len(counted)} of at least {number(rule.rebuilders, 'rebuilder')}{others} got the same image"
    order = f"let a service{others} build it again and record the comparison"
    return ((Outcome.UNKNOWN, CheckFinding("rebuilders", message, fix=order)),)
