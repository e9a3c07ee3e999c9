"""Vulnerabilities: at most so many of a kind, counted over every report, once somebody really looked.

What nobody knows counts against the image: a vulnerability of unknown severity is caught by every severity filter,
and one of which nobody says whether there is a fix by ``fixable`` either way. Only ``unknown_severity`` says
otherwise. What a tool was told to ignore still counts; a false positive is a matter for a signed statement (VEX) of
somebody whom the rule trusts, and what such a statement clears is still listed, apart from what counts.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pratique.evidence.facts.scan import Severity
from pratique.evidence.match import PRODUCER
from pratique.evidence.model import Vulnerability
from pratique.policy.checks.counting import NOBODY_HEARD, SortedOut, Statements, name_of, sort_out
from pratique.policy.checks.coverage import find_gaps, report_ages
from pratique.policy.checks.grace import GRACE, Grace
from pratique.policy.checks.lists import find_list_gaps
from pratique.policy.checks.rule import CheckRule, answer, listed, named
from pratique.policy.facts import Facts
from pratique.policy.index import Found, Group
from pratique.policy.pattern import Pattern
from pratique.policy.result import CheckFinding, CheckResult, Outcome, worst
from pratique.policy.schema import TAG
from pratique.policy.tightening import (
    allows_less,
    demands_more,
    lower,
    same_or_unset,
    tighter,
    watches_more,
)
from pratique.policy.upgrade import upgrades
from pratique.policy.words import AtLeast, Count, Service, Text, render_duration, render_share


def _sooner(parent: timedelta | None, child: timedelta | None) -> bool:
    return child is None or (parent is not None and child <= parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which vulnerabilities are counted; without any word here, all."""

    severity: tuple[Severity, ...] = field(default=(), metadata=tighter(watches_more))
    fixable: bool | None = field(default=None, metadata=tighter(same_or_unset))
    ids: tuple[Pattern, ...] = field(default=(), metadata=tighter(watches_more))
    """Identifiers or aliases, for example ``CVE-2021-44228``."""
    kev: bool | None = field(default=None, metadata=tighter(same_or_unset))
    """Whether CISA's catalogue of known exploited vulnerabilities has it; without the catalogue, nobody can say."""
    epss: AtLeast | None = field(default=None, metadata=tighter(same_or_unset))
    """How likely it is to be exploited within 30 days; one that the list does not score is caught."""
    age: timedelta | None = field(default=None, metadata=tighter(_sooner))
    """For how long it has been known at least; one of which nobody says since when is caught."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VulnerabilitiesRule(CheckRule):
    """At most ``max`` of these."""

    check: Literal["vulnerabilities"] = field(default="vulnerabilities", metadata=TAG)
    where: Where = Where()
    max: Count = field(default=Count(0), metadata=tighter(lower))
    scanners: tuple[Text, ...] = field(default=(), metadata=tighter(demands_more))
    """Producers that must each have looked. The built-in matcher counts where it is named here, or nobody is."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a report that counts as having looked; findings count whoever reports them."""
    new_only: bool = field(default=False, metadata=tighter(lower))
    """Count only what the image that the environment holds now does not have."""
    unknown_severity: Severity | None = field(default=None, metadata=tighter(same_or_unset))
    """What an unknown severity counts as; where it is not given, an unknown one is caught by every filter."""
    grace: Grace | None = field(default=None, metadata=tighter(GRACE))
    """How long one may stay; where it is not given, not at all."""
    vex: Statements = NOBODY_HEARD
    """Without a signer here, no statement clears anything."""


def judge_vulnerabilities(rule: VulnerabilitiesRule, facts: Facts) -> CheckResult:
    """Pass where every required producer looked and at most ``max`` are counted.

    Counting too many is certain whoever else did not look; a count within the limit needs everybody.
    """
    sorted_out = sort_out(rule, _watched(rule, facts), facts)
    counted = sorted_out.counted
    gaps = (*find_gaps(facts, rule.scanners, rule.keys), *find_list_gaps(rule.where.kev, rule.where.epss, facts))
    over = len(counted) > rule.max
    failed = (rule.outcome.outcome,) if over else ()
    missing = (Outcome.UNKNOWN,) if gaps else ()
    return answer(
        rule,
        worst((Outcome.PASS, *failed, *missing)),
        "; ".join(
            (_told(rule, counted), *sorted_out.told(facts), *(gap.message for gap in gaps), *_looked(facts))
        ),
        remedy=_remedy(tuple(found.vulnerability for found in counted) if over else (), gaps),
        findings=(*gaps, *[found.finding for found in counted]),
        counts=(*_counts(rule, facts, counted), *sorted_out.counts),
        evidence=[*(digest for _, _, digest in facts.scans), *(each.by.evidence for each in sorted_out.cleared)],
        holds_until=_holds_until(rule, facts, sorted_out),
    )


def _holds_until(rule: VulnerabilitiesRule, facts: Facts, sorted_out: SortedOut) -> datetime | None:
    moments = (sorted_out.holds_until, _ages_at(rule, facts), report_ages(facts))
    return min((moment for moment in moments if moment is not None), default=None)


def _watched(rule: VulnerabilitiesRule, facts: Facts) -> tuple[Found, ...]:
    watched = [found for group in facts.index.groups if _watches(rule, group) for found in group.members]
    if rule.new_only and facts.current and facts.current.vulnerabilities:
        held = facts.current.vulnerabilities
        watched = [found for found in watched if found.vulnerability.term not in held]
    if rule.scanners and PRODUCER not in rule.scanners:
        watched = [found for found in watched if found.vulnerability.reported_by != (PRODUCER,)]
    if rule.where.ids:
        watched = [found for found in watched if _is_named(found.vulnerability, rule.where.ids)]
    if rule.where.age is not None:
        watched = [found for found in watched if not _is_young(found.vulnerability, rule.where.age, facts.now)]
    if rule.where.kev is None and rule.where.epss is None:
        return tuple(watched)
    return tuple(found for found in watched if _is_threat(found.vulnerability, rule.where, facts))


def _is_young(vulnerability: Vulnerability, age: timedelta, now: datetime) -> bool:
    published = vulnerability.published
    return published is not None and published <= now and now - published < age


def _ages_at(rule: VulnerabilitiesRule, facts: Facts) -> datetime | None:
    """Return when the next vulnerability becomes old enough to count."""
    if rule.where.age is None:
        return None
    known = (each.published for each in facts.vulnerabilities if each.published is not None)
    dates = (published + rule.where.age for published in known if published <= facts.now)
    return min((date for date in dates if date > facts.now), default=None)


def _is_threat(vulnerability: Vulnerability, where: Where, facts: Facts) -> bool:
    """Tell whether the lists catch it; where a list is missing nothing is caught, and the gap says so."""
    if where.kev is not None and vulnerability.known_exploited is not where.kev:
        return False
    if where.epss is None:
        return True
    if vulnerability.likelihood is None:
        return facts.lists.likelihoods is not None
    return Decimal(vulnerability.likelihood) >= where.epss.share


def _watches(rule: VulnerabilitiesRule, group: Group) -> bool:
    severity = rule.unknown_severity if group.severity is None else group.severity
    seen = not rule.where.severity or severity is None or severity in rule.where.severity
    return seen and (rule.where.fixable is None or group.fixable is None or group.fixable is rule.where.fixable)


def _is_named(vulnerability: Vulnerability, patterns: tuple[Pattern, ...]) -> bool:
    for pattern in patterns:
        if pattern.matches(vulnerability.identifier) or any(map(pattern.matches, vulnerability.aliases)):
            return True
    return False


def _told(rule: VulnerabilitiesRule, counted: tuple[Found, ...]) -> str:
    which = f": {named(counted, name_of)}" if counted else ""
    return f"{len(counted)} of at most {rule.max} {_kind(rule)}{which}"


def _kind(rule: VulnerabilitiesRule) -> str:
    where = rule.where
    severities = " or ".join(severity.label for severity in sorted(where.severity, reverse=True))
    fixable = {None: "", True: "with a fix", False: "without a fix"}[where.fixable]
    ids = f"named {listed(str(pattern) for pattern in where.ids)}" if where.ids else ""
    new = "new " if rule.new_only else ""
    exploited = {None: "", True: "known to be exploited", False: "not known to be exploited"}[where.kev]
    likely = f"with an EPSS of at least {render_share(where.epss.share)}" if where.epss else ""
    old = f"known for at least {render_duration(where.age)}" if where.age is not None else ""
    return " ".join(
        part
        for part in (f"{new}{severities}".strip(), "vulnerabilities", fixable, exploited, likely, old, ids)
        if part
    )


def _looked(facts: Facts) -> tuple[str, ...]:
    """Say what a producer could not compare; it is no gap, but whoever reads a pass should know."""
    return tuple(
        f"{producer} did not compare: {listed(scan.not_examined)}"
        for producer, scan, _ in facts.scans
        if scan.not_examined
    )


def _remedy(over: tuple[Vulnerability, ...], gaps: tuple[CheckFinding, ...]) -> str | None:
    orders = (*upgrades(over), *(gap.fix for gap in gaps if gap.fix))
    return "; ".join(orders) or None


def _counts(rule: VulnerabilitiesRule, facts: Facts, counted: tuple[Found, ...]) -> tuple[tuple[str, int], ...]:
    return (
        ("counted", len(counted)),
        ("examined", max((scan.packages_examined or 0 for _, scan, _ in facts.scans), default=0)),
        ("max", rule.max),
        ("reports", len(facts.scans)),
        ("unrated", _unrated(facts, counted)),
    )


def _unrated(facts: Facts, counted: tuple[Found, ...]) -> int:
    if all(group.severity is not None for group in facts.index.groups):  # usually, and then nobody walks thousands
        return 0
    return sum(found.vulnerability.severity is None for found in counted)
