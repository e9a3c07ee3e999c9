"""CISA's catalogue of known exploited vulnerabilities, whole or as single entries.

Source: cisa.gov, known_exploited_vulnerabilities_schema.json; anchore/vunnel, schema known-exploited 1.0.0, which
wraps each entry in ``item``.
"""

from datetime import date
from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.lists import Exploited, KnownExploited
from pratique.evidence.lookup import Notes, table_at, tables_at, text_at
from pratique.evidence.model import Reading

FORMAT = "kev"
_RANSOMWARE = {"known": True, "unknown": None}


def read_kev(document: Document) -> Reading | None:
    """Return the entries of a catalogue, or nothing where it is something else."""
    value = json_object(document)
    notes = Notes()
    if "catalogVersion" in value and "vulnerabilities" in value:
        listed = tables_at(value, "vulnerabilities", notes)
    elif "dateAdded" in (item := table_at(value, "item")):
        listed = [item]
    else:
        return None
    entries = tuple(entry for one in listed if (entry := _entry(one, notes)))
    declared = value.get("count")
    if isinstance(declared, int) and declared != len(listed):
        notes.add(f"count: the catalogue declares {declared} entries and holds {len(listed)}")
    version = text_at(value, "catalogVersion")
    return Reading(FORMAT, None, notes.parse, notes.reasons, (KnownExploited(version, entries),))


def _entry(said: dict[str, Any], notes: Notes) -> Exploited | None:
    name = text_at(said, "cveID")
    if name is None:
        notes.add("vulnerabilities: an entry without cveID was not read")
        return None
    use = (text_at(said, "knownRansomwareCampaignUse") or "").lower()
    return Exploited(name, day_of(said.get("dateAdded")), day_of(said.get("dueDate")), _RANSOMWARE.get(use))


def day_of(text: object) -> date | None:
    """Return the day in ``2025-08-25`` or the start of a moment, or nothing."""
    try:
        return date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return None
