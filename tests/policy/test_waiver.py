"""Which finding a waiver covers, how long, and what would make it unacceptable."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.waiver import Over, Scope, Terms, VoidedIf
from pratique.evidence.facts.scan import Fix, Severity
from pratique.evidence.model import Vulnerability
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule
from pratique.policy.result import CheckFinding, OnFailure
from pratique.policy.schema import decode
from pratique.policy.waiver import (
    Place,
    covers,
    overlap,
    severity_of,
    why_beyond_limits,
    why_elsewhere,
    why_not_now,
    why_untold,
    why_void,
)
from pratique.policy.waiver_rules import WaiverRules
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
IMAGE = Digest("a" * 64)
TERM = "CVE-2026-1@pkg:npm/%40scope/xml"
RULES = decode(
    WaiverRules,
    {
        "who": [{"role": "security", "count": 1}],
        "max_days": {"critical": 14, "high": 30, "default": 90},
        "never": ["sig"],
        "require": ["justification"],
    },
)


def terms(**changes: Any) -> Terms:
    plain = Terms(
        proposed_by=Actor("person:dan"),
        check="high",
        term=TERM,
        environment=Environment("prod"),
        scope=Scope(Over.DIGEST, IMAGE),
        severity="high",
        justification="not_reachable",
        controls=(),
        owner=None,
        ticket=None,
        not_before=NOW,
        expires=NOW + timedelta(days=14),
        renewal_of=None,
        renewals=0,
        voided_if=VoidedIf(),
    )
    return replace(plain, **changes)


def rule(outcome: OnFailure = OnFailure.BLOCK) -> VulnerabilitiesRule:
    return decode(VulnerabilitiesRule, {"id": "high", "check": "vulnerabilities", "outcome": outcome.value})


def vulnerability(**changes: Any) -> Vulnerability:
    said: dict[str, Any] = {
        "term": TERM,
        "identifier": "CVE-2026-1",
        "aliases": (),
        "package": "xml",
        "version": "1.0",
        "purl": "pkg:npm/%40scope/xml@1.0",
        "severity": Severity.HIGH,
        "severity_source": "ghsa",
        "ratings": (),
        "fix": Fix.NOT_FIXED,
        "fixed_versions": (),
        "reported_by": ("trivy",),
        "suppressed_by": (),
        "known_exploited": False,
        "likelihood": "0.01",
    }
    return Vulnerability(**{**said, **changes})


def found(term: str = TERM) -> CheckFinding:
    return CheckFinding(term, "it is there", "high")


def test_a_finding_named_in_full_is_covered_and_no_other() -> None:
    assert covers(terms(), rule(), found(), ())
    assert not covers(terms(), rule(), found("CVE-2026-2@pkg:npm/%40scope/xml"), ())
    assert not covers(terms(check="medium"), rule(), found(), ())


def test_a_version_that_is_named_must_be_the_only_one_installed() -> None:
    one = terms(term=f"{TERM}@1.0")
    assert covers(one, rule(), found(), (vulnerability(),))
    assert not covers(one, rule(), found(), (vulnerability(version="1.1"),))
    assert not covers(one, rule(), found(), (vulnerability(versions=("1.0", "1.1")),))
    assert not covers(one, rule(), found(), ())


def test_the_scope_of_a_package_is_no_version() -> None:
    assert not covers(terms(term="CVE-2026-1@pkg:npm/"), rule(), found(), ())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CVE-1@pkg:npm/left", "CVE-1@pkg:npm/left@1.0", True),
        ("CVE-1@pkg:npm/left@1.0", "CVE-1@pkg:npm/left@2.0", True),
        ("CVE-1@pkg:npm/left@1.0", "CVE-1@pkg:npm/l*", True),
        ("CVE-1@*", "CVE-1@pkg:npm/l*", True),
        ("CVE-1@pkg:npm/left", "CVE-1@pkg:npm/leftpad", False),
        ("CVE-1@pkg:npm/left", "CVE-1@pkg:npm/leftpad*", False),
        ("CVE-1@pkg:npm/a*", "CVE-1@pkg:npm/b*", False),
    ],
)
def test_waivers_of_one_finding_are_known_however_they_are_written(one: str, other: str, same: bool) -> None:
    assert (overlap(one, other), overlap(other, one)) == (same, same)


def test_a_wildcard_covers_only_what_does_not_block() -> None:
    many = terms(term="CVE-2026-*")
    assert not covers(many, rule(), found(), ())
    assert covers(many, rule(OnFailure.REVIEW), found(), ())


@pytest.mark.parametrize("beyond", [timedelta(0), timedelta(milliseconds=1)])
def test_at_its_very_end_it_has_ended(beyond: timedelta) -> None:
    assert why_not_now(terms(), terms().expires + beyond) is not None
    assert why_not_now(terms(), terms().expires - timedelta(milliseconds=1)) is None


def test_before_it_begins_it_does_not_hold() -> None:
    assert why_not_now(terms(), NOW - timedelta(milliseconds=1)) is not None


@pytest.mark.parametrize(
    ("scope", "place", "reaches"),
    [
        (Scope(Over.DIGEST, IMAGE), {}, True),
        (Scope(Over.DIGEST, Digest("b" * 64)), {}, False),
        (Scope(Over.COMPONENT, applications=("shop",)), {}, True),
        (Scope(Over.COMPONENT, applications=("bank",)), {}, False),
        (Scope(Over.BASE, base="debian:12"), {"bases": frozenset({"debian:12"})}, True),
        (Scope(Over.BASE, base="debian:12"), {"bases": frozenset({"debian:13"})}, False),
        (Scope(Over.BASE, base="debian:12"), {"bases": None}, False),
        (Scope(Over.DIGEST, IMAGE), {"environment": "dev"}, False),
    ],
)
def test_it_reaches_what_its_scope_says(scope: Scope, place: dict[str, Any], reaches: bool) -> None:
    said = {"image": IMAGE, "application": "shop", "environment": "prod", "bases": None, **place}
    assert (why_elsewhere(terms(scope=scope), Place(**said)) is None) is reaches


@pytest.mark.parametrize(
    ("changes", "severity", "allowed"),
    [
        ({}, Severity.CRITICAL, True),
        ({"expires": NOW + timedelta(days=14, milliseconds=1)}, Severity.CRITICAL, False),
        ({"expires": NOW + timedelta(days=30)}, Severity.HIGH, True),
        ({"expires": NOW + timedelta(days=31)}, Severity.HIGH, False),
        ({"expires": NOW + timedelta(days=90)}, Severity.LOW, True),
        ({"expires": NOW + timedelta(days=15)}, None, False),
        ({"check": "sig"}, Severity.LOW, False),
        ({"renewals": 1}, Severity.HIGH, True),
        ({"renewals": 2}, Severity.HIGH, False),
    ],
)
def test_the_policys_limits_hold(changes: dict[str, Any], severity: Severity | None, allowed: bool) -> None:
    assert (why_beyond_limits(terms(**changes), RULES, severity) is None) is allowed


@pytest.mark.parametrize(
    ("voided_if", "changes", "void"),
    [
        (VoidedIf(kev=True), {"known_exploited": True}, True),
        (VoidedIf(kev=True), {}, False),
        (VoidedIf(), {"known_exploited": True}, False),
        (VoidedIf(epss="0.5"), {"likelihood": "0.5"}, True),
        (VoidedIf(epss="0.5"), {"likelihood": "0.499999"}, False),
        (VoidedIf(fix_available=True), {"fix": Fix.FIXED}, True),
        (VoidedIf(fix_available=True), {"fixed_versions": ("1.1",)}, True),
        (VoidedIf(fix_available=True), {}, False),
    ],
)
def test_it_is_void_once_a_fact_came_about(voided_if: VoidedIf, changes: dict[str, Any], void: bool) -> None:
    assert (why_void(terms(voided_if=voided_if), (vulnerability(**changes),)) is not None) is void


@pytest.mark.parametrize(
    ("voided_if", "changes"),
    [
        (VoidedIf(kev=True), {"known_exploited": None}),
        (VoidedIf(epss="0.5"), {"likelihood": None}),
        (VoidedIf(fix_available=True), {"fix": Fix.UNKNOWN}),
    ],
)
def test_what_nobody_can_say_counts_against_it(voided_if: VoidedIf, changes: dict[str, Any]) -> None:
    assert why_untold(terms(voided_if=voided_if), (vulnerability(**changes),)) is not None
    assert why_untold(terms(), (vulnerability(**changes),)) is None
    assert why_untold(terms(voided_if=voided_if), ()) is not None


@given(st.sampled_from([None, *Severity]))
def test_a_severity_is_read_back_by_its_label(severity: Severity | None) -> None:
    assert severity_of(None if severity is None else severity.label) is severity
