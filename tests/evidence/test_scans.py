"""Trivy's and Grype's reports: what was examined, what was found, and what somebody silenced."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read
from pratique.values.digest import Digest

MANIFEST, CONFIG = "sha256:" + "a" * 64, "sha256:" + "c" * 64
LIBSSL = "pkg:deb/debian/libssl3@3.0.14-1?arch=amd64&distro=debian-12"


def trivy(*results: dict[str, Any], **fields: Any) -> Reading:
    report = {"SchemaVersion": 2, "ArtifactName": "shop", "Results": list(results), **fields}
    return read(json.dumps(report).encode(), "application/json")


def grype(*matches: dict[str, Any], **fields: Any) -> Reading:
    report = {"matches": list(matches), "descriptor": {"name": "grype", "version": "0.80"}, **fields}
    return read(json.dumps(report).encode(), "application/json")


def scan(reading: Reading) -> Scan:
    assert isinstance(reading.facts[0], Scan)
    return reading.facts[0]


def trivy_entry(**fields: Any) -> dict[str, Any]:
    return {
        "VulnerabilityID": "CVE-2024-1",
        "PkgName": "libssl3",
        "PkgIdentifier": {"PURL": LIBSSL},
        "InstalledVersion": "3.0.14-1",
        **fields,
    }


def trivy_finding(**fields: Any) -> Finding:
    (found,) = scan(trivy({"Class": "os-pkgs", "Vulnerabilities": [trivy_entry(**fields)]})).findings
    return found


def grype_match(**vulnerability: Any) -> dict[str, Any]:
    return {
        "vulnerability": {"id": "CVE-2024-1", "namespace": "debian:distro:debian:12", **vulnerability},
        "relatedVulnerabilities": [],
        "artifact": {"name": "libssl3", "version": "3.0.14-1", "purl": LIBSSL},
    }


@pytest.mark.parametrize(
    ("results", "examined"),
    [
        ([], 0),
        ([{"Class": "config", "Type": "dockerfile"}, {"Class": "secret"}], 0),
        ([{"Class": "os-pkgs", "Type": "debian"}], None),
        ([{"Class": "os-pkgs", "Packages": []}], 0),
        ([{"Class": "os-pkgs", "Packages": [{"Name": "a"}, {"Name": "b"}]}, {"Class": "lang-pkgs"}], 2),
        ([{"Type": "debian", "Vulnerabilities": []}], None),  # before there was a Class
    ],
)
def test_nothing_examined_nothing_said_and_nothing_found_differ(results: Any, examined: int | None) -> None:
    assert scan(trivy(*results)).packages_examined == examined


def test_a_report_without_results_examined_nothing() -> None:
    assert scan(read(b'{"SchemaVersion": 2, "ArtifactName": "x"}', "")).packages_examined == 0
    assert scan(read(b'{"SchemaVersion": 2, "ArtifactName": "x", "Results": null}', "")).packages_examined == 0


def test_an_entry_that_names_no_vulnerability_makes_the_report_partial() -> None:
    reading = trivy({"Class": "os-pkgs", "Vulnerabilities": [trivy_entry(), {"PkgName": "x"}, "y"]})
    assert reading.parse is Parse.PARTIAL
    assert len(reading.reasons) == 2
    assert len(scan(reading).findings) == 1


def test_another_schema_version_is_partial() -> None:
    assert trivy(SchemaVersion=3).parse is Parse.PARTIAL


def test_fixed_versions_are_a_list_behind_commas() -> None:
    assert trivy_finding(FixedVersion="1.2.3, 2.0.1,").fixed_versions == ("1.2.3", "2.0.1")
    assert trivy_finding(FixedVersion="1.2.3").fix is Fix.FIXED
    assert trivy_finding().fix is Fix.UNKNOWN
    assert trivy_finding(Status="will_not_fix").fix is Fix.WONT_FIX
    assert trivy_finding(Status="a new word").fix is Fix.UNKNOWN


def test_every_source_keeps_its_opinion_and_the_newest_cvss_version_counts() -> None:
    v3, v4 = (
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
        "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
    )
    found = trivy_finding(
        Severity="HIGH",
        SeveritySource="debian",
        VendorSeverity={"debian": 3, "nvd": 2, "ghsa": 0},
        CVSS={
            "nvd": {"V2Vector": "AV:N/AC:L/Au:N/C:P/I:N/A:N", "V3Vector": v3, "V3Score": 5.3},
            "ghsa": {"V3Vector": v3, "V40Vector": v4},
        },
    )
    assert found.ratings == (
        Rating("debian", Severity.HIGH),
        Rating("ghsa", Severity.CRITICAL, "9.3", v4),
        Rating("nvd", Severity.MEDIUM, "5.3", v3),
    )


def test_the_severity_that_trivy_chose_is_kept_where_no_source_states_it() -> None:
    assert trivy_finding(Severity="LOW", SeveritySource="ubuntu").ratings == (Rating("ubuntu", Severity.LOW),)
    assert trivy_finding(Severity="LOW").ratings == (Rating("trivy", Severity.LOW),)


def test_an_unknown_severity_is_no_severity() -> None:
    assert trivy_finding(Severity="UNKNOWN").ratings == ()
    assert trivy_finding(VendorSeverity={"nvd": 0}).ratings == (Rating("nvd", None),)
    assert trivy_finding(VendorSeverity={"nvd": 9}).ratings == (Rating("nvd", None),)
    assert trivy_finding(VendorSeverity={"nvd": True}).ratings == (Rating("nvd", None),)


def test_what_trivy_was_told_to_ignore_stays_visible() -> None:
    modified = {"Type": "vulnerability", "Status": "ignored", "Source": ".trivyignore", "Finding": trivy_entry()}
    (found,) = scan(trivy({"Class": "os-pkgs", "ExperimentalModifiedFindings": [modified]})).findings
    assert found.suppressed == "ignored: .trivyignore"


def test_trivy_names_the_config_and_the_manifest_of_the_image() -> None:
    about = trivy(Metadata={"ImageID": CONFIG, "RepoDigests": [f"shop@{MANIFEST}", "shop:1"]}).about
    assert about == (Digest.parse(MANIFEST), Digest.parse(CONFIG))


def test_grype_does_not_say_how_many_packages_it_examined() -> None:
    assert scan(grype()).packages_examined is None


@pytest.mark.parametrize("word", ["Unknown", "", None, "Unheard of"])
def test_a_severity_word_that_nobody_knows_is_no_severity(word: str | None) -> None:
    (found,) = scan(grype(grype_match(severity=word))).findings
    assert found.ratings == (Rating("debian", None),)


def test_grype_related_vulnerabilities_bring_their_own_opinions() -> None:
    vector = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N"
    match = grype_match(severity="Low")
    score = {"source": "nvd@nist.gov", "version": "3.1", "vector": vector, "metrics": {"baseScore": 5.9}}
    match["relatedVulnerabilities"] = [
        {"id": "CVE-2024-1", "namespace": "nvd:cpe", "severity": "Medium", "cvss": [score]}
    ]
    (found,) = scan(grype(match)).findings
    assert found.ratings == (Rating("debian", Severity.LOW), Rating("nvd", Severity.MEDIUM, "5.9", vector))


def test_the_cve_of_a_ghsa_is_an_alias_and_the_cves_of_an_advisory_are_not() -> None:
    one = grype_match(id="GHSA-aaaa-bbbb-cccc", namespace="github:language:python")
    one["relatedVulnerabilities"] = [{"id": "CVE-2024-1"}]
    many = grype_match(id="ALAS2-2024-1", namespace="amazon:distro:amazonlinux:2")
    many["relatedVulnerabilities"] = [{"id": "CVE-2024-1"}, {"id": "CVE-2024-2"}]
    assert [found.aliases for found in scan(grype(one, many)).findings] == [("CVE-2024-1",), ()]


def test_what_grype_was_told_to_ignore_stays_visible() -> None:
    ignored = grype_match() | {"appliedIgnoreRules": [{"vulnerability": "CVE-2024-1", "reason": "accepted"}]}
    (found,) = scan(grype(ignoredMatches=[ignored])).findings
    assert found.suppressed == "ignored: accepted"


@pytest.mark.parametrize(
    ("state", "fix"),
    [
        ("fixed", Fix.FIXED),
        ("not-fixed", Fix.NOT_FIXED),
        ("wont-fix", Fix.WONT_FIX),
        ("", Fix.UNKNOWN),
        (None, Fix.UNKNOWN),
    ],
)
def test_fix_states(state: str | None, fix: Fix) -> None:
    (found,) = scan(grype(grype_match(fix={"state": state, "versions": ["3.0.15-1"]}))).findings
    assert (found.fix, found.fixed_versions) == (fix, ("3.0.15-1",))


def test_a_database_says_when_it_was_built() -> None:
    for database in ({"built": "2026-01-02T03:04:05Z"}, {"status": {"built": "2026-01-02T03:04:05Z"}}):
        descriptor = {"name": "grype", "db": database}
        moment = scan(grype(descriptor=descriptor)).database_date
        assert moment is not None
        assert moment.isoformat() == "2026-01-02T03:04:05+00:00"


def test_grype_names_the_manifest_and_the_config_of_the_image() -> None:
    target = {"manifestDigest": MANIFEST, "imageID": CONFIG, "repoDigests": None}
    assert grype(source={"type": "image", "target": target}).about == (
        Digest.parse(MANIFEST),
        Digest.parse(CONFIG),
    )
    assert grype(source={"type": "directory", "target": "/some/path"}).about == ()


def test_the_matches_of_another_tool_are_not_grypes() -> None:
    assert not isinstance(grype(descriptor={"name": "other"}).facts[0], Scan)
