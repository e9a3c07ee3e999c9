"""Freshness: the newest evidence of each kind is not too old, at the exact moment of judgement.

A date that lies in the future is no date, and evidence without one is as good as none. What the built-in matcher
says is made when the image is judged; its advisories have their own age (``database``).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Literal

from pratique.errors import Malformed
from pratique.evidence.facts.claims import RuntimeReport
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.rule import CheckRule, Problem, judged, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG
from pratique.policy.tightening import allows_less, lower, tighter
from pratique.policy.words import Service, render_duration
from pratique.values.moment import render_moment

Dated = tuple[datetime | None, Evidence | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How old the newest evidence of each kind may be; a kind that is not named need not be there."""

    scan: timedelta | None = field(default=None, metadata=tighter(lower))
    database: timedelta | None = field(default=None, metadata=tighter(lower))
    """What scanners compare with."""
    sbom: timedelta | None = field(default=None, metadata=tighter(lower))
    provenance: timedelta | None = field(default=None, metadata=tighter(lower))
    runtime: timedelta | None = field(default=None, metadata=tighter(lower))
    vex: timedelta | None = field(default=None, metadata=tighter(lower))


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessRule(CheckRule):
    """Evidence of each of these kinds is at most so old."""

    check: Literal["freshness"] = field(default="freshness", metadata=TAG)
    max_age: Ages
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed the evidence."""

    def __post_init__(self) -> None:
        if self.max_age == Ages():
            raise Malformed("expected at least one kind of evidence in 'max_age', such as 'scan: 24h'")


def judge_freshness(rule: FreshnessRule, facts: Facts) -> CheckResult:
    """Pass where the newest of each kind is young enough; an age exactly at the limit is."""
    problems: list[Problem] = []
    told: list[str] = []
    ends: list[datetime] = []
    for each in fields(Ages):
        most = getattr(rule.max_age, each.name)
        if most is None:
            continue
        newest = _newest(rule, each.name, facts)
        if newest is None:
            problems.append((Outcome.UNKNOWN, _undated(each.name, rule)))
        elif facts.now - newest > most:
            problems.append((rule.outcome.outcome, _old(each.name, newest, most)))
        else:
            told.append(f"{each.name} of {render_moment(newest)}")
            ends.append(newest + most)
    return judged(
        rule,
        facts,
        problems,
        ", ".join(told),
        evidence=[each.piece.digest for each in _pieces(rule, facts)],
        holds_until=min(ends, default=None),
    )


def _newest(rule: FreshnessRule, kind: str, facts: Facts) -> datetime | None:
    dates = (at for at, evidence in _dated(kind, facts) if evidence is None or _counts(rule, evidence))
    return max((at for at in dates if at is not None and at <= facts.now), default=None)


def _counts(rule: FreshnessRule, evidence: Evidence) -> bool:
    return evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _dated(kind: str, facts: Facts) -> Iterable[Dated]:
    match kind:
        case "scan":
            return ((_made(digest, scan.created, facts), _piece(digest, facts)) for _, scan, digest in facts.scans)
        case "database":
            return ((scan.database_date, _piece(digest, facts)) for _, scan, digest in facts.scans)
        case "sbom":
            return ((sbom.created, evidence) for sbom, evidence in facts.sboms)
        case "provenance":
            return ((built.finished or built.started, evidence) for built, evidence in facts.provenances)
        case "runtime":
            return ((report.ended, evidence) for report, evidence in facts.of(RuntimeReport))
        case _:
            return ((vex.created, evidence) for vex, evidence in facts.of(Vex))


def _made(digest: object, created: datetime | None, facts: Facts) -> datetime | None:
    return facts.now if digest is None else created


def _piece(digest: object, facts: Facts) -> Evidence | None:
    return next((each for each in facts.evidence if each.piece.digest == digest), None)


def _pieces(rule: FreshnessRule, facts: Facts) -> list[Evidence]:
    kinds = [each.name for each in fields(Ages) if getattr(rule.max_age, each.name) is not None]
    return [evidence for kind in kinds for _, evidence in _dated(kind, facts) if evidence]


def _undated(kind: str, rule: FreshnessRule) -> CheckFinding:
    message = f"no {kind}{signers_wanted(rule.keys)} says when it is from"
    return CheckFinding(f"age:{kind}", message, fix=f"add a {kind}{signers_wanted(rule.keys)} that says its date")


def _old(kind: str, newest: datetime, most: timedelta) -> CheckFinding:
    message = f"the newest {kind} is of {render_moment(newest)}, older than {render_duration(most)}"
    return CheckFinding(f"age:{kind}", message, fix=f"make a new {kind}, and add it")
