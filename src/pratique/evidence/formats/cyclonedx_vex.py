"""What a CycloneDX document asserts about vulnerabilities: one statement for each of its entries.

An entry without ``analysis`` asserts nothing; it is kept as a statement without a status, so that nobody takes the
document for one that knows of no vulnerability.

Source: CycloneDX 1.4 to 1.7, ``vulnerabilities[]``; BOM-Link, ``urn:cdx:<serial>/<version>#<bom-ref>``.
"""

from typing import Any

from pratique.evidence.facts.vex import Vex, VexStatement, VexStatus
from pratique.evidence.lookup import Notes, moment_of, table_at, tables_at, text_at
from pratique.evidence.purl import parse_purl, percent_decoded

_STATUS = {
    "exploitable": VexStatus.AFFECTED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "not_affected": VexStatus.NOT_AFFECTED,
}
_MOMENTS = ("lastUpdated", "firstIssued")

Places = dict[str, str]
"""Package URL, or else name, of every component by its reference."""


def read_vex(bom: dict[str, Any], notes: Notes) -> Vex | None:
    """Return what the document asserts, or nothing where it has no such list.

    Args:
        bom: A document in the shape of the JSON schema.
        notes: What was not understood so far.
    """
    entries = tables_at(bom, "vulnerabilities", notes)
    if not entries:
        return None
    metadata = table_at(bom, "metadata")
    created = text_at(metadata, "timestamp")
    root = table_at(metadata, "component")
    places = _places(bom)
    statements = tuple(_statement(entry, root, places, created, notes) for entry in entries)
    return Vex(_author(metadata), moment_of(created), statements)


def _author(metadata: dict[str, Any]) -> str | None:
    for key in ("supplier", "manufacturer", "manufacture"):
        if name := text_at(table_at(metadata, key), "name"):
            return name
    authors = metadata.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else None
    return text_at(first, "name") if isinstance(first, dict) else None


def _places(bom: dict[str, Any]) -> Places:
    found: Places = {}
    waiting = [bom]
    while waiting:
        listed = waiting.pop().get("components")
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, dict):
                waiting.append(entry)
                name = text_at(entry, "purl") or text_at(entry, "name")
                if name and (reference := text_at(entry, "bom-ref")):
                    found[reference] = name
    return found


def _statement(
    entry: dict[str, Any], root: dict[str, Any], places: Places, created: str | None, notes: Notes
) -> VexStatement:
    analysis = table_at(entry, "analysis")
    word = text_at(analysis, "state")
    if word and word not in _STATUS:
        notes.add(f"analysis.state: {word[:40]!r} is in no version of CycloneDX")
    products, subcomponents = _affected(entry, root, places, notes)
    said = [text_at(analysis, key) for key in _MOMENTS] + [text_at(entry, key) for key in ("updated", "published")]
    identifier = text_at(entry, "id") or text_at(entry, "bom-ref")
    if identifier is None:
        notes.add("vulnerabilities: an entry names no vulnerability")
    return VexStatement(
        vulnerability=identifier or "",
        aliases=_aliases(entry, notes),
        products=products,
        subcomponents=subcomponents,
        status=_STATUS.get(word) if word else None,
        word=word,
        justification=text_at(analysis, "justification"),
        impact=text_at(analysis, "detail"),
        at=next((moment for text in (*said, created) if (moment := moment_of(text))), None),
    )


def _aliases(entry: dict[str, Any], notes: Notes) -> tuple[str, ...]:
    # "pointers to vulnerabilities that are the equivalent of the vulnerability specified"
    listed = tables_at(entry, "references", notes)
    return tuple(dict.fromkeys(name for one in listed if (name := text_at(one, "id"))))


def _affected(
    entry: dict[str, Any], root: dict[str, Any], places: Places, notes: Notes
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the products, and the parts of them; a statement about the whole thing names no part."""
    products: dict[str, None] = {}
    parts: dict[str, None] = {}
    whole = False
    for target in tables_at(entry, "affects", notes):
        reference = text_at(target, "ref") or ""
        if reference in places:
            products.update(dict.fromkeys(_names(root) or (places[reference],)))
            parts[places[reference]] = None
        elif reference and reference == root.get("bom-ref"):
            products.update(dict.fromkeys(_names(root)))
            whole = True
        elif reference:
            products.update(dict.fromkeys(_elsewhere(reference, target, notes)))
            whole = not (part := _linked_package(reference)) or whole
            parts.update({part: None} if part else {})
    return tuple(products), () if whole else tuple(parts)


def _names(root: dict[str, Any]) -> tuple[str, ...]:
    """Return what the described thing is called: package URL, else its name, and a version that is a digest."""
    version = text_at(root, "version") or ""
    name = text_at(root, "purl") or text_at(root, "name")
    return tuple(text for text in (name, version if version.startswith("sha256:") else None) if text)


def _elsewhere(reference: str, target: dict[str, Any], notes: Notes) -> tuple[str, ...]:
    """Return another document's component as a product, one for each version that the statement is limited to."""
    versions = [
        text_at(each, "version") or text_at(each, "range") for each in tables_at(target, "versions", notes)
    ]
    return tuple(f"{reference} {version}" for version in versions if version) or (reference,)


def _linked_package(reference: str) -> str | None:
    fragment = percent_decoded(reference.partition("#")[2]) if reference.startswith("urn:cdx:") else ""
    return fragment if fragment and parse_purl(fragment) else None
