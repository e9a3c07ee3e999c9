"""Predicates without their statement, as builders and scanners write them for somebody else to sign.

Such a document names no image, and nobody signed it. Its fields tell which predicate it is; what has the fields of
none is left to be kept as it is.

Source: the specifications of the predicates named below; ``cosign attest --predicate``.
"""

from dataclasses import replace
from typing import Any

from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.evidence.document import Document, json_object
from pratique.evidence.model import Reading
from pratique.evidence.predicates.documents import COSIGN_VULNERABILITIES
from pratique.evidence.predicates.reader import Interpret
from pratique.evidence.statement import read_statement

_SHAPES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(("buildDefinition", "runDetails")), "https://slsa.dev/provenance/v1"),
    (frozenset(("builder", "buildType")), "https://slsa.dev/provenance/v0.2"),
    (frozenset(("builder", "recipe")), "https://slsa.dev/provenance/v0.1"),
    (frozenset(("scanner", "invocation")), COSIGN_VULNERABILITIES),
    (frozenset(("scanner", "metadata")), "https://in-toto.io/attestation/vulns/v0.2"),
    (frozenset(("verifier", "verificationResult")), "https://slsa.dev/verification_summary/v1"),
    (frozenset(("verifier", "verification_result")), "https://slsa.dev/verification_summary/v0.1"),
    (frozenset(("verifier", "properties")), "https://in-toto.io/attestation/svr/v0.2"),
    (frozenset(("result", "configuration")), "https://in-toto.io/attestation/test-result/v0.1"),
    (frozenset(("monitor", "monitorLog")), "https://in-toto.io/attestation/runtime-trace/v0.1"),
    (frozenset(("attributes",)), "https://in-toto.io/attestation/scai/v0.3"),
)
"""Each type with the fields that its specification demands; the first that fits."""
_WHY = "a predicate without its statement: it names no image, and nobody signed it"


def read_bare_predicate(document: Document, interpret: Interpret) -> Reading | None:
    """Return what a predicate says that stands alone, or nothing where it is none or breaks its own rules."""
    value = json_object(document)
    kind = _kind(value)
    if kind is None:
        return None
    try:
        reading = read_statement(Statement(b"", (), kind, value), interpret)
    except Malformed:
        return None
    return replace(reading, reasons=(_WHY, *reading.reasons)) if reading.facts else None


def _kind(value: dict[str, Any]) -> str | None:
    kind = next((kind for fields, kind in _SHAPES if fields <= value.keys()), None)
    return kind if kind != _SHAPES[-1][1] or _are_attributes(value["attributes"]) else None


def _are_attributes(value: Any) -> bool:
    listed = value if isinstance(value, list) else []
    return bool(listed) and all(isinstance(one, dict) and isinstance(one.get("attribute"), str) for one in listed)
