"""Small facts about one image, and the policy that judges it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pratique.attest.keykind import KeyKind
from pratique.attest.seal import Level
from pratique.attest.verify import Signed
from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.facts.suites import TestRun
from pratique.evidence.merge import merge
from pratique.evidence.model import Bound, Evidence, Origin, Parse, Piece, Reading
from pratique.policy.facts import Arrival, CurrentFacts, Facts, Subject, observe
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
IMAGE = Digest("a" * 64)
BUNDLES = Path(__file__).parent / "bundles"


def files(name: str = "shop") -> dict[str, str]:
    folder = BUNDLES / name
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def signed(*holders: str) -> tuple[Signed, ...]:
    return tuple(Signed(Actor(holder), f"SHA256:{holder}", KeyKind.ECDSA_P256) for holder in holders)


def evidence(
    facts: Any,
    *,
    by: str | None = "service:ci",
    bound: Bound | None = None,
    form: str = "test",
    parse: Parse = Parse.OK,
) -> Evidence:
    content = repr((facts, by, bound, form, parse)).encode()
    piece = Piece(Digest.of(content), "application/json", len(content), IMAGE, Origin.REFERRER, content)
    reasons = () if parse is Parse.OK else ("a part was not understood",)
    reading = Reading(form, None, parse, reasons, (facts,), (IMAGE,))
    where = bound or (Bound.STATEMENT if by else Bound.REPORT)
    return Evidence(piece, reading, signed(by) if by else (), (IMAGE,), where, f"bound by {where}")


def component(name: str, licence: str | None = "MIT", **changes: Any) -> Component:
    plain = Component(name, "1.0", f"pkg:pypi/{name}@1.0", (licence,) if licence else (), "them", kind="library")
    return replace(plain, **changes)


def sbom(*components: Component) -> Sbom:
    return Sbom("syft 1.18.1", NOW, components, 0)


def finding(
    identifier: str = "CVE-2019-10906", severity: Severity | None = Severity.HIGH, **changes: Any
) -> Finding:
    plain = Finding(
        identifier,
        (),
        "jinja2",
        "2.10",
        "pkg:pypi/jinja2@2.10",
        (Rating("ghsa", severity),),
        Fix.FIXED,
        ("2.10.1",),
    )
    return replace(plain, **changes)


def scan(*findings: Finding, producer: str = "trivy", examined: int | None = 20) -> Scan:
    return Scan(producer, "1", NOW, NOW, examined, findings)


def provenance(**changes: Any) -> Provenance:
    plain = Provenance(
        builder_id="https://ci.shop.example/builder/v1",
        builder_version=None,
        build_type="https://build.example/v1",
        source_uri="git+https://git.shop.example/shop/api@refs/heads/main",
        source_commit="c" * 40,
        source_ref="refs/heads/main",
        dockerfile=None,
        materials=(),
        parameters=(("workflow", '"release"'),),
        started=None,
        finished=None,
    )
    return replace(plain, **changes)


def run(suite: str = "unit", passed: int = 3, failed: int = 0, errored: int = 0, skipped: int = 0) -> TestRun:
    return TestRun(suite, passed + failed + errored + skipped, passed, failed, errored, skipped)


def arrival(
    environment: str, at: datetime, level: Level = Level.PROMOTED, until: datetime | None = None
) -> Arrival:
    return Arrival(Environment(environment), at, level, until)


def facts(
    *pieces: Evidence,
    matched: tuple[Scan, ...] = (),
    arrivals: tuple[Arrival, ...] | None = (),
    current: CurrentFacts | None = None,
    now: datetime = NOW,
) -> Facts:
    subject = Subject(IMAGE, IMAGE, "registry.example/shop/api", now, arrivals, current)
    return observe(subject, pieces, matched)


def with_scans(known: Facts, *scans: Scan) -> Facts:
    reports = tuple((each.producer, each, None) for each in scans)
    return replace(known, scans=reports, vulnerabilities=merge(reports))


def counts(result: Any) -> Mapping[str, int]:
    return dict(result.counts)
