"""What the risk model is told about an image."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.policy.builders import NOW, component, evidence, facts, finding, provenance, sbom, scan

from pratique.evidence.facts.scan import Rating, Severity
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.risk import Doubt
from pratique.policy.threats import risk_of, suspicions_of, threats_of

PROVED = (CheckResult("prov", "provenance", Outcome.PASS, "built as expected"),)
ALWAYS = {Doubt.NOT_REPRODUCED, Doubt.OLD_BASE}


def doubts(*pieces: Any, results: tuple[CheckResult, ...] = PROVED, **known: Any) -> set[Doubt]:
    return {suspicion.doubt for suspicion in suspicions_of(facts(*pieces, **known), results)} - ALWAYS


BUILT = evidence(provenance())
LISTED = evidence(sbom(component("a")))
SCANNED = evidence(scan())


def test_an_image_with_everything_leaves_only_what_nobody_can_show_yet() -> None:
    assert doubts(BUILT, LISTED, SCANNED) == set()


@pytest.mark.parametrize(
    ("pieces", "results", "expected"),
    [
        ((), PROVED, {Doubt.UNSIGNED, Doubt.NO_PROVENANCE, Doubt.NO_SBOM, Doubt.OLD_SCAN}),
        ((LISTED, SCANNED), PROVED, {Doubt.NO_PROVENANCE}),
        ((evidence(provenance(), by=None), LISTED, SCANNED), PROVED, {Doubt.NO_PROVENANCE}),
        ((BUILT, LISTED, SCANNED), (), {Doubt.UNTRUSTED_BUILDER}),
        ((BUILT, LISTED, SCANNED), (replace(PROVED[0], outcome=Outcome.WARN),), {Doubt.UNTRUSTED_BUILDER}),
        ((BUILT, evidence(sbom()), SCANNED), PROVED, {Doubt.NO_SBOM}),
        ((BUILT, LISTED), PROVED, {Doubt.OLD_SCAN}),
        ((BUILT, LISTED, evidence(replace(scan(), created=NOW - timedelta(hours=25)))), PROVED, {Doubt.OLD_SCAN}),
        ((BUILT, LISTED, evidence(replace(scan(), created=NOW - timedelta(hours=24)))), PROVED, set()),
        ((BUILT, LISTED, evidence(replace(scan(), created=None))), PROVED, {Doubt.OLD_SCAN}),
        ((BUILT, LISTED, evidence(scan(examined=0))), PROVED, {Doubt.OLD_SCAN}),
        ((BUILT, LISTED, evidence(scan(examined=None))), PROVED, {Doubt.OLD_SCAN}),
        ((BUILT, LISTED, evidence(replace(scan(), created=NOW + timedelta(hours=1)))), PROVED, {Doubt.OLD_SCAN}),
    ],
)
def test_every_gap_is_a_doubt(pieces: Any, results: tuple[CheckResult, ...], expected: set[Doubt]) -> None:
    assert doubts(*pieces, results=results) == expected


def test_the_built_in_matcher_looks_at_the_moment_of_judgement() -> None:
    assert doubts(BUILT, LISTED, matched=(replace(scan(), created=None),)) == set()


def test_a_matcher_that_examined_nothing_looked_at_nothing() -> None:
    assert doubts(BUILT, LISTED, matched=(scan(examined=0),)) == {Doubt.OLD_SCAN}


def rated(*ratings: Rating) -> Decimal | None:
    (threat,) = threats_of(facts(matched=(scan(finding(ratings=ratings)),)))
    return threat.inputs.cvss


def test_the_newest_cvss_counts_and_of_one_version_the_source_that_set_the_severity() -> None:
    old = Rating("nvd", Severity.HIGH, "10.0", "AV:N/AC:L/Au:N/C:C/I:C/A:C")
    bare = Rating("vendor", Severity.HIGH, "8.0")
    three = Rating("nvd", Severity.HIGH, "7.5", "CVSS:3.1/AV:N")
    four = Rating("nvd", Severity.MEDIUM, "6.9", "CVSS:4.0/AV:N")
    assert rated(old) == Decimal("10.0")
    assert rated(old, bare) == Decimal("8.0")
    assert rated(old, bare, three) == Decimal("7.5")
    assert rated(old, bare, three, four) == Decimal("6.9")
    assert rated(replace(three, source="other", score="9.9"), replace(three, source="ghsa")) == Decimal("7.5")
    assert rated(Rating("nvd", Severity.HIGH)) is None


def test_binary_packages_of_one_source_are_one_threat() -> None:
    pair = tuple(
        finding(
            "CVE-1", package=name, purl=f"pkg:deb/debian/{name}@1", ratings=(Rating("nvd", Severity.HIGH, "9.8"),)
        )
        for name in ("libssl3", "openssl")
    )
    listed = evidence(
        sbom(
            *(
                component(name, purl=f"pkg:deb/debian/{name}@1", source_package="openssl")
                for name in ("libssl3", "openssl")
            )
        )
    )
    known = facts(listed, matched=(scan(*pair),))
    assert {threat.package for threat in threats_of(known)} == {"openssl"}
    assert len([term for term in risk_of((known,), ()).terms if term.term.startswith("CVE")]) == 1


def test_two_platforms_with_the_same_facts_are_no_greater_risk() -> None:
    known = facts(BUILT, LISTED, SCANNED, matched=(scan(finding()),))
    assert risk_of((known, known), PROVED) == risk_of((known,), PROVED)
