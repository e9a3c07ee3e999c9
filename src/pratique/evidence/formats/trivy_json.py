"""Trivy's JSON report, schema version 2: which packages it saw and what it found in them.

Source: aquasecurity/trivy, pkg/types/report.go and pkg/types/vulnerability.go (Apache-2.0), and its golden files.
A report without package results means that nothing was recognised, not that nothing was wrong.
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan
from pratique.evidence.formats.trivy_results import PRODUCER, read_other_classes, silence
from pratique.evidence.lookup import (
    Notes,
    digests_of,
    moment_of,
    number_at,
    table_at,
    tables_at,
    text_at,
    texts_at,
)
from pratique.evidence.model import Reading
from pratique.evidence.placed import layer_of_trivy
from pratique.evidence.purl import parse_purl
from pratique.evidence.severity import parse_severity, rate

FORMAT = "trivy-json"
_MARKS = frozenset({"ArtifactName", "Results", "Metadata"})
_PACKAGE_CLASSES = frozenset({"os-pkgs", "lang-pkgs"})
_FIX = {
    "fixed": Fix.FIXED,
    "affected": Fix.NOT_FIXED,
    "will_not_fix": Fix.WONT_FIX,
    "fix_deferred": Fix.DEFERRED,
    "end_of_life": Fix.END_OF_LIFE,
    "under_investigation": Fix.UNKNOWN,
}
_LABELS = (None, "low", "medium", "high", "critical")  # trivy-db pkg/types/types.go, "Severity"
_VECTORS = (("V40Vector", "V40Score"), ("V3Vector", "V3Score"), ("V2Vector", "V2Score"))  # newest first


def read_trivy_json(document: Document) -> Reading | None:
    """Return what a Trivy report says, or nothing where it is something else."""
    report = json_object(document)
    if "SchemaVersion" not in report or _MARKS.isdisjoint(report):
        return None
    notes = Notes()
    if report["SchemaVersion"] != 2:
        notes.add(f"SchemaVersion: expected 2, found {str(report['SchemaVersion'])[:20]}")
    metadata = table_at(report, "Metadata")
    results = tables_at(report, "Results", notes)
    scan = Scan(
        producer=PRODUCER,
        producer_version=text_at(table_at(report, "Trivy"), "Version"),
        database_date=None,  # the report does not say
        created=moment_of(text_at(report, "CreatedAt")),
        packages_examined=_packages(results, notes),
        findings=_findings(results, notes),
    )
    others = read_other_classes(results, text_at(table_at(report, "Trivy"), "Version"), notes)
    about = digests_of(text_at(metadata, "ImageID"), *texts_at(metadata, "RepoDigests"))
    return Reading(
        FORMAT, str(report["SchemaVersion"])[:20], notes.parse, notes.reasons, (scan, *others), about=about
    )


def _is_packages(result: dict[str, Any]) -> bool:
    # Reports before Class existed name only a Type, and hold Vulnerabilities.
    return text_at(result, "Class") in _PACKAGE_CLASSES or ("Vulnerabilities" in result and "Class" not in result)


def _packages(results: list[dict[str, Any]], notes: Notes) -> int | None:
    looked = [result for result in results if _is_packages(result)]
    if not looked:
        return 0
    listed = [result for result in looked if result.get("Packages") is not None]
    return sum(len(tables_at(result, "Packages", notes)) for result in listed) if listed else None


def _findings(results: list[dict[str, Any]], notes: Notes) -> tuple[Finding, ...]:
    found: list[Finding | None] = []
    for result in results:
        found += [_finding(entry, None, notes) for entry in tables_at(result, "Vulnerabilities", notes)]
        for silenced in tables_at(result, "ExperimentalModifiedFindings", notes):
            if silenced.get("Type") == "vulnerability":
                found.append(_finding(table_at(silenced, "Finding"), silence(silenced), notes))
    return tuple(finding for finding in found if finding)


def _finding(entry: dict[str, Any], suppressed: str | None, notes: Notes) -> Finding | None:
    identifier, package = text_at(entry, "VulnerabilityID"), text_at(entry, "PkgName")
    if not identifier or not package:
        notes.add("Vulnerabilities: an entry without VulnerabilityID or PkgName was not read")
        return None
    purl = text_at(table_at(entry, "PkgIdentifier"), "PURL")
    parsed = parse_purl(purl) if purl else None
    fixed = _fixed(text_at(entry, "FixedVersion"))
    status = text_at(entry, "Status")
    return Finding(
        vulnerability=identifier,
        aliases=(),  # VendorIDs are advisories, and one of them covers many vulnerabilities
        package=package,
        version=text_at(entry, "InstalledVersion"),
        purl=parsed.canonical if parsed else None,
        ratings=_ratings(entry),
        fix=_FIX.get(status, Fix.UNKNOWN) if status else (Fix.FIXED if fixed else Fix.UNKNOWN),
        fixed_versions=fixed,
        suppressed=suppressed,
        severity=parse_severity(entry.get("Severity")),
        written=purl,
        published=moment_of(text_at(entry, "PublishedDate")),
        layers=layer_of_trivy(entry.get("Layer")),
    )


def _fixed(text: str | None) -> tuple[str, ...]:
    """Return the versions of a list such as ``1.2.3, 2.0.1``."""
    return tuple(part for piece in text.split(",") if (part := piece.strip())) if text else ()


def _ratings(entry: dict[str, Any]) -> tuple[Rating, ...]:
    labels, scores = table_at(entry, "VendorSeverity"), table_at(entry, "CVSS")
    found = [_rating(source, labels.get(source), scores.get(source)) for source in sorted({**labels, **scores})]
    word = entry.get("Severity")
    source, severity = text_at(entry, "SeveritySource") or "trivy", parse_severity(word)
    if severity is None or any(one.source == source and one.severity is severity for one in found):
        return tuple(found)
    return (*found, rate(source, severity.label, None, None))


def _rating(source: str, label: object, cvss: object) -> Rating:
    word = _LABELS[label] if type(label) is int and 0 <= label < len(_LABELS) else None
    if isinstance(cvss, dict):
        for vector, score in _VECTORS:
            if vector in cvss or score in cvss:
                return rate(source, word, number_at(cvss, score), text_at(cvss, vector))
    return rate(source, word, None, None)
