"""Predicates that are kept, bound and shown, and not interpreted.

An unknown kind of evidence is no error: a policy may ask for its type and its signer.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pratique.attest.statement import Statement
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.lookup import Notes, shown, table_at, tables_at, text_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, loose, understood, version_of


def read_unknown(statement: Statement, _: Interpret) -> Reading:
    """Return that there is a statement of this type."""
    kind, builder = shown(statement.predicate_type), table_at(loose(statement), "builder")
    return understood("in-toto", Opaque(f"a statement of type {kind}, not interpreted", text_at(builder, "id")))


def read_kept(statement: Statement, interpret: Interpret) -> Reading:
    """Return one line about a predicate whose type is known and whose content no check needs."""
    family = statement.predicate_type.rpartition("/")[0]
    describe = _WORDS.get(family)
    if describe is None:
        return read_unknown(statement, interpret)
    return understood("in-toto", Opaque(describe(loose(statement))), version=version_of(statement.predicate_type))


def _link(predicate: dict[str, Any]) -> str:
    return f"a link of the step {shown(text_at(predicate, 'name'))}"


def _release(predicate: dict[str, Any]) -> str:
    return f"a release of {shown(text_at(predicate, 'purl') or text_at(predicate, 'name'))}"


def _reference(predicate: dict[str, Any]) -> str:
    attester = text_at(table_at(predicate, "attester"), "id")
    return f"{len(tables_at(predicate, 'references', Notes()))} references to documents, by {shown(attester)}"


_WORDS: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "https://in-toto.io/attestation/link": _link,
    "https://in-toto.io/attestation/release": _release,
    "https://in-toto.io/attestation/reference": _reference,
    "https://github.com/npm/attestation/tree/main/specs/publish": _release,
}
