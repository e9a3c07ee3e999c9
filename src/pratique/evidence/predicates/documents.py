"""Predicates that are, or hold, a document of another format.

Source: the predicate types that cosign, GitHub, Syft and in-toto write; sigstore/cosign, pkg/cosign/attestation and
specs/COSIGN_VULN_ATTESTATION_SPEC.md. Before version 2, cosign wrapped the document in ``Data``.
"""

from collections.abc import Mapping
from typing import Any

from pratique.attest.dsse import parse_base64
from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.document import JsonDocument, open_document
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, refused

CYCLONEDX_BOM = "https://cyclonedx.org/bom"
SPDX_DOCUMENT = "https://spdx.dev/Document"
OPENVEX = "https://openvex.dev/ns"
COSIGN_CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
"""``cosign attest --type custom``: any document, as text in ``Data``."""
COSIGN_VULNERABILITIES = "https://cosign.sigstore.dev/attestation/vuln/v1"
"""``cosign attest --type vuln``: a scanner's own report in ``scanner.result``."""


def read_cyclonedx_predicate(statement: Statement, interpret: Interpret) -> Reading:
    """Return a CycloneDX document's bill of materials, statements or both."""
    return _only(statement, interpret, "cyclonedx-json", "cyclonedx", "CycloneDX")


def read_spdx_predicate(statement: Statement, interpret: Interpret) -> Reading:
    """Return an SPDX document's bill of materials, in whatever form of SPDX."""
    return _only(statement, interpret, "spdx-json", "spdx", "SPDX")


def read_openvex_predicate(statement: Statement, interpret: Interpret) -> Reading:
    """Return what an OpenVEX document asserts."""
    return _only(statement, interpret, "openvex", "openvex", "OpenVEX")


def _only(statement: Statement, interpret: Interpret, name: str, family: str, words: str) -> Reading:
    predicate: Any = statement.predicate
    if "Data" in predicate and set(predicate) <= {"Data", "Timestamp"}:
        predicate = predicate["Data"]
    try:
        reading = _inner(predicate, interpret)
    except Malformed as error:
        return refused(name, str(error))
    if not reading.format.startswith(family):
        return refused(name, f"predicate: expected an {words} document, found {reading.format}")
    return reading


def read_cosign_vulnerabilities(statement: Statement, interpret: Interpret) -> Reading:
    """Return the scanner's own report.

    Raises:
        Malformed: It is text, and no document.
    """
    scanner = statement.predicate.get("scanner")
    return _inner(scanner.get("result") if isinstance(scanner, Mapping) else None, interpret)


def read_cosign_custom(statement: Statement, interpret: Interpret) -> Reading:
    """Return what the wrapped document says.

    Raises:
        Malformed: It is text, and no document.
    """
    return _inner(statement.predicate.get("Data"), interpret)


def read_report(statement: Statement, interpret: Interpret) -> Reading:
    """Return what a report says that a service signed for its tool.

    Raises:
        Malformed: There is no content, or it is no document.
    """
    content = statement.predicate.get("content")
    if not isinstance(content, str):
        raise Malformed("report: expected 'content' as base64, found none")
    return interpret(open_document(parse_base64(content)))


def _inner(value: Any, interpret: Interpret) -> Reading:
    if isinstance(value, str):
        return interpret(open_document(value.encode(errors="surrogatepass")))
    return interpret(JsonDocument(value))
