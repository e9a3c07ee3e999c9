"""EPSS: how likely each vulnerability is to be exploited within 30 days, as CSV or JSON.

Source: FIRST, epss.cyentia.com data files (a first line ``#model_version:v2025.03.14,score_date:…``, then
``cve,epss,percentile``) and its API (``data``); anchore/vunnel, schema epss 1.0.0, which wraps each entry in ``item``.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.document import Document, JsonDocument, TextDocument
from pratique.evidence.facts.lists import Likelihoods
from pratique.evidence.formats.kev import day_of
from pratique.evidence.lookup import Notes
from pratique.evidence.model import Reading

FORMAT = "epss"
_HEAD = re.compile(r"#\s*model_version\s*:\s*([^,\s]+)(?:\s*,\s*score_date\s*:\s*(\S+))?")
_COLUMNS = ("cve", "epss", "percentile")
Score = tuple[str, str, str]


def read_epss(document: Document) -> Reading | None:
    """Return the scores of a list, or nothing where it is something else."""
    if isinstance(document, TextDocument):
        return _read_csv(document.text)
    if isinstance(document, JsonDocument):
        return _read_json(document.value)
    return None


def _read_csv(text: str) -> Reading | None:
    lines = text.splitlines()
    head = _HEAD.match(lines[0]) if lines else None
    rows = [line for line in lines if line.strip() and not line.startswith("#")]
    if not rows or tuple(rows[0].strip().lower().split(",")[:3]) != _COLUMNS:
        return None
    notes = Notes()
    scores = tuple(score for row in rows[1:] if (score := _score(*_cells(row), notes=notes)))
    return _reading(head[1] if head else None, day_of(head[2]) if head else None, scores, notes)


def _cells(row: str) -> tuple[object, object, object]:
    first, second, third = (*row.strip().split(","), None, None, None)[:3]
    return first, second, third


def _read_json(value: Any) -> Reading | None:
    entries = _entries(value)
    if not entries or not all(isinstance(entry, dict) and "epss" in entry and "cve" in entry for entry in entries):
        return None
    notes = Notes()
    said = (_score(entry["cve"], entry["epss"], entry.get("percentile"), notes=notes) for entry in entries)
    days = {day for entry in entries if (day := day_of(entry.get("date")))}
    return _reading(None, days.pop() if len(days) == 1 else None, tuple(score for score in said if score), notes)


def _entries(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = value["data"] if "data" in value else [value.get("item")]
    return value if isinstance(value, list) else []


def _reading(model: str | None, day: date | None, scores: tuple[Score, ...], notes: Notes) -> Reading:
    return Reading(FORMAT, model, notes.parse, notes.reasons, (Likelihoods(model, day, scores),))


def _score(name: object, probability: object, percentile: object, *, notes: Notes) -> Score | None:
    try:
        if not isinstance(name, str) or not name:
            raise Malformed("cve: expected a name")
        return name, _share(probability), _share(percentile)
    except Malformed:
        notes.add("an entry without a name and two numbers of 0 to 1 was not read")
        return None


def _share(said: object) -> str:
    text = said if isinstance(said, str) else f"{Decimal(str(said)):f}" if type(said) in (int, float) else ""
    try:
        if 0 <= Decimal(text) <= 1:
            return text
    except InvalidOperation:
        pass
    raise Malformed("expected a number of 0 to 1")
