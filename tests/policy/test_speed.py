"""Twenty checks over ten thousand vulnerabilities and five thousand packages."""

import json
import timeit

from tests.policy.builders import component, evidence, facts, finding, run, sbom, scan

from pratique.evidence.facts.scan import Severity
from pratique.policy.check import Rule, judge_check
from pratique.policy.environment import EnvironmentRules
from pratique.policy.facts import Facts
from pratique.policy.schema import decode
from pratique.policy.threats import risk_of

SEVERITIES = ("critical", "high", "medium", "low", "negligible")


def rules() -> tuple[Rule, ...]:
    vulnerabilities = [
        {"id": f"v{number}", "check": "vulnerabilities", "where": where, "max": 3}
        for number, where in enumerate(
            [{"severity": [name], "fixable": fixable} for name in SEVERITIES for fixable in (True, False)]
            + [{"severity": ["critical", "high"]}, {}, {"ids": ["CVE-2024-4*"]}, {"ids": ["CVE-2021-44228"]}]
        )
    ]
    others = [
        {"id": "sbom", "check": "sbom", "min_ratio": {"version": 0, "purl": "0.9"}},
        {"id": "allowed", "check": "licences", "allow": ["MIT"]},
        {"id": "denied", "check": "licences", "deny": ["AGPL-3.0-only"]},
        {"id": "sig", "check": "signature", "keys": ["service:ci"]},
        {"id": "prov", "check": "provenance", "keys": ["service:ci"], "builders": ["**"]},
        {"id": "tests", "check": "tests", "required_suites": ["unit"]},
    ]
    document = {
        "checks": [*vulnerabilities, *others],
        "from": [],
        "name": "prod",
        "tracks": {"fast": {"when": "always"}},
    }
    return decode(EnvironmentRules, document).checks


def reported(number: int) -> dict[str, object]:
    """One finding as long as a scanner writes it, about a kilobyte."""
    ratings = {
        source: {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "V3Score": 9.8} for source in "abc"
    }
    links = [f"https://advisories.example/{source}/CVE-2024-{number}" for source in range(6)]
    words: dict[str, object] = {
        "PkgName": f"p{number}",
        "InstalledVersion": "1.0",
        "FixedVersion": "1.1, 2.0",
        "Status": "fixed",
    }
    return {
        "VulnerabilityID": f"CVE-2024-{number}",
        "CVSS": ratings,
        "References": links,
        "Title": "x" * 80,
    } | words


def large() -> Facts:
    severities = [*Severity, None]
    findings = tuple(
        finding(
            f"CVE-2024-{number}",
            severities[number % 7],
            purl=f"pkg:npm/p{number % 5000}@1.0",
            package=f"p{number}",
        )
        for number in range(10_000)
    )
    licences = ("MIT", "Apache-2.0", "GPL-2.0-only", "MIT OR AGPL-3.0-only", None)
    packages = tuple(component(f"p{number}", licences[number % 5]) for number in range(5000))
    return facts(evidence(sbom(*packages)), evidence((run(),)), matched=(scan(*findings),))


def test_twenty_checks_over_a_large_image_take_no_longer_than_reading_its_evidence_a_few_times() -> None:
    known, every = large(), rules()
    assert len(every) == 20
    report = json.dumps([reported(number) for number in range(10_000)])
    listed = json.dumps(
        [
            {"name": f"p{number}", "purl": f"pkg:npm/p{number}@1.0", "licenses": [{"license": {"id": "MIT"}}]}
            for number in range(5000)
        ]
    )

    def judging() -> None:
        risk_of((known,), tuple(judge_check(rule, known) for rule in every))

    def reading() -> None:
        json.loads(report)
        json.loads(listed)

    # The quickest of five each, and a wide bound: what else the machine does must not decide. `make bench` measures.
    judged, read = (min(timeit.repeat(work, number=1, repeat=5)) for work in (judging, reading))
    assert judged < 6 * read, f"judging took {judged:.3f} s, reading {read:.3f} s"
