"""Every real report, statement and list, against counts that an independent program made; differences are written."""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.files import expected

from pratique.evidence.facts.lists import Advisories
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.results import ResultKind, Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read
from pratique.evidence.summary import count

Expectation = dict[str, Any]
Wanted = Iterator[tuple[str, Any, Any]]
"""What is counted, what is expected, what was found."""

DIFFERENCES = Path(__file__).parent / "differences.toml"
_TRIVY_STATUS = {
    "fixed": "fixed",
    "affected": "not_fixed",
    "will_not_fix": "wont_fix",
    "fix_deferred": "deferred",
    "end_of_life": "end_of_life",
    "under_investigation": "unknown",
}
_GRYPE_STATE = {
    "fixed": "fixed",
    "not-fixed": "not_fixed",
    "wont-fix": "wont_fix",
    "unknown": "unknown",
    "": "unknown",
}
_LEVELS_OF_1 = {"pass": "none", "notApplicable": "none"}  # SARIF 1.0.0
_LEVELS = {"CRITICAL": "error", "HIGH": "error", "MEDIUM": "warning", "LOW": "note"}


def words(counted: dict[str, int], names: dict[str, str] | None = None) -> dict[str, int]:
    """Return counts under our labels; what nobody said is unknown."""
    found: Counter[str] = Counter()
    for word, number in counted.items():
        known = "unknown" if word == "None" else word.lower()
        found[names.get(word, known) if names else known] += number
    return dict(found)


def trivy(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if expect.get("kind") != "trivy":
        yield "opaque", True, bool(reading.of(Opaque))
        return
    yield "findings", expect["vulnerabilities"], counts["findings"]
    yield "by_severity", words(expect.get("by_severity", {})), counts["by_severity"]
    yield "distinct", expect.get("distinct_ids", 0), counts["distinct_vulnerabilities"]
    yield (
        "with_purl",
        expect.get("with_purl", 0),
        sum(one.purl is not None for one in reading.of(Scan)[0].findings),
    )
    if "None" not in expect.get("by_status", {}):
        yield "by_fix_state", words(expect.get("by_status", {}), _TRIVY_STATUS), counts["by_fix_state"]
    if "packages_listed" in expect:
        yield "packages", expect["packages_listed"], counts["packages_examined"]
    if "image_id" in expect:
        yield "about", True, expect["image_id"] in map(str, reading.about)
    for kind, key in ((ResultKind.MISCONFIGURATION, "misconfigurations"), (ResultKind.DISCLOSURE, "secrets")):
        levels: Counter[str] = Counter()
        for word, number in expect.get(key, {}).items():
            levels[_LEVELS[word.rpartition("/")[2]]] += number
        found = [one for each in reading.of(Results) if each.kind is kind for one in each.results or ()]
        yield key, dict(levels), dict(Counter(one.level.value for one in found))


def grype(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    findings = reading.of(Scan)[0].findings
    yield "findings", expect["matches"] + expect["ignoredMatches"], counts["findings"]
    yield "suppressed", expect["ignoredMatches"], counts["suppressed"]
    yield "by_severity", words(expect["by_severity"]), counts["by_severity"]
    yield "by_fix_state", words(expect["fix_state"], _GRYPE_STATE), counts["by_fix_state"]
    yield "distinct", expect["distinct_ids"], counts["distinct_vulnerabilities"]
    yield "with_purl", expect["with_purl"], sum(one.purl is not None for one in findings)
    yield "with_epss", expect["with_epss"], sum(one.likelihood is not None for one in findings)
    yield "with_kev", expect["with_kev"], sum(one.known_exploited is True for one in findings)


def osv_scanner(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if "results" not in expect["top_keys"]:  # the tool's own test data, which it never writes out
        yield "opaque", True, bool(reading.of(Opaque))
        return
    yield "findings", expect["vulns"], counts["findings"]
    yield "distinct", expect["distinct_ids"], counts["distinct_vulnerabilities"]
    if expect["vulns"] == 0:
        yield "packages", expect["packages"], counts["packages_examined"]


def osv(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "advisories", 1, counts.get("advisories")
    yield "withdrawn", int(expect["withdrawn"] is not None), counts.get("withdrawn")
    yield "id", (expect["id"],), reading.of(Advisories)[0].identifiers
    yield "version", expect["schema_version"], reading.format_version


def sarif(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "version", expect["version"], reading.format_version
    yield "runs", len(expect["runs"]), counts["runs"]
    ran = [run for run in expect["runs"] if run["results_property"] == "present"]
    yield "not_run", len(expect["runs"]) - len(ran), counts.get("not_run", 0)
    levels: Counter[str] = Counter()
    for run in ran:
        levels.update(words(run["effective_levels"], _LEVELS_OF_1))
    yield "results", dict(levels), counts.get("results", {})
    yield "suppressed", sum(run["suppressed"] for run in ran), counts.get("suppressed", 0)
    for run, found in zip(expect["runs"], reading.of(Results), strict=True):
        if run["tool"] is not None:
            yield "tool", run["tool"], found.producer
        if run["results"]:
            # A rule that is named by its place alone has a name to us as well.
            yield "rules", True, run["distinct_ruleIds"] <= len({one.rule for one in found.results or ()})


def junit(expect: Expectation, counts: dict[str, Any], _: Reading) -> Wanted:
    outcome = expect["outcome"]
    yield "total", expect["testcases"], counts["tests"]["total"]
    for ours, theirs in (
        ("passed", "passed"),
        ("failed", "failure"),
        ("errored", "error"),
        ("skipped", "skipped"),
    ):
        yield ours, outcome.get(theirs, 0), counts["tests"][ours]


def openvex(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if expect["@context"] is None:  # an empty object, and a CSAF document
        yield "format", True, reading.format != "openvex"
        return
    statements = reading.of(Vex)[0].statements
    yield "vex_statements", expect["statements"], counts["vex_statements"]
    yield "vex", words(expect["statuses"]), counts["vex"]
    yield "unexplained", expect["not_affected_without_justification_or_impact"], counts["unexplained"]
    yield "without products", expect["statements_without_products"], sum(not one.scoped for one in statements)
    yield "product_refs", expect["product_refs"], sum(len(one.scoped) for one in statements)
    yield (
        "subcomponents",
        expect["subcomponents"],
        sum(len(scope.parts) for one in statements for scope in one.scoped),
    )
    stated = Counter(one.justification for one in statements if one.justification)
    yield "justifications", expect["justifications"], dict(stated)
    yield "vulns", set(expect["vulns"]), {one.vulnerability for one in statements}


def csaf(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    yield "version", expect["csaf_version"], reading.format_version
    yield "vex", expect["product_status_refs"], counts["vex"]
    named = {one.vulnerability for one in reading.of(Vex)[0].statements}
    yield "cves", True, named - {""} <= {*expect["cves"]} or not expect["cves"]


def lists(expect: Expectation, counts: dict[str, Any], reading: Reading) -> Wanted:
    if expect.get("kind") == "kev":
        yield "known_exploited", expect["count"], counts["known_exploited"]
        yield "ransomware", expect["ransomware_known"], counts["ransomware"]
    elif expect.get("top_level") == "array":
        yield "likelihoods", expect["length"], counts["likelihoods"]
    elif "item" in expect["top_keys"]:
        yield "one entry", 1, counts.get("likelihoods", 0) + counts.get("known_exploited", 0)
    else:
        yield "opaque", True, bool(reading.of(Opaque))


def uninterpreted(_: Expectation, __: dict[str, Any], reading: Reading) -> Wanted:
    yield "opaque", True, bool(reading.of(Opaque))


Compare = Callable[[Expectation, dict[str, Any], Reading], Wanted]
FOLDERS: dict[str, Compare] = {
    "trivy-json": trivy,
    "trivy-operator": trivy,
    "grype-json": grype,
    "osv-scanner-json": osv_scanner,
    "osv": osv,
    "osv-yaml": osv,
    "sarif": sarif,
    "junit": junit,
    "openvex": openvex,
    "csaf": csaf,
    "kev-epss": lists,
    "distro-advisories": uninterpreted,
    "nvd": uninterpreted,
    "vendor-scan": uninterpreted,
    "trivy-other": uninterpreted,
    "osv-and-vendor-advisories": uninterpreted,
}


def problems_of(folder: str, content: bytes, expect: Expectation) -> list[str]:
    reading = read(content, "application/octet-stream")
    if expect.get("json_error") or expect.get("xml_error"):
        return [] if reading.parse is Parse.REFUSED or reading.of(Opaque) else [f"not refused: {reading}"[:200]]
    if not reading.facts:
        return [f"refused: {reading.reasons}"]
    wanted = FOLDERS[folder](expect, count(reading.facts), reading)
    return [f"{what}: expected {want}, found {found}" for what, want, found in wanted if want != found]


@pytest.mark.parametrize("folder", FOLDERS)
def test_counts_agree_with_an_independent_program(corpus: Path, folder: str) -> None:
    explained = tomllib.loads(DIFFERENCES.read_text())
    problems = []
    files = 0
    for name, content, expect in expected(corpus, folder):
        files += 1
        found = problems_of(folder, content, expect)
        if found and name not in explained:
            problems.append(f"{name}: {'; '.join(found)}")
    assert files
    assert not problems, f"{len(problems)} of {files} files differ:\n" + "\n".join(problems[:20])


def test_what_is_broken_is_refused_with_a_reason_that_says_where(corpus: Path) -> None:
    refused = {}
    for folder in FOLDERS:
        for name, content, expect in expected(corpus, folder):
            if expect.get("json_error") or expect.get("xml_error"):
                reading = read(content, "application/octet-stream")
                if reading.parse is Parse.REFUSED:
                    refused[name] = reading.reasons
    assert len(refused) >= 4
    assert all(len(reasons) == 1 and "line" in reasons[0] for reasons in refused.values()), refused
