"""in-toto vulnerability reports: a scanner's findings in a form that no scanner owns.

The findings are about the statement's subject as a whole: no package is named. Source: in-toto/attestation,
spec/predicates/vuln.md (0.1) and vulns_0.2.md; both place the list under ``scanner.result``, and the text of 0.1
wraps each entry in ``vulnerability``.
"""

from typing import Any

from pratique.attest.statement import Statement
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan
from pratique.evidence.lookup import Notes, moment_of, table_at, tables_at, text_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, loose, noted, version_of
from pratique.evidence.severity import parse_severity, rate

FORMAT = "in-toto-vulns"
_UNNAMED = "the whole subject"


def read_vulnerabilities(statement: Statement, _: Interpret) -> Reading:
    """Return a scan; without a list of results nothing says what was found, and the reading is partial."""
    predicate, notes = loose(statement), Notes()
    scanner, metadata = table_at(predicate, "scanner"), table_at(predicate, "metadata")
    database = table_at(scanner, "db")
    if "result" not in scanner:
        notes.add("scanner.result: expected a list, which may be empty, found none")
    subject = next((one.name for one in statement.subjects if one.name), _UNNAMED)
    findings = tuple(_finding(entry, subject, notes) for entry in tables_at(scanner, "result", notes))
    scan = Scan(
        producer=text_at(scanner, "uri") or "",
        producer_version=text_at(scanner, "version"),
        database_date=moment_of(text_at(database, "lastUpdate")),
        created=moment_of(text_at(metadata, "scanFinishedOn")) or moment_of(text_at(metadata, "scanStartedOn")),
        packages_examined=None,
        findings=findings,
    )
    return noted(FORMAT, scan, notes, version_of(statement.predicate_type))


def _finding(entry: dict[str, Any], subject: str, notes: Notes) -> Finding:
    inner = table_at(entry, "vulnerability") or entry
    name = text_at(inner, "id")
    if name is None:
        notes.add("scanner.result: an entry has no id")
    ratings = tuple(_rating(one) for one in tables_at(inner, "severity", notes))
    return Finding(
        vulnerability=name or "",
        aliases=(),
        package=subject,
        version=None,
        purl=None,
        ratings=ratings,
        fix=Fix.UNKNOWN,
        severity=max((one.severity for one in ratings if one.severity is not None), default=None),
    )


def _rating(said: dict[str, Any]) -> Rating:
    """Return an opinion; ``score`` may be a word, a number or a CVSS vector."""
    method, score = text_at(said, "method") or "", text_at(said, "score") or ""
    if parse_severity(score) is not None:
        return rate(method, score, None, None)
    try:
        return rate(method, None, float(score), None)
    except ValueError:
        return rate(method, None, None, score or None)
