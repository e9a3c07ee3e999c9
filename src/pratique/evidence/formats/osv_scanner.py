"""osv-scanner's JSON report: for each package the OSV records that concern it.

Source: google/osv-scanner, pkg/models/results.go (Apache-2.0). Only with ``--all-packages`` does it list packages
without vulnerabilities; otherwise it does not say how many it examined.
"""

import re
from typing import Any

from pratique.evidence.affected import concerns
from pratique.evidence.document import Document, json_object
from pratique.evidence.ecosystem import normal_name, parse_ecosystem
from pratique.evidence.facts.scan import Finding, Fix, Scan, Severity
from pratique.evidence.formats.osv import Advisory, parse_advisory
from pratique.evidence.lookup import Notes, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.evidence.purl import parse_purl, percent_encoded
from pratique.evidence.severity import severity_of_score

FORMAT = "osv-scanner-json"
_SCORE = re.compile(r"\d{1,2}(?:\.\d{1,3})?")
_TYPES = {
    "Bitnami": "bitnami",
    "crates.io": "cargo",
    "Go": "golang",
    "Hex": "hex",
    "Maven": "maven",
    "npm": "npm",
    "NuGet": "nuget",
    "Packagist": "composer",
    "Pub": "pub",
    "PyPI": "pypi",
    "RubyGems": "gem",
}
_SYSTEMS = {
    "AlmaLinux": "rpm/almalinux",
    "Alpine": "apk/alpine",
    "Chainguard": "apk/chainguard",
    "Debian": "deb/debian",
    "Rocky Linux": "rpm/rocky",
    "Ubuntu": "deb/ubuntu",
    "Wolfi": "apk/wolfi",
}


def read_osv_scanner(document: Document) -> Reading | None:
    """Return what an osv-scanner report says, or nothing where it is something else."""
    report = json_object(document)
    listed = report.get("results")
    if not isinstance(listed, list) or not _is_report(report, listed):
        return None
    notes = Notes()
    packages = [
        package
        for result in tables_at(report, "results", notes)
        for package in tables_at(result, "packages", notes)
    ]
    scan = Scan(
        producer="osv-scanner",
        producer_version=None,  # the report does not say
        database_date=None,
        created=None,
        packages_examined=len(packages) if any(not one.get("vulnerabilities") for one in packages) else None,
        findings=tuple(finding for package in packages for finding in _findings(package, notes)),
    )
    return Reading(FORMAT, None, notes.parse, notes.reasons, (scan,))


def _is_report(report: dict[str, Any], listed: list[Any]) -> bool:
    if "experimental_config" in report:
        return True
    return all(isinstance(result, dict) and {"source", "packages"} <= result.keys() for result in listed) and (
        bool(listed) or report.keys() <= {"results", "license_summary", "image_metadata"}
    )


def _findings(entry: dict[str, Any], notes: Notes) -> list[Finding]:
    package = table_at(entry, "package")
    name, ecosystem = text_at(package, "name"), text_at(package, "ecosystem") or ""
    if name is None:
        name = text_at(package, "commit")
    if name is None:
        notes.add("packages: an entry without a name was not read")
        return []
    version = text_at(package, "version")
    worst = _worst(entry, notes)
    found = []
    for record in tables_at(entry, "vulnerabilities", notes):
        advisory = parse_advisory(record)
        if advisory is None:
            notes.add("vulnerabilities: an entry is no OSV record and was not read")
            continue
        found.append(_finding(advisory, name, version, ecosystem, worst.get(advisory.identifier)))
    return found


def _worst(entry: dict[str, Any], notes: Notes) -> dict[str, Severity]:
    """Return what the tool calls each record: the highest score of its group."""
    found: dict[str, Severity] = {}
    for group in tables_at(entry, "groups", notes):
        score = text_at(group, "max_severity")
        if score and _SCORE.fullmatch(score):
            found |= dict.fromkeys(texts_at(group, "ids"), severity_of_score(score, None))
    return found


def _finding(
    advisory: Advisory, name: str, version: str | None, ecosystem: str, severity: Severity | None
) -> Finding:
    fix, fixed = _fix(advisory, name, version, ecosystem)
    return Finding(
        vulnerability=advisory.identifier,
        aliases=advisory.aliases,
        package=name,
        version=version,
        purl=_purl(ecosystem, name, version),
        ratings=advisory.ratings,
        fix=fix,
        fixed_versions=fixed,
        severity=severity,
        published=advisory.published,
    )


def _fix(advisory: Advisory, name: str, version: str | None, ecosystem: str) -> tuple[Fix, tuple[str, ...]]:
    where = parse_ecosystem(ecosystem)
    same = [
        one
        for one in advisory.affected
        if one.ecosystem.name == where.name and one.name == normal_name(where, name)
    ]
    verdicts = [concerns(version, one) for one in same] if version else []
    fixed = tuple(sorted({text for verdict in verdicts if verdict for text in verdict.fixed}))
    if fixed:
        return Fix.FIXED, fixed
    told = bool(verdicts) and None not in verdicts and any(one.ranges for one in same)
    return (Fix.NOT_FIXED if told else Fix.UNKNOWN), ()


def _purl(ecosystem: str, name: str, version: str | None) -> str | None:
    where = parse_ecosystem(ecosystem)
    if kind := _TYPES.get(where.name):
        path = name.replace(":", "/") if where.name == "Maven" else name
    elif kind := _SYSTEMS.get(where.name):
        path = name
    else:
        return None
    encoded = "/".join(percent_encoded(part) for part in path.split("/"))
    parsed = parse_purl(f"pkg:{kind}/{encoded}" + (f"@{percent_encoded(version)}" if version else ""))
    return parsed.canonical if parsed else None
