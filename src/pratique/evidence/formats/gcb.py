"""Google Cloud Build's wrapper: signed envelopes beside a copy for people.

Only the envelopes count. The copy (``build``), the summary and the resource's address are compared with them, and
each disagreement is a reason: somebody may read the copy and trust it.

Source: ``gcloud artifacts docker images describe --show-provenance --format json``; the Container Analysis API,
BuildOccurrence; and slsa-framework/slsa-verifier, verifiers/internal/gcb, for which fields belong together.
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.lookup import Notes, digest_of, shown, table_at, tables_at, text_at
from pratique.evidence.stated import Stated
from pratique.values.canonical import parse_object

FORMAT = "gcb-provenance"
_COPIES = ("intotoStatement", "inTotoSlsaProvenanceV1")
_PREDICATES = ("predicate", "slsaProvenance", "slsaProvenanceZeroTwo")


def is_gcb(document: Document) -> bool:
    """Tell whether a document is the wrapper."""
    summary = table_at(json_object(document), "provenance_summary")
    return isinstance(summary.get("provenance"), list)


def entries_of(wrapper: dict[str, Any], notes: Notes) -> list[dict[str, Any]]:
    """Return the entries that hold an envelope; notes the others."""
    entries = tables_at(table_at(wrapper, "provenance_summary"), "provenance", notes)
    for entry in entries:
        if "envelope" not in entry:
            notes.add("provenance: an entry has no envelope, and its copy for people proves nothing")
    return [entry for entry in entries if "envelope" in entry]


def compare_summary(wrapper: dict[str, Any], stated: Stated, notes: Notes) -> None:
    """Note where the wrapper's summary names another image than the envelope."""
    said = text_at(table_at(wrapper, "image_summary"), "digest")
    if said and digest_of(said) not in stated.about:
        notes.add(f"image_summary: it names {shown(said, 80)}, which the signed statement does not")


def compare_entry(entry: dict[str, Any], stated: Stated, notes: Notes) -> None:
    """Note where an entry's own words disagree with its envelope."""
    kind, place = text_at(entry, "kind"), text_at(entry, "resourceUri")
    if kind != "BUILD":
        notes.add(f"kind: expected BUILD, found {shown(kind, 40)}")
    if place and digest_of(place) not in stated.about:
        notes.add(f"resourceUri: it names {shown(place, 200)}, which the signed statement does not")
    for name in _COPIES:
        copy = table_at(table_at(entry, "build"), name)
        if copy and not _agrees(copy, stated):
            notes.add(f"build.{name}: the copy for people differs from what was signed; only the latter counts")


def _agrees(copy: dict[str, Any], stated: Stated) -> bool:
    signed = parse_object(stated.statement.content, "statement")
    predicate = next((copy[name] for name in _PREDICATES if name in copy), None)
    return (
        copy.get("predicateType") == signed.get("predicateType")
        and copy.get("subject") == signed.get("subject")
        and (predicate is None or predicate == signed.get("predicate"))
    )
