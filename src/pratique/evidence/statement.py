"""What a statement says, by the type of its predicate.

A new predicate is one function and one line of ``PREDICATES``. A type that nobody here knows is opaque: it is
kept, bound to its subjects and shown, because an unknown kind of evidence is no error.

Source: the predicate types that cosign, GitHub, in-toto and SLSA write; sigstore/cosign, pkg/cosign/attestation.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pratique.attest import provenance as slsa
from pratique.attest.dsse import parse_base64
from pratique.attest.git_source import GitSource
from pratique.attest.source import parse_source
from pratique.attest.statement import Statement
from pratique.attest.vsa import VSA
from pratique.errors import Malformed
from pratique.evidence.document import Document, JsonDocument, open_document
from pratique.evidence.facts.build import Material, Provenance, SourceChange
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.formats.cyclonedx_json import FORMAT as CYCLONEDX
from pratique.evidence.formats.cyclonedx_json import read_cyclonedx
from pratique.evidence.lookup import shown
from pratique.evidence.model import Facts, Parse, Reading
from pratique.values.canonical import Json, canonical
from pratique.values.uris import REPORT, SOURCE

COSIGN_CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
"""``cosign attest --type custom``: any document, as text in ``Data``."""
COSIGN_VULNERABILITIES = "https://cosign.sigstore.dev/attestation/vuln/v1"
"""``cosign attest --type vuln``: a scanner's own report in ``scanner.result``."""
CYCLONEDX_BOM = "https://cyclonedx.org/bom"

_NO_SOURCE = GitSource("", None, None)

Interpret = Callable[[Document], Reading]
"""How a document inside a statement is read; ``read.interpret``."""
PredicateReader = Callable[[Statement, Interpret], Reading]


def read_statement(statement: Statement, interpret: Interpret) -> Reading:
    """Return what a statement says; ``about`` and ``predicate_type`` are left to the caller.

    Raises:
        Malformed: A predicate of a known type breaks its specification.
    """
    family = statement.predicate_type
    if family.startswith(f"{CYCLONEDX_BOM}/"):  # /v1.4: older tools add the version
        family = CYCLONEDX_BOM
    return PREDICATES.get(family, _opaque)(statement, interpret)


def _understood(name: str, facts: Facts, *reasons: str) -> Reading:
    return Reading(name, None, Parse.OK, reasons, (facts,))


def _opaque(statement: Statement, _: Interpret) -> Reading:
    return _understood(
        "in-toto", Opaque(f"a statement of type {shown(statement.predicate_type)}, not interpreted")
    )


def _summary(statement: Statement, _: Interpret) -> Reading:
    verifier = statement.predicate.get("verifier")
    name = verifier.get("id") if isinstance(verifier, Mapping) else None
    return _understood("slsa-vsa", Opaque(f"a verification summary by {shown(name)}"))


def _provenance(statement: Statement, _: Interpret) -> Reading:
    said = slsa.parse_provenance(statement)
    source = said.source if isinstance(said.source, GitSource) else _NO_SOURCE
    facts = Provenance(
        builder_id=said.builder_id,
        builder_version=said.builder_ref,
        build_type=said.build_type,
        source_uri=source.uri or None,
        source_commit=source.commit,
        source_ref=source.ref,
        dockerfile=said.dockerfile,
        materials=tuple(Material(item.uri or item.name, item.digests) for item in said.dependencies),
        parameters=tuple(sorted((name, _text(value)) for name, value in said.parameters.items())),
        started=said.started,
        finished=said.finished,
    )
    reasons = () if isinstance(said.source, GitSource) else (said.source.why,)
    return _understood("slsa-provenance", facts, *reasons)


def _text(value: Json) -> str:
    try:
        return canonical(value).decode()
    except Malformed:  # a float, which has no canonical form here
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _source(statement: Statement, _: Interpret) -> Reading:
    said = parse_source(statement.content)
    facts = SourceChange(said.repository, said.base, said.commit, said.authors, said.committers)
    return _understood("source", facts)


def _cyclonedx(statement: Statement, _: Interpret) -> Reading:
    bom: Any = statement.predicate
    if "bomFormat" not in bom and "Data" in bom:  # cosign before 2.0
        bom = _unwrapped(bom["Data"])
    reading = read_cyclonedx(bom) if isinstance(bom, dict) else None
    return reading or Reading(CYCLONEDX, None, Parse.REFUSED, ("predicate: expected a CycloneDX document",), ())


def _unwrapped(data: Any) -> Any:
    if not isinstance(data, str):
        return data
    document = open_document(data.encode(errors="surrogatepass"))
    return document.value if isinstance(document, JsonDocument) else None


def _vulnerabilities(statement: Statement, interpret: Interpret) -> Reading:
    scanner = statement.predicate.get("scanner")
    result = scanner.get("result") if isinstance(scanner, Mapping) else None
    return _inner(result, interpret)


def _custom(statement: Statement, interpret: Interpret) -> Reading:
    return _inner(statement.predicate.get("Data"), interpret)


def _report(statement: Statement, interpret: Interpret) -> Reading:
    content = statement.predicate.get("content")
    if not isinstance(content, str):
        raise Malformed("report: expected 'content' as base64, found none")
    return interpret(open_document(parse_base64(content)))


def _inner(value: Any, interpret: Interpret) -> Reading:
    if isinstance(value, str):
        return interpret(open_document(value.encode(errors="surrogatepass")))
    return interpret(JsonDocument(value))


PREDICATES: Mapping[str, PredicateReader] = {
    slsa.V1: _provenance,
    SOURCE: _source,
    CYCLONEDX_BOM: _cyclonedx,
    COSIGN_VULNERABILITIES: _vulnerabilities,
    COSIGN_CUSTOM: _custom,
    VSA: _summary,
    REPORT: _report,
}
