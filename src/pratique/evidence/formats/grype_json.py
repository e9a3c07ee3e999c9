"""Grype's JSON report: matches, and the matches that somebody told it to ignore.

Source: anchore/grype, grype/presenter/models and grype/vulnerability/fix.go (Apache-2.0), and its golden files.
The report does not say how many packages were examined.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan
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
from pratique.evidence.placed import layers_of_locations
from pratique.evidence.purl import parse_purl
from pratique.evidence.severity import parse_severity, rate

FORMAT = "grype-json"
_FIX = {"fixed": Fix.FIXED, "not-fixed": Fix.NOT_FIXED, "wont-fix": Fix.WONT_FIX}
_SOURCES = {"github": "ghsa", "nvd@nist.gov": "nvd"}


def read_grype_json(document: Document) -> Reading | None:
    """Return what a Grype report says, or nothing where it is something else."""
    report = json_object(document)
    descriptor = table_at(report, "descriptor")
    if "matches" not in report or descriptor.get("name") != "grype":
        return None
    notes = Notes()
    database = table_at(descriptor, "db")
    scan = Scan(
        producer="grype",
        producer_version=text_at(descriptor, "version"),
        database_date=moment_of(text_at(database, "built") or text_at(table_at(database, "status"), "built")),
        created=moment_of(text_at(descriptor, "timestamp")),
        packages_examined=None,
        findings=_findings(report, notes),
    )
    target = table_at(table_at(report, "source"), "target")
    repositories = texts_at(target, "repoDigests")
    about = digests_of(text_at(target, "manifestDigest"), text_at(target, "imageID"), *repositories)
    return Reading(FORMAT, None, notes.parse, notes.reasons, (scan,), about=about)


def _findings(report: dict[str, Any], notes: Notes) -> tuple[Finding, ...]:
    found = [_finding(match, None, notes) for match in tables_at(report, "matches", notes)]
    found += [_finding(match, _silence(match), notes) for match in tables_at(report, "ignoredMatches", notes)]
    return tuple(finding for finding in found if finding)


def _silence(match: dict[str, Any]) -> str:
    rules = tables_at(match, "appliedIgnoreRules", Notes())
    said = [text_at(rule, "reason") or text_at(rule, "vulnerability") or "a rule" for rule in rules]
    return f"ignored: {', '.join(said)}" if said else "ignored"


def _finding(match: dict[str, Any], suppressed: str | None, notes: Notes) -> Finding | None:
    vulnerability, artifact = table_at(match, "vulnerability"), table_at(match, "artifact")
    identifier, package = text_at(vulnerability, "id"), text_at(artifact, "name")
    if not identifier or not package:
        notes.add("matches: an entry without vulnerability.id or artifact.name was not read")
        return None
    related = tables_at(match, "relatedVulnerabilities", notes)
    purl = text_at(artifact, "purl")
    parsed = parse_purl(purl) if purl else None
    fix = table_at(vulnerability, "fix")
    return Finding(
        vulnerability=identifier,
        aliases=_aliases(identifier, related),
        package=package,
        version=text_at(artifact, "version"),
        purl=parsed.canonical if parsed else None,
        ratings=_ratings([vulnerability, *related], notes),
        fix=_FIX.get(text_at(fix, "state") or "", Fix.UNKNOWN),
        fixed_versions=texts_at(fix, "versions"),
        suppressed=suppressed,
        severity=parse_severity(vulnerability.get("severity")),
        known_exploited=bool(vulnerability["knownExploited"]) if "knownExploited" in vulnerability else None,
        likelihood=_likelihood(vulnerability, notes),
        written=purl,
        fixed_since=_fixed_since(fix),
        layers=layers_of_locations(artifact.get("locations")),
    )


def _fixed_since(fix: dict[str, Any]) -> datetime | None:
    """Return the earliest date of a fixed version; a date without a time is the beginning of that day in UTC."""
    said = [text_at(entry, "date") or "" for entry in tables_at(fix, "available", Notes())]
    dates = [moment_of(f"{text}T00:00:00Z" if len(text) == len("2026-01-01") else text) for text in said]
    return min((date for date in dates if date is not None), default=None)


def _likelihood(vulnerability: dict[str, Any], notes: Notes) -> str | None:
    said = [number_at(entry, "epss") for entry in tables_at(vulnerability, "epss", notes)]
    likely = [number for number in said if number is not None and 0 <= number <= 1]
    return f"{Decimal(str(max(likely))):f}" if likely else None


def _aliases(identifier: str, related: list[dict[str, Any]]) -> tuple[str, ...]:
    # A distribution's advisory relates to every vulnerability it repairs; an alias is the only one.
    others = sorted({text for entry in related if (text := text_at(entry, "id"))} - {identifier})
    return tuple(others) if len(others) == 1 else ()


def _ratings(entries: list[dict[str, Any]], notes: Notes) -> tuple[Rating, ...]:
    found: dict[Rating, None] = {}
    for entry in entries:
        source = _source(entry)
        scores = tables_at(entry, "cvss", notes)
        own = [score for score in scores if _scorer(score, source) == source]
        best = max(own, key=lambda score: text_at(score, "version") or "", default={})
        found[_rating(source, text_at(entry, "severity"), best)] = None
        for score in scores:
            if (scorer := _scorer(score, source)) != source:
                found[_rating(scorer, None, score)] = None
    return tuple(found)


def _rating(source: str, word: str | None, cvss: dict[str, Any]) -> Rating:
    return rate(source, word, number_at(table_at(cvss, "metrics"), "baseScore"), text_at(cvss, "vector"))


def _source(entry: dict[str, Any]) -> str:
    namespace = text_at(entry, "namespace") or ""  # nvd:cpe, github:language:java, debian:distro:debian:12
    first = namespace.partition(":")[0]
    return _SOURCES.get(first, first) or "grype"


def _scorer(cvss: dict[str, Any], otherwise: str) -> str:
    said = text_at(cvss, "source")
    return _SOURCES.get(said, said) if said else otherwise
