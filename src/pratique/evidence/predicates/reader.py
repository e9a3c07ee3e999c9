"""How a predicate is read: the type of every reader in this package, and what they share."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.document import Document
from pratique.evidence.lookup import Notes
from pratique.evidence.model import Facts, Parse, Reading
from pratique.values.canonical import Json, canonical

Interpret = Callable[[Document], Reading]
"""How a document inside a statement is read; ``read.interpret``."""
PredicateReader = Callable[[Statement, Interpret], Reading]


def understood(name: str, facts: Facts, *reasons: str, version: str | None = None) -> Reading:
    """Return a reading of one fact; reasons explain it, and do not make it partial."""
    return Reading(name, version, Parse.OK, reasons, (facts,))


def noted(name: str, facts: Facts, notes: Notes, version: str | None = None) -> Reading:
    """Return a reading of one fact, partial where anything was noted."""
    return Reading(name, version, notes.parse, notes.reasons, (facts,))


def refused(name: str, reason: str) -> Reading:
    """Return a reading that says why there is none."""
    return Reading(name, None, Parse.REFUSED, (reason,), ())


def version_of(predicate_type: str) -> str | None:
    """Return the version with which a predicate type ends, without its ``v``, or nothing."""
    tail = predicate_type.rpartition("/")[2]
    return tail[1:] if tail[:1] == "v" and tail[1:2].isdigit() else None


def loose(statement: Statement) -> dict[str, Any]:
    """Return the predicate, to be looked into with ``lookup``."""
    return dict(statement.predicate)


def as_text(value: Json) -> str:
    """Return a value as JSON in one spelling; canonical where it has a canonical form."""
    try:
        return canonical(value).decode()
    except Malformed:  # a float, which has no canonical form here
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def as_texts(values: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    """Return the fields of an object, sorted, each value as JSON text."""
    return tuple(sorted((name, as_text(value)) for name, value in values.items()))
