"""A judgement of twenty checks over 10,000 findings and 5,000 components, against reading the same evidence.

The evidence is a Trivy report and a CycloneDX bill of materials with the fields that such tools write, as long as
they write them: 83 findings in recorded reports of Trivy's own test suite measure 2.7 kB each on average, of which
1.1 kB are references.
"""

import json
from dataclasses import dataclass

from tests.promotion.builders import digest
from tests.promotion.cases import bundle, case, provenance, source

from bench.figure import AtMost, Figure, in_words, interleaved
from pratique.promotion.judge import judge

ROUNDS = 7
FINDINGS = 10_000
COMPONENTS = 5_000

_SEVERITIES = ("LOW", "MEDIUM", "HIGH", "CRITICAL", "UNKNOWN")
_LICENCES = ("MIT", "Apache-2.0", "BSD-3-Clause", "GPL-2.0-only WITH Classpath-exception-2.0", "MIT OR Apache-2.0")
_REFERENCES = 16
_TEXT = (
    "A flaw was found in the way this package handles input, which lets a remote attacker stop the service. " * 3
)


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgement alone, and with reading, verifying, binding and merging before it."""

    judgement: Figure
    everything: Figure


def twenty_checks() -> Judged:
    """Measure the judgement of a large image."""
    bill, scan = bill_of_materials(), report()
    policy = bundle(gate())
    contents = (bill, scan, provenance(), source())
    prepared = case(contents, policy=policy)
    assert len(prepared.rules.checks) == 20
    assert len(prepared.facts[0].vulnerabilities) == FINDINGS

    def load() -> None:
        json.loads(bill)
        json.loads(scan)

    alone, loads, whole = interleaved(
        ROUNDS, lambda: judge(prepared), load, lambda: judge(case(contents, policy=policy))
    )
    yardstick = f"json.loads of the same {(len(bill) + len(scan)) / 1024 / 1024:.1f} MiB, {in_words(loads)}"
    return Judged(
        Figure(
            f"20 checks over {FINDINGS:,} findings, {COMPONENTS:,} components",
            in_words(alone),
            yardstick,
            alone / loads,
            AtMost(1),
        ),
        Figure("  the same with reading, binding and merging", in_words(whole), yardstick, whole / loads),
    )


def gate() -> str:
    """Return a policy of twenty checks."""
    severities = ("critical", "high", "medium", "low")
    checks = [
        '{id: sig, check: signature, keys: ["service:ci"]}',
        '{id: prov, check: provenance, keys: ["service:ci"], builders: ["https://ci.example/builder"]}',
        "{id: sbom, check: sbom, min_ratio: {version: 0.9, purl: 0.9, licence: 0.9}}",
        "{id: licences, check: licences, deny: [AGPL-3.0-only, BUSL-1.1], unknown: review}",
        "{id: came, check: promoted_from, environment: staging}",
        "{id: tests, check: tests, required_suites: [unit]}",
        *(
            f"{{id: {kind}-{severity}, check: vulnerabilities, max: 5, outcome: review, "
            f"where: {{severity: [{severity}]{extra}}}}}"
            for kind, extra in (("all", ""), ("fixable", ", fixable: true"), ("stuck", ", fixable: false"))
            for severity in severities
        ),
        '{id: named, check: vulnerabilities, max: 0, where: {ids: ["CVE-2026-1*", "GHSA-*"]}}',
        "{id: trivy, check: vulnerabilities, max: 100000, scanners: [trivy]}",
    ]
    listed = "\n".join(f"      - {check}" for check in checks)
    return f"""\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {{name: shop, owner: "group:appsec", review_by: 2027-05-01}}
path: [staging, prod]
environments:
  staging:
    checks:
      - {{id: sig, check: signature, keys: ["service:ci"]}}
    tracks:
      fast: {{when: all_pass}}
  prod:
    checks:
{listed}
    tracks:
      fast: {{when: all_pass, risk_at_most: 60}}
      slow: {{approvals: [{{role: release, count: 1}}]}}
"""


def bill_of_materials() -> bytes:
    """Return a bill of materials of :data:`COMPONENTS` packages."""
    components = [
        {
            "bom-ref": f"pkg:deb/debian/package-{number}@1.{number % 97}-1?arch=amd64#{number}",
            "type": "library",
            "supplier": {"name": "Debian"},
            "name": f"package-{number}",
            "version": f"1.{number % 97}-1",
            "licenses": [{"expression": _LICENCES[number % len(_LICENCES)]}],
            "purl": f"pkg:deb/debian/package-{number}@1.{number % 97}-1?arch=amd64",
            "properties": [
                {"name": f"syft:location:{place}:path", "value": f"/var/lib/dpkg/{number}"} for place in "01"
            ],
        }
        for number in range(COMPONENTS)
    ]
    metadata = {"component": {"type": "container", "name": "shop", "version": str(digest("image"))}}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": metadata}
    return json.dumps({**document, "components": components}).encode()


def report() -> bytes:
    """Return a report of :data:`FINDINGS` findings."""
    found = [_finding(number) for number in range(FINDINGS)]
    packages = [
        {"Name": f"package-{number}", "Version": f"1.{number % 97}-1", "Arch": "amd64"}
        for number in range(COMPONENTS)
    ]
    result = {
        "Target": "shop",
        "Class": "os-pkgs",
        "Type": "debian",
        "Packages": packages,
        "Vulnerabilities": found,
    }
    metadata = {"RepoDigests": [f"shop@{digest('image')}"]}
    written = {"SchemaVersion": 2, "ArtifactName": "shop", "Metadata": metadata, "Results": [result]}
    return json.dumps(written).encode()


def _finding(number: int) -> dict[str, object]:
    package, severity = number % COMPONENTS, number % len(_SEVERITIES)
    identifier = f"CVE-2026-{10_000 + number}"
    return {
        "VulnerabilityID": identifier,
        "PkgID": f"package-{package}@1.{package % 97}-1",
        "PkgName": f"package-{package}",
        "PkgIdentifier": {"PURL": f"pkg:deb/debian/package-{package}@1.{package % 97}-1?arch=amd64"},
        "InstalledVersion": f"1.{package % 97}-1",
        "FixedVersion": f"1.{package % 97 + 1}-1" if number % 3 else "",
        "Status": "fixed" if number % 3 else "affected",
        "SeveritySource": "debian",
        "PrimaryURL": f"https://vulnerabilities.example/{identifier}",
        "Title": f"package-{package}: something is wrong with it",
        "Description": _TEXT,
        "Severity": _SEVERITIES[severity],
        "CweIDs": ["CWE-400", "CWE-787"],
        "VendorSeverity": {"debian": 1 + severity % 4, "nvd": 1 + (severity + 1) % 4},
        "CVSS": {
            source: {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", "V3Score": 7.5}
            for source in ("ghsa", "nvd", "redhat")
        },
        "DataSource": {"ID": "debian", "Name": "Debian Security Tracker", "URL": "https://tracker.example/debian"},
        "Layer": {"Digest": f"sha256:{'1' * 64}", "DiffID": f"sha256:{'2' * 64}"},
        "Fingerprint": f"sha256:{number:064x}",
        "References": [f"https://references.example/advisories/{identifier}/{n:08}" for n in range(_REFERENCES)],
        "PublishedDate": "2026-05-01T10:15:00.123Z",
        "LastModifiedDate": "2026-10-01T10:15:00.123Z",
    }
