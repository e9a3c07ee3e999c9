"""Other things that scanners and feeds write: Trivy's classes, its operator, osv-scanner, KEV and EPSS."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.lists import Advisories, Exploited, KnownExploited, Likelihoods
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.results import ResultKind, ResultLevel, Results
from pratique.evidence.facts.scan import Fix, Scan, Severity
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read
from pratique.values.digest import Digest


def reading(document: Any) -> Reading:
    return read(document if isinstance(document, bytes) else json.dumps(document).encode(), "application/json")


def trivy(*results: dict[str, Any]) -> Reading:
    return reading({"SchemaVersion": 2, "ArtifactName": "x", "Results": list(results)})


def test_weak_settings_secrets_and_licences_are_results_of_their_own_kind() -> None:
    found = trivy(
        {
            "Class": "config",
            "Target": "Dockerfile",
            "Misconfigurations": [{"ID": "DS-1", "Severity": "HIGH", "Status": "FAIL"}],
        },
        {
            "Class": "secret",
            "Target": "a.sh",
            "Secrets": [{"RuleID": "aws", "Severity": "CRITICAL", "StartLine": 3}],
        },
        {"Class": "license", "Licenses": [{"Name": "GPL-3.0", "Severity": "MEDIUM", "PkgName": "x"}]},
    ).of(Results)
    assert [each.kind for each in found] == [
        ResultKind.MISCONFIGURATION,
        ResultKind.DISCLOSURE,
        ResultKind.LICENCE,
    ]
    levels = [one.level for each in found for one in each.results or ()]
    assert levels == [ResultLevel.ERROR, ResultLevel.ERROR, ResultLevel.WARNING]
    assert [one.place for each in found for one in each.results or ()] == ["Dockerfile", "a.sh:3", "x"]


def test_a_setting_that_holds_is_no_failure_and_an_unknown_severity_is_one() -> None:
    checks = [
        {"ID": "A", "Severity": "HIGH", "Status": "PASS"},
        {"ID": "B", "Severity": "UNKNOWN", "Status": "FAIL"},
    ]
    (found,) = trivy({"Class": "config", "Misconfigurations": checks}).of(Results)
    assert [one.level for one in found.results or ()] == [ResultLevel.NONE, ResultLevel.WARNING]


def test_a_class_that_was_looked_for_and_found_empty_is_not_one_that_was_not_looked_for() -> None:
    assert trivy({"Class": "secret", "Target": "x"}).of(Results)[0].results == ()
    assert trivy({"Class": "os-pkgs"}).of(Results) == ()


def test_a_silenced_setting_stays_visible() -> None:
    silenced = {"Type": "misconfiguration", "Status": "ignored", "Finding": {"ID": "A", "Severity": "LOW"}}
    (found,) = trivy({"Class": "config", "ExperimentalModifiedFindings": [silenced]}).of(Results)
    assert [one.suppressed for one in found.results or ()] == ["ignored"]


def test_the_secret_itself_is_never_kept() -> None:
    (found,) = trivy({"Class": "secret", "Secrets": [{"RuleID": "r", "Match": "hunter2", "Title": "t"}]}).of(
        Results
    )
    assert "hunter2" not in repr(found)


def operator(kind: str, **report: Any) -> Reading:
    artifact = {"repository": "shop/api", "digest": f"sha256:{'a' * 64}"}
    return reading(
        {"apiVersion": "aquasecurity.github.io/v1alpha1", "kind": kind, "report": {"artifact": artifact} | report}
    )


def test_the_operators_reports_are_read_and_name_their_image() -> None:
    entry = {
        "vulnerabilityID": "CVE-1",
        "resource": "bash",
        "installedVersion": "5",
        "fixedVersion": "5.1, 6",
        "severity": "HIGH",
        "score": 7.5,
        "packagePURL": "pkg:deb/debian/bash@5?arch=amd64",
    }
    found = operator("VulnerabilityReport", vulnerabilities=[entry])
    assert found.about == (Digest("a" * 64),)
    (finding,) = found.of(Scan)[0].findings
    assert (finding.severity, finding.fix, finding.fixed_versions) == (Severity.HIGH, Fix.FIXED, ("5.1", "6"))
    assert finding.purl == "pkg:deb/debian/bash@5"
    secrets = operator("ExposedSecretReport", secrets=[{"ruleID": "aws", "severity": "CRITICAL"}])
    assert secrets.of(Results)[0].kind is ResultKind.DISCLOSURE
    checks = operator("ConfigAuditReport", checks=[{"checkID": "A", "severity": "LOW", "success": True}])
    assert (checks.of(Results)[0].results or ())[0].level is ResultLevel.NONE
    assert operator("SbomReport").of(Opaque)


def test_a_report_about_a_cluster_is_kept_and_says_nothing_about_one_image() -> None:
    assert reading({"ClusterName": "c", "Resources": []}).of(Opaque)
    assert reading({"vulnerabilities": ["CVE-1"], "misconfigurations": []}).of(Opaque)


def osv_scanner(*packages: dict[str, Any]) -> Reading:
    return reading({"results": [{"source": {"path": "x"}, "packages": list(packages)}]})


RECORD = {
    "id": "GHSA-1",
    "modified": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2026-1"],
    "related": ["CVE-2026-2"],
    "upstream": ["CVE-2026-3"],
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "@shop/ui"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
        }
    ],
}


def test_osv_scanner_says_what_would_repair_a_package() -> None:
    package = {"name": "@shop/ui", "version": "1.0.0", "ecosystem": "npm"}
    groups = [{"ids": ["GHSA-1"], "max_severity": "9.8"}]
    (finding,) = (
        osv_scanner({"package": package, "vulnerabilities": [RECORD], "groups": groups}).of(Scan)[0].findings
    )
    assert finding.purl == "pkg:npm/%40shop/ui@1.0.0"
    assert (finding.fix, finding.fixed_versions) == (Fix.FIXED, ("1.2.0",))
    assert finding.severity is Severity.CRITICAL
    assert finding.aliases == ("CVE-2026-1",)  # neither related nor upstream


def test_osv_scanner_counts_packages_only_where_it_lists_all() -> None:
    clean = {"package": {"name": "a", "version": "1", "ecosystem": "npm"}}
    assert osv_scanner(clean).of(Scan)[0].packages_examined == 1
    dirty = {"package": {"name": "@shop/ui", "version": "1.0.0", "ecosystem": "npm"}, "vulnerabilities": [RECORD]}
    assert osv_scanner(dirty).of(Scan)[0].packages_examined is None
    assert reading({"results": []}).of(Scan)[0].packages_examined is None


def test_the_catalogue_of_known_exploited_vulnerabilities() -> None:
    entry = {"cveID": "CVE-1", "dateAdded": "2025-01-02", "dueDate": "x", "knownRansomwareCampaignUse": "Known"}
    found = reading({"catalogVersion": "2025.1", "count": 1, "vulnerabilities": [entry]})
    (listed,) = found.of(KnownExploited)
    assert isinstance(listed.entries[0], Exploited)
    assert (str(listed.entries[0].added), listed.entries[0].due, listed.entries[0].ransomware) == (
        "2025-01-02",
        None,
        True,
    )
    cut = reading({"catalogVersion": "2025.1", "count": 2, "vulnerabilities": [entry]})
    assert cut.parse is Parse.PARTIAL
    assert "declares 2 entries and holds 1" in cut.reasons[0]


CSV = b"#model_version:v2025.03.14,score_date:2025-06-01T00:00:00+0000\ncve,epss,percentile\nCVE-1,0.1,0.9\nCVE-2,x,1\n"


def test_likelihoods_as_csv_and_json() -> None:
    found = reading(CSV)
    (listed,) = found.of(Likelihoods)
    assert (listed.model, str(listed.day), listed.scores) == (
        "v2025.03.14",
        "2025-06-01",
        (("CVE-1", "0.1", "0.9"),),
    )
    assert found.parse is Parse.PARTIAL
    said = [{"cve": "CVE-1", "epss": "0.1", "percentile": 1e-05, "date": "2025-06-01"}]
    for document in (said, {"status": "OK", "data": said}, {"schema": "x", "item": said[0]}):
        (listed,) = reading(document).of(Likelihoods)
        assert listed.scores == (("CVE-1", "0.1", "0.00001"),)


@pytest.mark.parametrize("number", ["1.5", "-0.1", "NaN", "", None, True, [], "Infinity"])
def test_a_likelihood_is_a_number_of_0_to_1(number: Any) -> None:
    assert reading([{"cve": "CVE-1", "epss": number, "percentile": "1"}]).of(Likelihoods)[0].scores == ()


def test_yaml_advisories_are_read_without_anchors_tags_or_duplicates() -> None:
    plain = b"id: PYSEC-1\nmodified: 2024-01-01T00:00:00Z\naffected: []\n"
    assert reading(plain).format == "osv-yaml"
    for broken in (
        b"id: PYSEC-2\n",
        b"details: &a [x]\nreferences: *a\n",
        b"details: !!python/object:os.system x\n",
    ):
        assert reading(plain + broken).parse is Parse.REFUSED


def test_only_a_date_withdraws_an_advisory() -> None:
    dated = {"id": "A-1", "modified": "2024-02-01T00:00:00Z", "withdrawn": "2024-02-01T00:00:00Z"}
    assert reading(dated).of(Advisories)[0].withdrawn == ("A-1",)
    ahead = dated | {"withdrawn": "2999-01-01T00:00:00Z"}
    assert reading(ahead).of(Advisories)[0].withdrawn == ()
    late = dated | {"modified": "2024-01-31T12:00:00Z"}  # the same day, by another clock
    assert reading(late).of(Advisories)[0].withdrawn == ("A-1",)
    for word in ("null", "", True, {"x": 1}, None):
        assert reading(dated | {"withdrawn": word}).of(Advisories)[0].withdrawn == ()
    assert reading(b"id: A-1\nmodified: x\nwithdrawn: null\n").of(Advisories)[0].withdrawn == ()
