"""Damaged documents: whatever was changed in them, a reading comes back, and it can be recorded."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.files import expected

from pratique.evidence.advisories import read_advisories
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.licences import parse_licence
from pratique.evidence.match import match
from pratique.evidence.merge import merge
from pratique.evidence.model import Parse, Reading
from pratique.evidence.quality import measure
from pratique.evidence.read import read

JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    "x",
    "pkg:",
    "pkg:deb/debian/a@1?distro=debian-12&upstream=%",
    "sha256:" + "a" * 64,
    "CVSS:3.1/AV:N",
    "2026-13-01T00:00:00Z",
    [],
    [[]],
    ["x", 1],
    {},
    {"name": 1},
    {"x": {"y": []}},
)

SBOM = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "metadata": {
        "timestamp": "2026-01-01T00:00:00Z",
        "tools": {"components": [{"name": "syft", "version": "1"}]},
        "component": {
            "type": "container",
            "name": "shop",
            "version": "sha256:" + "a" * 64,
            "purl": "pkg:oci/shop@sha256%3A" + "a" * 64,
            "properties": [{"name": "aquasecurity:trivy:ImageID", "value": "sha256:" + "b" * 64}],
        },
    },
    "components": [
        {
            "type": "library",
            "name": "flask",
            "version": "0.12.2",
            "purl": "pkg:pypi/flask@0.12.2?distro=debian-12&upstream=flask%401&epoch=1",
            "licenses": [{"license": {"id": "BSD-3-Clause"}}, {"expression": "MIT OR ISC"}],
            "supplier": {"name": "Pallets"},
            "components": [
                {
                    "name": "inner",
                    "purl": "pkg:apk/alpine/inner@1?distro=3.20",
                    "authors": [{"name": "x"}],
                    "publisher": "y",
                    "properties": [{"name": "aquasecurity:trivy:SrcName", "value": "flask"}],
                }
            ],
        }
    ],
    "dependencies": [{"ref": "a", "dependsOn": ["b"]}],
}
TRIVY = {
    "SchemaVersion": 2,
    "CreatedAt": "2026-01-01T00:00:00Z",
    "ArtifactName": "shop",
    "Trivy": {"Version": "1"},
    "Metadata": {"ImageID": "sha256:" + "a" * 64, "RepoDigests": ["shop@sha256:" + "b" * 64]},
    "Results": [
        {
            "Class": "os-pkgs",
            "Packages": [{"Name": "a"}],
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2024-1",
                    "PkgName": "a",
                    "PkgIdentifier": {"PURL": "pkg:deb/debian/a@1"},
                    "InstalledVersion": "1",
                    "FixedVersion": "2, 3",
                    "Status": "fixed",
                    "Severity": "HIGH",
                    "SeveritySource": "debian",
                    "VendorSeverity": {"debian": 3, "nvd": 2},
                    "CVSS": {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N", "V3Score": 5.3}},
                }
            ],
            "ExperimentalModifiedFindings": [
                {"Type": "vulnerability", "Finding": {"VulnerabilityID": "x", "PkgName": "y"}}
            ],
        }
    ],
}
GRYPE = {
    "matches": [
        {
            "vulnerability": {
                "id": "GHSA-1",
                "namespace": "github:language:python",
                "severity": "High",
                "cvss": [{"source": "x", "version": "3.1", "vector": "y", "metrics": {"baseScore": 5}}],
                "fix": {"versions": ["1"], "state": "fixed"},
            },
            "relatedVulnerabilities": [{"id": "CVE-2024-1", "namespace": "nvd:cpe"}],
            "artifact": {"name": "flask", "version": "0.12.2", "purl": "pkg:pypi/flask@0.12.2"},
            "appliedIgnoreRules": [{"reason": "x"}],
        }
    ],
    "ignoredMatches": [
        {"vulnerability": {"id": "x"}, "artifact": {"name": "y"}, "appliedIgnoreRules": [{"vulnerability": "x"}]}
    ],
    "source": {"target": {"manifestDigest": "sha256:" + "a" * 64, "repoDigests": []}},
    "descriptor": {"name": "grype", "version": "1", "db": {"built": "2026-01-01T00:00:00Z"}},
}
OSV = {
    "id": "PYSEC-1",
    "modified": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2024-1"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}],
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "flask"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1"}]}],
            "versions": ["0.12.2"],
            "severity": [{"type": "CVSS_V3", "score": "x"}],
        }
    ],
}
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"name": "shop", "digest": {"sha256": "a" * 64}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {
        "buildDefinition": {
            "buildType": "https://build.example/v1",
            "externalParameters": {"source": "git+https://git.example/shop", "n": 1.5},
            "resolvedDependencies": [{"uri": "git+https://git.example/shop", "digest": {"gitCommit": "c" * 40}}],
        },
        "runDetails": {
            "builder": {"id": "https://build.example/b", "version": {"x": "1"}},
            "metadata": {"startedOn": "2026-01-01T00:00:00Z"},
        },
    },
}
CYCLONEDX_STATEMENT = {**STATEMENT, "predicateType": "https://cyclonedx.org/bom", "predicate": SBOM}
SCAN_STATEMENT = {
    **STATEMENT,
    "predicateType": "https://cosign.sigstore.dev/attestation/vuln/v1",
    "predicate": {"scanner": {"result": TRIVY}},
}
BUNDLE = {
    "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
    "verificationMaterial": {"publicKey": {"hint": "x"}},
    "dsseEnvelope": {
        "payloadType": "application/vnd.in-toto+json",
        "payload": "e30=",
        "signatures": [{"sig": ""}],
    },
}
SEEDS = [SBOM, TRIVY, GRYPE, OSV, STATEMENT, CYCLONEDX_STATEMENT, SCAN_STATEMENT, BUNDLE, BUNDLE["dsseEnvelope"]]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:
        yield from places(child, (*path, key))


def changed(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    if not path:
        return junk
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = changed(value[key], tuple(rest), junk)
    return copy


def check(content: bytes) -> Reading:
    """Read, and use the answer as a judgement would."""
    reading = read(content, "application/json")
    assert (not reading.facts) == (reading.parse is Parse.REFUSED)
    json.dumps(asdict(reading), default=str, ensure_ascii=False).encode()
    for scan in reading.of(Scan):
        merge(((scan.producer, scan, None),))
    for sbom in reading.of(Sbom):
        measure(sbom)
        match(sbom, read_advisories(json.dumps(OSV).encode()))
        for component in sbom.components:
            for text in component.licences:
                assert parse_licence(text).keys
    return reading


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: next(iter(seed)))
def test_one_field_replaced_by_anything_never_raises(seed: Any) -> None:
    for path in places(seed):
        for junk in JUNK:
            check(json.dumps(changed(seed, path, junk)).encode())


def test_one_field_of_an_advisory_replaced_by_anything_never_raises() -> None:
    sbom = read(json.dumps(SBOM).encode(), "").facts[0]
    assert isinstance(sbom, Sbom)
    for path in places(OSV):
        for junk in JUNK:
            match(sbom, read_advisories(json.dumps([changed(OSV, path, junk)]).encode()))


@given(st.sampled_from(SEEDS), st.data())
def test_changed_bytes_never_raise(seed: Any, data: st.DataObject) -> None:
    content = bytearray(json.dumps(seed).encode())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    check(bytes(content[: data.draw(st.integers(0, len(content)))]))


def test_damaged_real_files_never_raise(corpus: Path) -> None:
    chance = random.Random(20261124)  # the same damage every time
    folders = ("cyclonedx-json", "trivy-json", "grype-json", "junit", "osv", "intoto-statement", "slsa-provenance")
    tried = 0
    for folder in folders:
        files = [content for _, content, _ in expected(corpus, folder) if len(content) < 40_000]
        for content in chance.sample(files, min(len(files), 40)):
            for _ in range(3):
                damaged = bytearray(content)
                for _ in range(chance.randint(1, 5)):
                    damaged[chance.randrange(len(damaged))] = chance.randrange(256)
                check(bytes(damaged[: chance.randint(1, len(damaged))]))
                tried += 1
    assert tried > 500
