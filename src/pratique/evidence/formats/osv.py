"""OSV records: which versions of which packages a vulnerability concerns.

Source: OSV schema 1.0 to 1.7 (github.com/ossf/osv-schema). Ranges of type GIT need a repository's
history; a record that has nothing else cannot be compared, which is not the same as not affected.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.document import Document, JsonDocument, open_document
from pratique.evidence.ecosystem import SCHEMES, Ecosystem, normal_name, parse_ecosystem
from pratique.evidence.facts.lists import Advisories
from pratique.evidence.facts.scan import Rating
from pratique.evidence.lookup import Notes, moment_of, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Parse, Reading
from pratique.evidence.severity import rate
from pratique.evidence.versions import Scheme

FORMAT = "osv"
_EVENTS = ("introduced", "fixed", "last_affected", "limit")
_VIEW_OF_CVE = re.compile(r"[A-Z]+-(CVE-\d{4}-\d+)")  # DEBIAN-CVE-2024-1, UBUNTU-CVE-…, ALPINE-CVE-…
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SOURCES = {"alsa": "alma", "bit": "bitnami", "cve": "nvd", "dsa": "debian", "dla": "debian", "rhsa": "redhat"}


@dataclass(frozen=True, slots=True)
class Event:
    """One end of a range: ``introduced``, ``fixed``, ``last_affected`` or ``limit``, and the version there."""

    kind: str
    version: str


@dataclass(frozen=True, slots=True)
class Range:
    """The events of one range, and how its versions are ordered: nothing where that cannot be told here."""

    scheme: Scheme | None
    events: tuple[Event, ...]


_NOT_COMPARABLE = Range(None, ())  # the record names neither a version nor a range that we could compare


@dataclass(frozen=True, slots=True)
class Affected:
    """One package that an advisory concerns; ``versions`` are affected whatever the ranges say."""

    ecosystem: Ecosystem
    name: str
    ranges: tuple[Range, ...]
    versions: frozenset[str]
    ratings: tuple[Rating, ...]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One vulnerability in one database, or that it was none after all (``withdrawn``)."""

    identifier: str
    aliases: tuple[str, ...]
    modified: datetime | None
    withdrawn: bool
    ratings: tuple[Rating, ...]
    affected: tuple[Affected, ...]
    published: datetime | None = None


def read_osv(document: Document) -> Reading | None:
    """Return which advisories a document holds, or nothing where it is something else.

    They are knowledge about packages, not about an image.
    """
    value = document.value if isinstance(document, JsonDocument) else None
    records: list[Any] = value if isinstance(value, list) else [value]
    if not records or not all(map(_is_record, records)):
        return None
    versions = {text_at(record, "schema_version") for record in records}
    facts = Advisories(
        tuple(record["id"] for record in records),
        tuple(record["id"] for record in records if _is_withdrawn(record)),
    )
    return Reading(FORMAT, versions.pop() if len(versions) == 1 else None, Parse.OK, (), (facts,))


def _is_record(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("id"), str)
        and ("modified" in value or "affected" in value)
    )


def _is_withdrawn(record: dict[str, Any]) -> bool:
    """Tell whether a record was withdrawn when it was written; a date that lay ahead then withdraws nothing yet."""
    # Only a date withdraws: dropping an advisory for the sake of a stray word would hide a vulnerability.
    said = text_at(record, "withdrawn") or ""
    if not _DATE.match(said):
        return False
    at, written = moment_of(said), moment_of(text_at(record, "modified"))
    return at is None or written is None or at <= written + _SLACK


_SLACK = timedelta(days=1)  # dates are set by hand, and zones are forgotten


def parse_records(content: bytes) -> list[Any]:
    """Return the records of an advisory file: one record, a JSON array of them, or one record a line.

    Raises:
        Malformed: It is no JSON.
    """
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].rstrip().endswith(b"}") and lines[1].lstrip().startswith(b"{"):
        return [_value(line) for line in lines]
    value = _value(content)
    return value if isinstance(value, list) else [value]


def _value(content: bytes) -> Any:
    document = open_document(content)
    if not isinstance(document, JsonDocument):
        raise Malformed("advisories: expected OSV records in JSON, found something else")
    return document.value


def parse_advisory(record: Any) -> Advisory | None:
    """Return one advisory, or nothing where this is no OSV record."""
    if not _is_record(record):
        return None
    identifier = record["id"]
    view = _VIEW_OF_CVE.fullmatch(identifier)
    prefix = identifier.partition("-")[0].lower()
    source = _SOURCES.get(prefix, prefix)
    label = text_at(table_at(record, "database_specific"), "severity")
    return Advisory(
        identifier=identifier,
        aliases=tuple(sorted({*texts_at(record, "aliases"), *((view[1],) if view else ())})),
        modified=moment_of(text_at(record, "modified")),
        withdrawn=_is_withdrawn(record),
        ratings=_ratings(record, source, label),
        affected=_affected(record, source),
        published=moment_of(text_at(record, "published")),
    )


def _ratings(table: dict[str, Any], source: str, label: str | None) -> tuple[Rating, ...]:
    vectors = [text_at(entry, "score") for entry in tables_at(table, "severity", Notes())]
    rated = [rate(source, label, None, vector) for vector in vectors if vector]
    if not rated and label is not None:
        rated = [rate(source, label, None, None)]
    return tuple(one for one in rated if one.severity is not None)


def _affected(record: dict[str, Any], source: str) -> tuple[Affected, ...]:
    found = []
    for entry in tables_at(record, "affected", Notes()):
        package = table_at(entry, "package")
        ecosystem, name = text_at(package, "ecosystem"), text_at(package, "name")
        if ecosystem and name:
            where = parse_ecosystem(ecosystem)
            versions = frozenset(texts_at(entry, "versions"))
            found.append(
                Affected(
                    ecosystem=where,
                    name=normal_name(where, name),
                    ranges=_ranges(entry, where) or (() if versions else (_NOT_COMPARABLE,)),
                    versions=versions,
                    ratings=_ratings(entry, source, None),
                )
            )
    return tuple(found)


def _ranges(entry: dict[str, Any], where: Ecosystem) -> tuple[Range, ...]:
    said = [table for table in tables_at(entry, "ranges", Notes()) if table.get("type") != "GIT"]
    return tuple(_range(table, where) for table in said)


def _range(said: dict[str, Any], where: Ecosystem) -> Range:
    scheme = SCHEMES.get(where.name)
    if said.get("type") == "SEMVER" and scheme is not Scheme.GO:
        scheme = Scheme.SEMVER
    events = tables_at(said, "events", Notes())
    pairs = ((kind, text_at(event, kind)) for event in events for kind in _EVENTS)
    return Range(scheme, tuple(Event(kind, version) for kind, version in pairs if version))
