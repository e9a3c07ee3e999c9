"""Reports of Harbor's pluggable scanners: vulnerabilities (1.0 and 1.1), and a bill of materials in its wrapping.

Source: goharbor/pluggable-scanner-spec, api/spec/scanner-adapter-openapi-v1.2.yaml (Apache-2.0). The report does not
say how many packages were examined, nor which kind a package is.
"""

from typing import Any, Final

from pratique.evidence.document import Document, JsonDocument, json_object
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan
from pratique.evidence.formats.cyclonedx_json import read_cyclonedx_json
from pratique.evidence.formats.spdx_json import read_spdx_json
from pratique.evidence.lookup import Notes, digests_of, moment_of, number_at, shown, table_at, tables_at, text_at
from pratique.evidence.model import Parse, Reading
from pratique.evidence.severity import parse_severity, rate

FORMAT: Final = "harbor-report"
SBOM_FORMAT: Final = "harbor-sbom"
_CVSS: Final = (("vector_v3", "score_v3"), ("vector_v2", "score_v2"))  # newest first


def read_harbor(document: Document) -> Reading | None:
    """Return what such a report says, or nothing where it is something else."""
    report = json_object(document)
    scanner, artifact = table_at(report, "scanner"), table_at(report, "artifact")
    name, digest = text_at(scanner, "name"), text_at(artifact, "digest")
    if name is None or digest is None or "generated_at" not in report:
        return None
    about = digests_of(digest)
    if "sbom" in report:
        return _bill(report, digest)
    notes = Notes()
    if "vulnerabilities" not in report:  # null is how Go writes an empty list, and says that nothing was found
        notes.add("vulnerabilities: expected a list, which may be empty, found none")
    producer = producer_of(name)
    findings = [_finding(entry, producer, notes) for entry in tables_at(report, "vulnerabilities", notes)]
    scan = Scan(
        producer=producer,
        producer_version=text_at(scanner, "version"),
        database_date=None,  # the adapter says it elsewhere, in its metadata
        created=moment_of(text_at(report, "generated_at")),
        packages_examined=None,
        findings=tuple(finding for finding in findings if finding),
    )
    return Reading(FORMAT, None, notes.parse, notes.reasons, (scan,), about=about)


def producer_of(name: str) -> str:
    """Return how policies call a scanner that calls itself so, such as ``trivy`` for ``Trivy``."""
    return "-".join(name.lower().split())


def _bill(report: dict[str, Any], digest: str) -> Reading:
    inside = JsonDocument(report["sbom"])
    reading = read_cyclonedx_json(inside) or read_spdx_json(inside)
    if reading is None:
        said = shown(text_at(report, "media_type") or "something else", 60)
        reason = f"sbom: expected a CycloneDX or SPDX document, found {said}"
        return Reading(SBOM_FORMAT, None, Parse.REFUSED, (reason,), ())
    return Reading(
        reading.format,
        reading.format_version,
        reading.parse,
        reading.reasons,
        reading.facts,
        about=digests_of(digest),
    )


def _finding(entry: dict[str, Any], producer: str, notes: Notes) -> Finding | None:
    identifier, package = text_at(entry, "id"), text_at(entry, "package")
    if not identifier or not package:
        notes.add("vulnerabilities: an entry without id or package was not read")
        return None
    fixed = text_at(entry, "fix_version")
    return Finding(
        vulnerability=identifier,
        aliases=(),
        package=package,
        version=text_at(entry, "version"),
        purl=None,
        ratings=_ratings(entry, producer),
        fix=Fix.FIXED if fixed else Fix.UNKNOWN,
        fixed_versions=tuple(part for piece in (fixed or "").split(",") if (part := piece.strip())),
        severity=parse_severity(entry.get("severity")),
    )


def _ratings(entry: dict[str, Any], producer: str) -> tuple[Rating, ...]:
    preferred = table_at(entry, "preferred_cvss")
    found = [rate(producer, text_at(entry, "severity"), None, None)]
    for vector, score in _CVSS:
        number, text = number_at(preferred, score), text_at(preferred, vector)
        if number or text:  # adapters write 0 for a score that they do not have
            found.append(rate("preferred", None, number, text))
            break
    return tuple(found)
