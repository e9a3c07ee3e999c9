"""Situations put before the pure judge: the small shop's policy and evidence, changed in one respect each."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from tests.promotion.builders import NOW, PR, digest, directory
from tests.promotion.cases import GATE, advisories, bundle, inputs, signed

from pratique.attest.statement import Subject, build_statement
from pratique.policy.document import Bundle
from pratique.policy.result import CheckResult
from pratique.promotion.calendar import Calendar
from pratique.promotion.case import build_case
from pratique.promotion.directory import Directory
from pratique.promotion.happenings import Feed, Track
from pratique.promotion.judge import judge
from pratique.promotion.profile import Profile
from pratique.promotion.record import Decision, Record
from pratique.service.calendar import calendar_of
from pratique.values.digest import Digest
from pratique.values.names import Actor

WAYS = """\
      rollback: {approvals: [{role: release, count: 1}], keep: 90d}
      emergency:
        approvals: [{role: security, count: 2}]
        skippable: [medium, came]
        never: [sig, prov]
        expires: 72h
"""
KEV_CHECK = "      - {id: kev, check: vulnerabilities, where: {kev: true}}\n"


def gate(*changes: tuple[str, str]) -> str:
    """Return the shop's policy with these texts replaced; each of them must be there."""
    text = GATE
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


ALL_WAYS = gate(("        window: 3d\n", f"        window: 3d\n{WAYS}"))
ADOPTING = ALL_WAYS.replace(
    "      emergency:\n",
    "      adopt: {approvals: [{role: security, count: 2}], never: [prov], expires: 30d}\n      emergency:\n",
)
WITH_KEV = ALL_WAYS.replace("      - {id: came", f"{KEV_CHECK}      - {{id: came")


def freeze(*freezes: str, zone: str = "UTC") -> str:
    """Return the policy with every way and these freezes in a time zone."""
    text = ALL_WAYS.replace("path:", f"settings: {{timezone: {zone}}}\npath:")
    return text.replace("  prod:\n", f"  prod:\n    freeze: [{', '.join(freezes)}]\n")


@cache
def policy_of(text: str) -> Bundle:
    return bundle(text)


def kev(*names: str) -> bytes:
    """Return CISA's catalogue with these entries."""
    return json.dumps({"catalogVersion": "1", "vulnerabilities": [{"cveID": name} for name in names]}).encode()


def vex(identifier: str, status: str = "not_affected") -> bytes:
    """Return CI's signed statement about one vulnerability of the image."""
    statement = {
        "vulnerability": {"name": identifier},
        "products": [{"@id": f"pkg:oci/api@{digest('image')}"}],
        "status": status,
        "justification": "vulnerable_code_not_in_execute_path",
    }
    document: dict[str, Any] = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://shop.example/vex/1",
        "author": "the shop",
        "timestamp": "2026-01-02T03:04:05Z",
        "version": 1,
        "statements": [statement],
    }
    return signed(build_statement((Subject(digest("image")),), "https://openvex.dev/ns/v0.2.0", document))


def report(*found: tuple[str, str, str], packages: int = 2, tool: str = "trivy") -> bytes:
    """Return an unsigned Trivy report: identifier, package and severity of each finding."""
    listed = [{"Name": f"package-{number}", "Version": "1"} for number in range(packages)]
    findings = [
        {
            "VulnerabilityID": identifier,
            "PkgName": package,
            "PkgIdentifier": {"PURL": f"pkg:pypi/{package}@1.0"},
            "InstalledVersion": "1.0",
            "Severity": severity,
        }
        for identifier, package, severity in found
    ]
    result = {
        "Target": "api",
        "Class": "lang-pkgs",
        "Type": "pip",
        "Packages": listed,
        "Vulnerabilities": findings,
    }
    whole = {"SchemaVersion": 2, "ArtifactName": tool, "Results": [result]}
    return json.dumps({**whole, "Metadata": {"RepoDigests": [f"api@{digest('image')}"]}}).encode()


def put(
    contents: Iterable[bytes],
    text: str = GATE,
    *,
    now: datetime = NOW,
    left: datetime | None = None,
    asked: Track | None = None,
    exploited: bytes | None = None,
    calendar: Calendar | None = None,
    people: Directory | None = None,
    editors: tuple[Actor, ...] = (),
    **changes: Any,
) -> Record:
    """Return the record of one situation; what is not named is as on a quiet day."""
    contents, policy, people = tuple(contents), policy_of(text), people or directory()
    found = inputs(contents, policy=policy, people=people, **changes)
    feeds = (advisories(), *((exploited,) if exploited else ()))
    names = ("advisories", "kev")
    found = replace(
        found,
        now=now,
        policy=replace(found.policy, editors=editors),
        request=replace(found.request, track=asked),
        history=replace(found.history, left=left),
        feeds=tuple(Feed(name, Digest.of(one)) for name, one in zip(names, feeds, strict=False)),
        calendar=calendar or calendar_of(policy.rules(found.to), now),
    )
    bodies = {Digest.of(one): one for one in (*contents, *feeds)}
    return judge(build_case(PR, 1, found, bundle=policy, directory=people, bodies=bodies))


def decide(contents: Iterable[bytes], text: str = GATE, **changes: Any) -> Decision:
    """Return the decision of one situation; arguments as for :func:`put`."""
    return put(contents, text, **changes).decision


def check(decision: Decision, name: str) -> CheckResult:
    """Return what one check found."""
    return next(result for result in decision.checks if result.id == name)


def told(decision: Decision) -> str:
    """Return every reason for the track."""
    return "; ".join(decision.track.why)


def ago(**parts: float) -> datetime:
    return NOW - timedelta(**parts)


RUNS = Profile(("pkg:docker/debian@12.5",), "c" * 40, ("pkg:pypi/flask@3.0.0",), ("Permissive",), ())
