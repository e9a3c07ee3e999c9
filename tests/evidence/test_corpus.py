"""Every real file of our formats, against counts that an independent program made."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.evidence.files import expected

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.suites import TestRun as SuiteRun
from pratique.evidence.formats.osv import Advisory, parse_advisory, parse_records
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read

_EMPTY_LICENCE = "invalid-license-missing-id-and-name-1.6.json"  # a licence that names none is none to us
_TRIVY_STATUS = {
    "fixed": Fix.FIXED,
    "affected": Fix.NOT_FIXED,
    "will_not_fix": Fix.WONT_FIX,
    "end_of_life": Fix.END_OF_LIFE,
}
_GRYPE_STATE = {
    "fixed": Fix.FIXED,
    "not-fixed": Fix.NOT_FIXED,
    "wont-fix": Fix.WONT_FIX,
    "unknown": Fix.UNKNOWN,
    "": Fix.UNKNOWN,
}


def report(problems: list[str], files: int) -> str:
    return f"{len(problems)} of {files} files differ:\n" + "\n".join(problems[:20])


def test_cyclonedx_json_counts_agree_with_an_independent_program(corpus: Path) -> None:
    problems: list[str] = []
    files = 0
    for name, content, expect in expected(corpus, "cyclonedx-json"):
        if expect.get("bomFormat") != "CycloneDX" or name.endswith(_EMPTY_LICENCE):
            continue
        files += 1
        reading = read(content, "application/json")
        problems += [f"{name}: {problem}" for problem in _sbom_problems(reading, expect)]
    assert not problems, report(problems, files)
    assert files > 200


def _sbom_problems(reading: Reading, expect: dict[str, Any]) -> list[str]:
    if "components" not in expect["top_keys"] and expect["vulnerabilities"]:
        return [] if not reading.of(Sbom) else ["a list of statements was read as an SBOM"]
    if not reading.of(Sbom):
        return [f"expected an SBOM, found {reading}"]
    sbom = reading.of(Sbom)[0]
    licensed = [component for component in sbom.components if component.licences]
    counted = {
        "specVersion": reading.format_version,
        "components_total_nested": len(sbom.components),
        "with_any_licence": len(licensed),
        "dependency_edges": sbom.relationships or 0,
        "types": dict(Counter(component.kind or "None" for component in sbom.components)),
    }
    problems = [
        f"{key}: expected {expect[key]}, found {found}" for key, found in counted.items() if expect[key] != found
    ]
    with_purl = sum(component.purl is not None for component in sbom.components)
    # Three package URLs in the corpus are broken; a broken one is none.
    if not expect["with_purl"] - 1 <= with_purl <= expect["with_purl"]:
        problems.append(f"with_purl: expected {expect['with_purl']}, found {with_purl}")
    return problems


def test_files_of_another_bom_format_are_refused_and_others_are_not_taken_for_sboms(corpus: Path) -> None:
    refused = 0
    for name, content, expect in expected(corpus, "cyclonedx-json"):
        if expect.get("bomFormat") == "CycloneDX":
            continue
        reading = read(content, "application/vnd.cyclonedx+json")
        assert not reading.of(Sbom), name
        refused += reading.parse is Parse.REFUSED
    assert refused == 4


def test_trivy_counts_agree_with_an_independent_program(corpus: Path) -> None:
    problems: list[str] = []
    files = 0
    for name, content, expect in [*expected(corpus, "trivy-json"), *expected(corpus, "trivy-operator")]:
        if expect.get("kind") != "trivy":
            continue
        files += 1
        reading = read(content, "application/json")
        problems += [f"{name}: {problem}" for problem in _trivy_problems(reading, expect)]
    assert not problems, report(problems, files)
    assert files > 50


def _trivy_problems(reading: Reading, expect: dict[str, Any]) -> list[str]:
    if not isinstance(reading.facts[0], Scan):
        return [f"expected a scan, found {reading}"]
    scan = reading.facts[0]
    statuses: Counter[Fix] = Counter()
    for status, count in expect.get("by_status", {}).items():
        if status in _TRIVY_STATUS:
            statuses[_TRIVY_STATUS[status]] += count
    packages = any(kind in {"os-pkgs", "lang-pkgs", None} for kind, *_ in expect.get("results", []))
    counted = {
        "vulnerabilities": (expect["vulnerabilities"], len(scan.findings)),
        "packages_listed": (expect.get("packages_listed", None if packages else 0), scan.packages_examined),
        "distinct_ids": (expect.get("distinct_ids", 0), len({one.vulnerability for one in scan.findings})),
        "with_purl": (expect.get("with_purl", 0), sum(one.purl is not None for one in scan.findings)),
        "image_id": (
            expect.get("image_id", ""),
            expect.get("image_id", "") if expect.get("image_id", "") in map(str, reading.about) else "",
        ),
    }
    if None not in expect.get("by_status", {}) and "None" not in expect.get("by_status", {}):
        counted["by_status"] = (dict(statuses), dict(Counter(one.fix for one in scan.findings)))
    return [f"{key}: expected {want}, found {found}" for key, (want, found) in counted.items() if want != found]


def test_grype_counts_agree_with_an_independent_program(corpus: Path) -> None:
    problems: list[str] = []
    files = 0
    for name, content, expect in expected(corpus, "grype-json"):
        files += 1
        reading = read(content, "application/json")
        assert isinstance(reading.facts[0], Scan), name
        findings = reading.facts[0].findings
        states: Counter[Fix] = Counter()
        for state, count in expect["fix_state"].items():
            states[_GRYPE_STATE[state]] += count
        counted = {
            "matches": (expect["matches"] + expect["ignoredMatches"], len(findings)),
            "by_severity": (expect["by_severity"], _words(findings)),
            "fix_state": (dict(states), dict(Counter(one.fix for one in findings))),
            "with_purl": (expect["with_purl"], sum(one.purl is not None for one in findings)),
            "manifest": (
                expect["manifestDigest"] is not None,
                expect["manifestDigest"] in map(str, reading.about),
            ),
        }
        problems += [f"{name}: {key}: {pair}" for key, pair in counted.items() if pair[0] != pair[1]]
    assert not problems, report(problems, files)
    assert files == 4


def _words(findings: tuple[Finding, ...]) -> dict[str, int]:
    first = [one.ratings[0].severity for one in findings]  # the match's own opinion stands first
    return dict(Counter(severity.label.title() for severity in first if severity is not None))


def test_junit_counts_agree_with_an_independent_program(corpus: Path) -> None:
    problems: list[str] = []
    files = 0
    for name, content, expect in expected(corpus, "junit"):
        files += 1
        reading = read(content, "text/xml")
        if expect.get("xml_error"):
            assert reading.parse is Parse.REFUSED, name
            continue
        runs = reading.of(Suites)[0].runs
        found = _outcomes(runs)
        if found != expect["outcome"] or sum(run.total for run in runs) != expect["testcases"]:
            problems.append(f"{name}: expected {expect['outcome']}, found {found}")
    assert not problems, report(problems, files)
    assert files == 24


def _outcomes(runs: tuple[SuiteRun, ...]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for run in runs:
        found.update(passed=run.passed, failure=run.failed, error=run.errored, skipped=run.skipped)
    return {outcome: count for outcome, count in found.items() if count}


def test_osv_records_agree_with_an_independent_program(corpus: Path) -> None:
    problems: list[str] = []
    files = 0
    for name, content, expect in expected(corpus, "osv"):
        files += 1
        (record,) = parse_records(content)
        advisory = parse_advisory(record)
        assert isinstance(advisory, Advisory), name
        assert advisory.withdrawn is (expect["withdrawn"] is not None), name
        problems += [f"{name}: {problem}" for problem in _osv_problems(advisory, expect)]
    assert not problems, report(problems, files)
    assert files > 250


def _osv_problems(advisory: Advisory, expect: dict[str, Any]) -> list[str]:
    events = [event for one in advisory.affected for said in one.ranges for event in said.events]
    fixed = {event.version for event in events if event.kind == "fixed"}
    counted: dict[str, tuple[Any, Any]] = {
        "id": (expect["id"], advisory.identifier),
        "aliases": (set(), set(expect["aliases"]) - set(advisory.aliases)),
        "versions": (expect["versions_enumerated"], sum(len(one.versions) for one in advisory.affected)),
    }
    if "GIT" not in expect["range_types"]:
        counted["fixed"] = (set(expect["fixed_versions"]), fixed)
        counted["events"] = (expect["event_kinds"], dict(Counter(event.kind for event in events)))
    return [f"{key}: expected {want}, found {found}" for key, (want, found) in counted.items() if want != found]


def test_no_file_of_the_whole_corpus_raises_or_is_silently_nothing(corpus: Path) -> None:
    kinds: Counter[str] = Counter()
    for folder in sorted(path.name for path in corpus.iterdir() if path.is_dir()):
        for name, content, _ in expected(corpus, folder):
            reading = read(content, "application/octet-stream")
            kinds[reading.parse] += 1
            assert (not reading.facts) == (reading.parse is Parse.REFUSED), name
            assert reading.parse is Parse.OK or reading.reasons, name
    assert sum(kinds.values()) > 1700
