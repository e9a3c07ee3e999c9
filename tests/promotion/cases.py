"""A small shop: its policy, one image's evidence signed by CI, and cases made of them."""

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from tests.promotion.builders import NOW, PR, PROD, STAGING, digest, directory, service

from pratique.attest.dsse import IN_TOTO, build_envelope
from pratique.attest.seal import Level
from pratique.attest.source import SOURCE_FORM, Source
from pratique.attest.statement import Subject, build_statement
from pratique.evidence.model import Origin, Piece
from pratique.policy.document import Bundle
from pratique.policy.facts import Arrival
from pratique.policy.source import load
from pratique.promotion.case import Case, build_case
from pratique.promotion.directory import Directory
from pratique.promotion.evidence_set import list_pieces, root_of_evidence
from pratique.promotion.happenings import Feed, Platform
from pratique.promotion.profile import Profile
from pratique.promotion.record import (
    DirectoryUsed,
    EvidenceUsed,
    Held,
    HistoryUsed,
    Image,
    Inputs,
    PolicyUsed,
    RequestUsed,
)
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

GATE = """
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: shop, owner: "group:appsec", review_by: 2027-05-01}
path: [staging, prod]
environments:
  staging:
    checks:
      - {id: sbom, check: sbom, keys: ["service:ci"]}
    tracks:
      fast: {when: all_pass, first_arrival: fast}
  prod:
    checks:
      - {id: sig, check: signature, keys: ["service:ci"]}
      - {id: prov, check: provenance, keys: ["service:ci"], builders: ["https://ci.example/builder"]}
      - {id: sbom, check: sbom, keys: ["service:ci"]}
      - {id: high, check: vulnerabilities, where: {severity: [critical, high]}, scanners: [pratique-matcher]}
      - {id: medium, check: vulnerabilities, where: {severity: [medium]}, max: 0, outcome: review}
      - {id: came, check: promoted_from, environment: staging, within: 30d}
    tracks:
      fast: {when: all_pass, risk_at_most: 60, also: {change: routine}, first_arrival: fast}
      slow:
        approvals: [{role: release, count: 1}, {role: security, count: 1}]
        window: 3d
remediation:
  owners:
    - {match: {check: high, purl: "pkg:pypi/jinja2"}, owner: "person:ben"}
  due: {critical: 7d, high: 30d}
"""
APPLICATION = """
apiVersion: pratique/v1
kind: Application
metadata: {name: shop, owner: "group:shop", policy: shop}
images:
  - name: api
    source: {repository: "git+https://git.example/shop/api"}
    accept: ["oci:images/*"]
    destinations:
      staging: {repository: "oci:staging/api"}
      prod: {repository: "oci:prod/api"}
"""
COMMIT, BEFORE = "c" * 40, "b" * 40
ANN = "git:" + "a" * 64
CLEAN = (("flask", "3.0.0"),)
HIGH = (("flask", "3.0.0"), ("jinja2", "2.10"))
MEDIUM = (("flask", "3.0.0"), ("requests", "2.19.1"))
SCORES = {
    "jinja2": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
    "requests": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
}
FIXED = {"jinja2": "2.11.3", "requests": "2.20.0"}


def bundle(gate: str = GATE) -> Bundle:
    return load({"gate.yaml": gate, "applications/shop.yaml": APPLICATION})


def advisories() -> bytes:
    records = [
        {
            "id": f"CVE-2026-{place}",
            "modified": "2026-11-01T00:00:00Z",
            "severity": [{"type": "CVSS_V3", "score": SCORES[name]}],
            "affected": [
                {
                    "package": {"ecosystem": "PyPI", "name": name},
                    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": FIXED[name]}]}],
                }
            ],
        }
        for place, name in enumerate(SCORES, 1)
    ]
    return json.dumps([*records, UNRELATED]).encode()


UNRELATED = {
    "id": "CVE-2020-9",
    "modified": "2026-11-01T00:00:00Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "flask"}, "versions": ["0.1"]}],
}


@cache
def signed(payload: bytes) -> bytes:
    """Return CI's envelope; made once for each payload, because ECDSA signs anew every time."""
    return build_envelope(payload, IN_TOTO, (service("ci").signature(payload),))


def sbom(*packages: tuple[str, str], image: str = "image") -> bytes:
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}",
         "licenses": [{"license": {"id": "MIT"}}]}
        for name, version in packages
    ]  # fmt: skip
    document: Mapping[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": components,
    }
    return signed(build_statement((Subject(digest(image)),), "https://cyclonedx.org/bom", document))


def provenance(base: str = "pkg:docker/debian@12.5", image: str = "image") -> bytes:
    predicate: Mapping[str, Any] = {
        "buildDefinition": {
            "buildType": "https://ci.example/build/v1",
            "externalParameters": {},
            "resolvedDependencies": [{"uri": base, "digest": {"sha256": "d" * 64}}],
        },
        "runDetails": {"builder": {"id": "https://ci.example/builder"}},
    }
    return signed(build_statement((Subject(digest(image)),), "https://slsa.dev/provenance/v1", predicate))


def source(*authors: str, base: str | None = None, image: str = "image") -> bytes:
    names = tuple(sorted(authors or (ANN,)))
    return signed(
        SOURCE_FORM.build(Source((digest(image),), "git+https://git.example/shop/api", base, COMMIT, names, names))
    )


def piece(content: bytes, image: str = "image") -> Piece:
    return Piece(
        Digest.of(content),
        "application/vnd.dsse.envelope.v1+json",
        len(content),
        digest(image),
        Origin.UPLOAD,
        content,
    )


def evidence(packages: tuple[tuple[str, str], ...] = CLEAN, **changes: Any) -> tuple[bytes, ...]:
    """Return everything that the policy asks for, about an image of these packages."""
    return sbom(*packages), provenance(**changes), source()


ARRIVED = Arrival(STAGING, NOW - timedelta(days=2), Level.PROMOTED)


def inputs(
    contents: Iterable[bytes],
    *,
    policy: Bundle | None = None,
    people: Directory | None = None,
    to: Environment = PROD,
    requester: str = "service:ci",
    arrivals: tuple[Arrival, ...] = (ARRIVED,),
    current: Profile | None = None,
    platforms: tuple[str, ...] = ("image",),
) -> Inputs:
    policy, people = policy or bundle(), people or directory()
    listed = list_pieces(piece(content) for content in contents)
    return Inputs(
        now=NOW,
        application="shop",
        image=Image(
            "api",
            "oci:images/api",
            digest("image"),
            tuple(Platform(f"linux/{name}", digest(name)) for name in platforms),
        ),
        from_=STAGING if to == PROD else None,
        to=to,
        destination=f"oci:{to}/api",
        policy=PolicyUsed(policy.digest, policy.rules(to).digest),
        directory=DirectoryUsed(people.digest),
        request=RequestUsed(digest("request"), Actor(requester), True),
        evidence=EvidenceUsed(root_of_evidence(listed), listed),
        feeds=(Feed("advisories", Digest.of(advisories())),),
        history=HistoryUsed(Held(digest("current"), digest("older")) if current else None, arrivals, current),
    )


def case(
    contents: tuple[bytes, ...],
    *,
    policy: Bundle | None = None,
    people: Directory | None = None,
    generation: int = 1,
    **changes: Any,
) -> Case:
    policy, people = policy or bundle(), people or directory()
    bodies = {Digest.of(content): content for content in (*contents, advisories())}
    found = inputs(contents, policy=policy, people=people, **changes)
    return build_case(PR, generation, found, bundle=policy, directory=people, bodies=bodies)
