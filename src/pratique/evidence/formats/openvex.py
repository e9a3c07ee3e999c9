"""OpenVEX documents: one statement for each of theirs, with every product's own subcomponents.

Source: OpenVEX specification 0.0.1 (a vulnerability and products as texts) and 0.2.0 (objects, ``timestamp`` and
``author`` of the document hold for each statement that has none of its own); openvex/go-vex, pkg/vex.
"""

import re
from datetime import datetime
from typing import Any

from pratique.errors import Malformed
from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.vex import Scope, Vex, VexStatement, VexStatus
from pratique.evidence.lookup import Notes, moment_of, shown, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.values.digest import Digest

FORMAT = "openvex"
_CONTEXT = re.compile(r"https://openvex\.dev/ns(?:/v(\d+(?:\.\d+)*))?/?")
_STATUS = {status.value: status for status in VexStatus}


def read_openvex(document: Document) -> Reading | None:
    """Return what an OpenVEX document asserts, or nothing where it is something else."""
    value = json_object(document)
    context = _CONTEXT.fullmatch(text_at(value, "@context") or "")
    if context is None:
        return None
    notes = Notes()
    said = moment_of(text_at(value, "timestamp"))
    if "statements" not in value:
        notes.add("the document has no 'statements'")
    statements = tuple(_statement(entry, said, notes) for entry in tables_at(value, "statements", notes))
    # Before 0.2.0 the context named no version.
    version = context[1] or "0.0.1"
    return Reading(FORMAT, version, notes.parse, notes.reasons, (Vex(text_at(value, "author"), said, statements),))


def _statement(entry: dict[str, Any], said: datetime | None, notes: Notes) -> VexStatement:
    name, aliases = _vulnerability(entry, notes)
    scopes = _scopes(entry, notes)
    word = text_at(entry, "status")
    if word not in _STATUS:
        notes.add(f"status: expected one of OpenVEX's four, found {shown(word, 40)}")
    stated = text_at(entry, "timestamp")
    at = moment_of(stated)
    if stated and at is None:
        notes.add("timestamp: a moment without a time zone is none")
    return VexStatement(
        vulnerability=name,
        aliases=aliases,
        products=tuple(_first(scope) for scope in scopes),
        subcomponents=tuple(dict.fromkeys(part for scope in scopes for part in scope.parts)),
        status=_STATUS.get(word) if word else None,
        word=word,
        justification=text_at(entry, "justification"),
        impact=text_at(entry, "impact_statement"),
        at=at if stated else said,
        scopes=scopes,
    )


def _first(scope: Scope) -> str:
    return scope.names[0] if scope.names else str(scope.digests[0])


def _vulnerability(entry: dict[str, Any], notes: Notes) -> tuple[str, tuple[str, ...]]:
    """Return its name and aliases; the identifier may be a link, which ends in the name."""
    text = text_at(entry, "vulnerability")
    table = table_at(entry, "vulnerability")
    link = (text_at(table, "@id") or "").rstrip("/").rpartition("/")[2]
    name = text or text_at(table, "name") or link
    if not name:
        notes.add("statements: an entry names no vulnerability")
    return name, tuple(alias for alias in dict.fromkeys(texts_at(table, "aliases")) if alias != name)


def _scopes(entry: dict[str, Any], notes: Notes) -> tuple[Scope, ...]:
    listed = entry.get("products")
    shared = texts_at(entry, "subcomponents")  # 0.0.1: of every product
    found = [_scope(product, shared, notes) for product in (listed if isinstance(listed, list) else [])]
    return tuple(scope for scope in found if scope.names or scope.digests)


def _scope(product: Any, shared: tuple[str, ...], notes: Notes) -> Scope:
    if isinstance(product, str):
        return Scope((product,) if product else (), shared)
    if not isinstance(product, dict):
        notes.add("products: an entry is neither a text nor an object and was not read")
        return Scope(())
    names, digests = _names(product)
    if not names and not digests:
        notes.add("products: an entry without any identifier was not read")
    inside = product.get("subcomponents")
    parts = [_part(part) for part in (inside if isinstance(inside, list) else [])]
    # A part that cannot be named must not widen the statement to the whole product: it stays, and matches nothing.
    return Scope(names, tuple(part or "(unnamed)" for part in parts) or shared, digests)


def _part(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    names = _names(part)[0] if isinstance(part, dict) else ()
    return next((name for name in names if name.startswith("pkg:")), names[0] if names else None)


def _names(table: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Digest, ...]]:
    name = table.get("@id")
    if len(table) == 1 and isinstance(name, str) and name:  # most say nothing else
        return (name,), ()
    names, digests = [text_at(table, "@id")], []
    if "identifiers" in table:
        identifiers = table_at(table, "identifiers")
        names += [text_at(identifiers, kind) for kind in ("purl", "cpe23", "cpe22")]
    if "hashes" in table:
        hashes = table_at(table, "hashes")
        digests = [_digest(text_at(hashes, kind)) for kind in ("sha-256", "sha256")]
    return tuple(dict.fromkeys(name for name in names if name)), tuple(digest for digest in digests if digest)


def _digest(text: str | None) -> Digest | None:
    try:
        return Digest.parse(f"sha256:{(text or '').lower().removeprefix('sha256:')}")
    except Malformed:
        return None
