"""What a run leaves as evidence: Harbor's reports, and the statement around every report."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Fix, Rating, Scan, Severity
from pratique.evidence.model import Parse, Reading
from pratique.evidence.predicates.scanning import ScanRun, Sought, build_scan
from pratique.evidence.read import read
from pratique.values.digest import Digest
from pratique.values.uris import SCAN

IMAGE = Digest("a" * 64)
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


def harbor(*found: dict[str, Any], **fields: Any) -> Reading:
    report = {
        "generated_at": "2026-11-20T06:00:00Z",
        "artifact": {"repository": "shop/web", "digest": str(IMAGE)},
        "scanner": {"name": "Clair Core", "version": "4.7"},
        "vulnerabilities": list(found),
        **fields,
    }
    return read(json.dumps(report).encode(), "application/json")


def scan_of(reading: Reading) -> Scan:
    (scan,) = reading.of(Scan)
    return scan


def test_harbors_report_names_image_scanner_and_every_vulnerability() -> None:
    entry = {
        "id": "CVE-2026-1",
        "package": "zlib",
        "version": "1.2",
        "fix_version": "1.3, 1.4",
        "severity": "Critical",
        "preferred_cvss": {"score_v3": 9.8, "vector_v3": VECTOR, "score_v2": 0},
    }
    reading = harbor(entry)
    scan = scan_of(reading)
    assert (reading.format, reading.parse, reading.about) == ("harbor-report", Parse.OK, (IMAGE,))
    assert (scan.producer, scan.producer_version, scan.packages_examined) == ("clair-core", "4.7", None)
    (finding,) = scan.findings
    assert (finding.vulnerability, finding.package, finding.version) == ("CVE-2026-1", "zlib", "1.2")
    assert (finding.fix, finding.fixed_versions) == (Fix.FIXED, ("1.3", "1.4"))
    assert finding.severity is Severity.CRITICAL
    assert Rating("preferred", Severity.CRITICAL, "9.8", VECTOR) in finding.ratings


def test_an_unknown_severity_stays_unknown_and_no_fix_is_not_known_to_be_none() -> None:
    (finding,) = scan_of(harbor({"id": "CVE-2026-1", "package": "zlib", "severity": "Unknown"})).findings
    assert (finding.severity, finding.fix) == (None, Fix.UNKNOWN)


def test_nothing_found_is_not_the_same_as_nothing_said() -> None:
    assert harbor(vulnerabilities=None).parse is Parse.OK
    report = {
        "generated_at": "2026-11-20T06:00:00Z",
        "artifact": {"digest": str(IMAGE)},
        "scanner": {"name": "Trivy"},
    }
    silent = read(json.dumps(report).encode(), "application/json")
    assert (silent.format, silent.parse) == ("harbor-report", Parse.PARTIAL)


def test_an_entry_that_names_nothing_makes_the_report_partial() -> None:
    reading = harbor({"id": "CVE-2026-1"}, {"id": "CVE-2026-2", "package": "zlib"})
    assert (reading.parse, len(scan_of(reading).findings)) == (Parse.PARTIAL, 1)


def test_a_bill_of_materials_in_harbors_wrapping_is_about_the_image_it_names() -> None:
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "zlib"}]}
    reading = harbor(sbom=bill, media_type="application/vnd.cyclonedx+json")
    (sbom,) = reading.of(Sbom)
    assert (reading.about, len(sbom.components)) == ((IMAGE,), 1)
    assert harbor(sbom={"else": 1}).parse is Parse.REFUSED


RUN = ScanRun(
    scanner="nightly",
    producer="trivy",
    sought=Sought.VULNERABILITIES,
    version="0.50.1",
    database="2026-11-20T06:00:00.000Z",
    started="2026-11-21T06:00:00.000Z",
    finished="2026-11-21T06:01:00.000Z",
    invocation=("trivy", "image"),
    reason="it hung",
)


def stated(run: ScanRun) -> Reading:
    return read(build_scan(run, IMAGE), "application/json")


def reported(value: object, run: ScanRun = RUN) -> Reading:
    content = base64.b64encode(json.dumps(value).encode()).decode()
    return stated(replace(run, reason="", media_type="application/json", report=content))


def test_a_failed_run_is_a_scan_that_examined_nothing_and_says_why() -> None:
    reading = stated(RUN)
    scan = scan_of(reading)
    assert (reading.predicate_type, reading.about) == (SCAN, (IMAGE,))
    assert (scan.producer, scan.packages_examined, scan.findings) == ("trivy", 0, ())
    assert scan.not_examined == ("anything, because it hung",)
    assert scan.created is None  # or it would make older scans look fresh


def test_a_failed_search_for_packages_is_no_bill_of_materials() -> None:
    assert stated(replace(RUN, sought=Sought.PACKAGES)).of(Sbom) == ()


def test_what_the_report_does_not_say_of_its_tool_the_statement_adds() -> None:
    scan = scan_of(reported({"SchemaVersion": 2, "ArtifactName": "x", "Results": []}))
    assert scan.producer_version == "0.50.1"
    assert scan.database_date is not None
    said = scan_of(reported({"SchemaVersion": 2, "ArtifactName": "x", "Trivy": {"Version": "0.60"}}))
    assert said.producer_version == "0.60"


@pytest.mark.parametrize(
    "value",
    [
        {"matches": [], "descriptor": {"name": "grype", "version": "0.80"}},
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []},
        {"anything": "else"},
    ],
    ids=["another producer's", "another kind", "of no kind"],
)
def test_a_report_that_was_not_expected_is_partial_whoever_signed_it(value: object) -> None:
    assert reported(value).parse is Parse.PARTIAL


@pytest.mark.parametrize("change", ["scanner", "sought", "outcome", "report"])
def test_a_statement_without_one_of_its_fields_is_refused(change: str) -> None:
    statement = json.loads(build_scan(replace(RUN, report="e30=", media_type="application/json"), IMAGE))
    del statement["predicate"][change]
    assert read(json.dumps(statement).encode(), "application/json").parse is Parse.REFUSED


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_whatever_stands_in_a_harbor_report_a_reading_comes_back(value: Any) -> None:
    for field in ("vulnerabilities", "sbom", "scanner", "artifact"):
        assert harbor(**{field: value})
    assert harbor({"id": value, "package": "p"}, {"id": "i", "package": "p", "preferred_cvss": value})
