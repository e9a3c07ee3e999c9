"""What came of having an image scanned here: ``scan/v1``, which holds the tool's own report, or why there is none.

A run that failed is evidence that nobody looked: the producer examined no package. docs/scanners.md describes the
predicate.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pratique.attest.dsse import parse_base64
from pratique.attest.statement import Statement, Subject, build_statement, parse_statement
from pratique.errors import Malformed
from pratique.evidence.document import open_document
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.scan import Scan
from pratique.evidence.lookup import Notes, moment_of, shown, table_at, text_at
from pratique.evidence.model import Facts, Parse, Reading
from pratique.evidence.predicates.reader import Interpret, loose
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.uris import SCAN

if TYPE_CHECKING:
    from pratique.values.canonical import Json

FORMAT: Final = "pratique-scan"


class Sought(StrEnum):
    """What a scanner was to report."""

    VULNERABILITIES = "vulnerabilities"
    PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class ScanRun:
    """One run of one scanner.

    Attributes:
        scanner: How the settings call it.
        producer: How policies call it.
        sought: What it was to report.
        version: Of the tool, where it says.
        database: The date of its database in RFC 3339, where it says.
        started: In RFC 3339.
        finished: In RFC 3339.
        invocation: How it was run.
        media_type: Of its report.
        report: Its report, exactly; ``None`` where there is none that counts.
        reason: Why not.
    """

    scanner: str
    producer: str
    sought: Sought
    version: str | None
    database: str | None
    started: str
    finished: str
    invocation: tuple[str, ...]
    media_type: str = ""
    report: str | None = None
    reason: str = ""


def build_scan(run: ScanRun, manifest: Digest) -> bytes:
    """Return the statement about one platform's manifest; ``run.report`` is base64."""
    scanner: dict[str, Json] = {"name": run.scanner, "producer": run.producer}
    if run.version:
        scanner["version"] = run.version
    if run.database:
        scanner["database"] = {"lastUpdate": run.database}
    predicate: dict[str, Json] = {
        "scanner": scanner,
        "sought": run.sought.value,
        "invocation": list(run.invocation),
        "startedOn": run.started,
        "finishedOn": run.finished,
    }
    if run.report is None:
        predicate |= {"outcome": "failed", "reason": run.reason}
    else:
        predicate |= {"outcome": "reported", "report": {"mediaType": run.media_type, "content": run.report}}
    return build_statement((Subject(manifest),), SCAN, predicate)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """That a run ended, whatever it found.

    Attributes:
        scanner: How the settings call it.
        manifest: What it examined.
        finished: When.
        failed: Whether it came to nothing.
    """

    scanner: str
    manifest: Digest
    finished: datetime
    failed: bool


def parse_run(payload: bytes) -> RunEnded | None:
    """Return which run a statement tells of; nothing where it is a statement about anything else.

    Raises:
        Malformed: It is no statement, or one of this type without what every such statement has.
    """
    statement = parse_statement(payload)
    if statement.predicate_type != SCAN or len(statement.subjects) != 1:
        return None
    predicate = loose(statement)
    return RunEnded(
        scanner=_text(table_at(predicate, "scanner"), "name"),
        manifest=statement.subjects[0].digest,
        finished=_moment(predicate, "finishedOn"),
        failed=_text(predicate, "outcome") != "reported",
    )


def read_scan(statement: Statement, interpret: Interpret) -> Reading:
    """Return what the report inside says, or that the producer examined nothing.

    Raises:
        Malformed: A field that every such statement has is missing, or the report is no document.
    """
    predicate, notes = loose(statement), Notes()
    scanner = table_at(predicate, "scanner")
    producer, sought = _text(scanner, "producer"), _sought(predicate)
    version, database = (
        text_at(scanner, "version"),
        moment_of(text_at(table_at(scanner, "database"), "lastUpdate")),
    )
    match _text(predicate, "outcome"):
        case "failed":
            reason = shown(_text(predicate, "reason"), 400)
            # Nothing was made, so nothing is dated: a failure must not look like a fresh scan.
            ended = _moment(predicate, "finishedOn")
            empty = Scan(producer, version, database, None, 0, (), (f"anything, because {reason}",), failed=ended)
            fact = empty if sought is Sought.VULNERABILITIES else Opaque(f"{producer} failed: {reason}")
            return Reading(FORMAT, None, Parse.OK, (f"{producer} failed: {reason}",), (fact,))
        case "reported":
            inner = _inner(predicate, interpret)
        case other:
            raise Malformed(f"scan.outcome: expected 'reported' or 'failed', found {shown(other, 40)!r}")
    for scan in inner.of(Scan):
        if scan.producer != producer:
            notes.add(f"report: expected one of {shown(producer, 60)}, found one of {shown(scan.producer, 60)}")
    missing = not inner.of(Scan if sought is Sought.VULNERABILITIES else Sbom)
    if missing and inner.parse is not Parse.REFUSED:
        notes.add(f"report: expected {sought}, found {shown(inner.format, 60)} without any")
    tool = _Tool(version, database, _moment(predicate, "finishedOn"))
    facts = tuple(_dated(fact, tool) for fact in inner.facts)
    parse = Parse.PARTIAL if notes.reasons and inner.parse is Parse.OK else inner.parse
    return replace(inner, parse=parse, reasons=(*inner.reasons, *notes.reasons), facts=facts)


def _inner(predicate: Mapping[str, Any], interpret: Interpret) -> Reading:
    return interpret(open_document(parse_base64(_text(table_at(dict(predicate), "report"), "content"))))


@dataclass(frozen=True, slots=True)
class _Tool:
    """What is known of a run beside its report."""

    version: str | None
    database: datetime | None
    finished: datetime


def _dated(fact: Facts, tool: _Tool) -> Facts:
    """Return a fact with what its report does not say of the tool and of the day."""
    match fact:
        case Scan():
            return replace(
                fact,
                producer_version=fact.producer_version or tool.version,
                database_date=fact.database_date or tool.database,
                created=fact.created or tool.finished,
            )
        case Sbom():
            return replace(fact, created=fact.created or tool.finished)
        case _:
            return fact


def _sought(predicate: dict[str, Any]) -> Sought:
    said = _text(predicate, "sought")
    try:
        return Sought(said)
    except ValueError as error:
        raise Malformed(f"scan.sought: expected {' or '.join(Sought)}, found {shown(said, 40)!r}") from error


def _moment(table: dict[str, Any], key: str) -> datetime:
    moment = moment_of(said := _text(table, key))
    if moment is None:
        raise Malformed(f"scan.{key}: expected a moment in RFC 3339, found {shown(said, 40)!r}")
    return moment


def _text(table: dict[str, Any], key: str) -> str:
    value = text_at(table, key)
    if value is None:
        raise Malformed(f"scan: expected a text {key!r}, found none")
    return value
