"""What predicates say: each family in the shapes in which tools write it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.evidence.statements import IMAGE, OTHER, said, statement

from pratique.evidence.facts.claims import Attribute, Attributes, RuntimeReport, Verdict
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan, Severity
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.suites import TestRun as SuiteRun
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Parse
from pratique.evidence.read import read
from pratique.evidence.summary import summarise
from pratique.values.uris import RUNTIME_REPORT

IN_TOTO = "https://in-toto.io/attestation"
NOON = "2026-03-01T12:00:00Z"


# Subjects


def test_subjects_are_shown_in_every_algorithm_and_bind_by_sha256_alone() -> None:
    reading = said("https://a.example/b", {}, {"sha512": "f" * 128, "sha256": IMAGE.hex}, {"gitCommit": "c" * 40})
    assert reading.subjects == (f"gitCommit:{'c' * 40}", str(IMAGE), f"sha512:{'f' * 128}")
    assert reading.about == (IMAGE,)
    assert summarise(reading)["statement"]["subjects"] == list(reading.subjects)


@pytest.mark.parametrize("digest", ["abc...", "A" * 64, "c" * 40])
def test_a_sha256_that_is_none_is_shown_and_binds_nothing(digest: str) -> None:
    reading = said("https://a.example/b", {}, {"sha256": digest})
    assert (reading.parse, reading.about, reading.subjects) == (Parse.PARTIAL, (), (f"sha256:{digest}",))
    assert "binds the statement to nothing" in reading.reasons[0]


def test_a_subject_of_another_type_is_refused() -> None:
    content = statement("https://a.example/b", {}, {"sha256": "seven"}).replace(b'"seven"', b"7")
    assert read(content, "").parse is Parse.REFUSED


# Vulnerabilities


@pytest.mark.parametrize("version", ["v0.1", "v0.2"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_vulnerabilities_are_about_the_subject(version: str, wrapped: bool) -> None:
    entry: dict[str, Any] = {
        "id": "CVE-2024-1",
        "severity": [
            {"method": "nvd", "score": "medium"},
            {"method": "cvss_score", "score": "9.1"},
            {"method": "CVSSv31", "score": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L"},
        ],
    }
    scanner = {
        "uri": "https://scanner.example",
        "version": "3",
        "db": {"lastUpdate": NOON},
        "result": [{"vulnerability": entry} if wrapped else entry],
    }
    reading = said(f"{IN_TOTO}/vulns/{version}", {"scanner": scanner, "metadata": {"scanFinishedOn": NOON}})
    (scan,) = reading.of(Scan)
    (finding,) = scan.findings
    assert (finding.vulnerability, finding.package, finding.severity) == ("CVE-2024-1", "shop", Severity.CRITICAL)
    assert [one.severity for one in finding.ratings] == [Severity.MEDIUM, Severity.CRITICAL, Severity.LOW]
    assert (scan.producer, scan.database_date, scan.packages_examined) == (
        "https://scanner.example",
        scan.created,
        None,
    )
    assert reading.format_version == version[1:]


def test_vulnerabilities_without_a_result_say_nothing_and_an_empty_one_says_that_there_are_none() -> None:
    kind = f"{IN_TOTO}/vulns/v0.2"
    assert said(kind, {"scanner": {"uri": "x"}}).parse is Parse.PARTIAL
    none = said(kind, {"scanner": {"uri": "x", "result": []}})
    assert (none.parse, none.of(Scan)[0].findings) == (Parse.OK, ())


# Tests


def counted(**predicate: Any) -> SuiteRun:
    (suites,) = said(f"{IN_TOTO}/test-result/v0.1", predicate).of(Suites)
    return suites.runs[0]


def test_test_results_count_their_lists() -> None:
    run = counted(
        result="FAILED",
        configuration=[{"name": "ci.yml"}],
        passedTests=["a", "b"],
        warnedTests=["c"],
        failedTests=["d"],
    )
    assert run == SuiteRun("ci.yml", 4, 3, 1, 0, 0)


@pytest.mark.parametrize("result", ["FAILED", "ODD", None])
def test_a_bad_verdict_without_a_failed_test_counts_as_one_that_broke(result: str | None) -> None:
    assert counted(result=result, passedTests=["a"]) == SuiteRun("", 2, 1, 0, 1, 0)


def test_a_good_verdict_beside_a_failed_test_does_not_hide_it() -> None:
    assert counted(result="PASSED", failedTests=["a"]).failed == 1
    assert counted(result="PASSED").total == 0


# Claims


@pytest.mark.parametrize("kind", [f"{IN_TOTO}/scai/v0.3", f"{IN_TOTO}/scai/attribute-report/v0.2"])
def test_attributes_keep_conditions_target_and_evidence(kind: str) -> None:
    predicate = {
        "attributes": [
            {"attribute": "WITH_STACK_PROTECTION", "conditions": {"flags": "-f", "a": 1}},
            {"attribute": "REPRODUCIBLE", "target": {"name": "x"}, "evidence": {"digest": {"sha256": OTHER.hex}}},
            {"attribute": "SHORT", "evidence": {"digest": {"sha256": "abc..."}}},
        ],
        "producer": {"uri": "https://builder.example"},
    }
    assert said(kind, predicate).of(Attributes) == (
        Attributes(
            "https://builder.example",
            (
                Attribute("WITH_STACK_PROTECTION", '{"a":1,"flags":"-f"}', None),
                Attribute("REPRODUCIBLE", None, "x", (OTHER,)),
                Attribute("SHORT", None, None),
            ),
        ),
    )


def test_an_attribute_without_a_name_is_noted() -> None:
    reading = said(f"{IN_TOTO}/scai/v0.3", {"attributes": [{"conditions": {}}]})
    assert (reading.parse, reading.of(Attributes)[0].attributes) == (Parse.PARTIAL, ())


@pytest.mark.parametrize(("word", "passed"), [("PASSED", True), ("FAILED", False), ("passed", None), (None, None)])
def test_a_verification_summary_passes_with_that_very_word_only(word: str | None, passed: bool | None) -> None:
    predicate = {
        "verifier": {"id": "https://v.example"},
        "timeVerified": NOON,
        "policy": {"uri": "https://p.example"},
        "resourceUri": "shop",
        "verificationResult": word,
        "verifiedLevels": ["SLSA_BUILD_LEVEL_3"],
    }
    (verdict,) = said("https://slsa.dev/verification_summary/v1", predicate).of(Verdict)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    levels = ("SLSA_BUILD_LEVEL_3",)
    assert verdict == Verdict("https://v.example", at, "https://p.example", passed, levels, "shop")


def test_an_older_summary_names_its_level_otherwise() -> None:
    predicate = {"verificationResult": "PASSED", "policy_level": "SLSA_LEVEL_2"}
    (verdict,) = said("https://slsa.dev/verification_summary/v0.2", predicate).of(Verdict)
    assert verdict.levels == ("SLSA_LEVEL_2",)


@pytest.mark.parametrize("version", ["v0.1", "v0.2"])
def test_a_simple_result_asserts_properties_and_without_any_nothing(version: str) -> None:
    kind = f"{IN_TOTO}/svr/{version}"
    (verdict,) = said(kind, {"verifier": {"id": "v"}, "timeCreated": NOON, "properties": ["A", "B"]}).of(Verdict)
    assert (verdict.passed, verdict.levels) == (True, ("A", "B"))
    empty = said(kind, {"verifier": {"id": "v"}, "properties": []})
    assert (empty.parse, empty.of(Verdict)[0].passed) == (Parse.PARTIAL, None)


# Runtime


def test_a_trace_counts_what_was_logged_and_knows_of_no_alerts() -> None:
    predicate = {
        "monitor": {"type": "https://tetragon.example"},
        "monitorLog": {"process": [{}, {}], "network": []},
        "metadata": {"buildStartedOn": NOON},
    }
    (report,) = said(f"{IN_TOTO}/runtime-trace/v0.1", predicate).of(RuntimeReport)
    assert report.observed == (("process", 2), ("network", 0))
    assert (report.alerts, report.restarts, report.producer) == (None, None, "https://tetragon.example")


def test_a_trace_without_a_log_is_partial() -> None:
    assert said(f"{IN_TOTO}/runtime-trace/v0.1", {"monitor": {}}).parse is Parse.PARTIAL


RUNTIME: dict[str, Any] = {
    "producer": {"id": "https://monitor.example"},
    "environment": "staging",
    "window": {"from": NOON, "to": "2026-03-02T12:00:00Z"},
    "alerts": {"critical": 0, "high": 2},
    "restarts": 1,
}


def test_a_runtime_report_says_where_how_long_and_what() -> None:
    reading = said(RUNTIME_REPORT, RUNTIME)
    (report,) = reading.of(RuntimeReport)
    assert report.environment == "staging"
    assert report.started is not None
    assert report.ended is not None
    assert (report.ended - report.started).days == 1
    assert report.alerts is not None
    assert report.alerts.by_severity == (("critical", 0), ("high", 2))
    assert summarise(reading)["counts"] == {"alerts": {"critical": 0, "high": 2}, "restarts": 1}


def test_a_runtime_report_that_counts_nothing_says_nothing_about_alerts() -> None:
    (report,) = said(RUNTIME_REPORT, {**RUNTIME, "alerts": None, "restarts": None}).of(RuntimeReport)
    assert (report.alerts, report.restarts) == (None, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"environment": None},
        {"window": {"from": NOON}},
        {"window": {"from": "2026-03-02T12:00:00Z", "to": NOON}},
        {"window": {"from": "2026-03-01T12:00:00", "to": NOON}},
        {"alerts": {"severe": 1}},
        {"alerts": {"high": -1}},
        {"alerts": {"high": True}},
        {"restarts": "1"},
        {"producer": "x"},
    ],
)
def test_a_runtime_report_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    assert said(RUNTIME_REPORT, {**RUNTIME, **changes}).parse is Parse.REFUSED


# Documents


SPDX = {
    "spdxVersion": "SPDX-2.3",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "shop",
    "packages": [{"name": "flask", "SPDXID": "SPDXRef-1", "versionInfo": "1"}],
}
TAG_VALUE = "\n".join(
    ("SPDXVersion: SPDX-2.2", "SPDXID: SPDXRef-DOCUMENT", "", "PackageName: flask", "SPDXID: SPDXRef-1", "")
)
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "statements": [
        {"vulnerability": {"name": "CVE-2024-1"}, "products": [{"@id": "pkg:oci/shop"}], "status": "fixed"}
    ],
}


@pytest.mark.parametrize("version", ["", "/v2.3", "/v3.0.1"])
@pytest.mark.parametrize("predicate", [SPDX, {"Data": TAG_VALUE, "Timestamp": NOON}])
def test_an_spdx_predicate_is_a_bill_of_materials(version: str, predicate: dict[str, Any]) -> None:
    reading = said(f"https://spdx.dev/Document{version}", predicate)
    assert [component.name for component in reading.of(Sbom)[0].components] == ["flask"]
    assert reading.about == (IMAGE,)


@pytest.mark.parametrize("predicate", [{}, VEX, {"Data": "a note"}, {"Data": None}])
def test_an_spdx_predicate_that_is_none_is_refused(predicate: dict[str, Any]) -> None:
    assert said("https://spdx.dev/Document", predicate).parse is Parse.REFUSED


@pytest.mark.parametrize("kind", ["https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0"])
def test_an_openvex_predicate_asserts_what_the_document_does(kind: str) -> None:
    (vex,) = said(kind, VEX).of(Vex)
    assert vex.statements[0].vulnerability == "CVE-2024-1"
    assert said(kind, SPDX).parse is Parse.REFUSED


# Kept


@pytest.mark.parametrize(
    ("kind", "predicate", "words"),
    [
        (f"{IN_TOTO}/link/v0.3", {"name": "build"}, "a link of the step build"),
        (f"{IN_TOTO}/release/v0.1", {"purl": "pkg:npm/x@1"}, "a release of pkg:npm/x@1"),
        (
            f"{IN_TOTO}/reference/v0.1",
            {"attester": {"id": "a"}, "references": [{}]},
            "1 references to documents, by a",
        ),
        ("https://a.example/new", {}, "a statement of type https://a.example/new, not interpreted"),
        (f"{IN_TOTO}/vulns/next", {}, f"a statement of type {IN_TOTO}/vulns/next, not interpreted"),
        (f"{IN_TOTO}/other/v1", {}, f"a statement of type {IN_TOTO}/other/v1, not interpreted"),
    ],
)
def test_what_is_not_interpreted_is_kept_bound_and_shown(kind: str, predicate: dict[str, Any], words: str) -> None:
    reading = said(kind, predicate)
    assert reading.facts == (Opaque(words),)
    assert (reading.about, reading.predicate_type, reading.parse) == ((IMAGE,), kind, Parse.OK)


def test_whoever_an_unknown_predicate_names_as_its_builder_is_shown() -> None:
    reading = said("https://a.example/new", {"builder": {"id": "https://b.example"}})
    assert summarise(reading)["statement"]["builder_id"] == "https://b.example"
