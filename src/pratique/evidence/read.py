"""What some bytes say: the one door to every reader.

Content decides, never a name or a media type. A new format is one module and one line of ``JSON_READERS`` or of its
siblings. Whatever the bytes are, a reading comes back: understood, understood in part, refused with reasons, or
opaque.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from pratique.errors import Malformed
from pratique.evidence.attestation import Attestation, Carrier, lines_of, open_attestation, open_lines, recognise
from pratique.evidence.attested import read_attestation
from pratique.evidence.document import (
    Document,
    JsonDocument,
    TextDocument,
    XmlDocument,
    json_object,
    open_document,
)
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.formats.attestation_list import read_attestation_list
from pratique.evidence.formats.coverage import read_cobertura, read_lcov
from pratique.evidence.formats.csaf import read_csaf
from pratique.evidence.formats.cyclonedx_json import read_cyclonedx_json
from pratique.evidence.formats.cyclonedx_xml import read_cyclonedx_xml
from pratique.evidence.formats.epss import read_epss
from pratique.evidence.formats.falco import read_falco
from pratique.evidence.formats.grype_json import read_grype_json
from pratique.evidence.formats.harbor import read_harbor
from pratique.evidence.formats.junit import read_junit
from pratique.evidence.formats.kev import read_kev
from pratique.evidence.formats.openvex import read_openvex
from pratique.evidence.formats.osv import read_osv
from pratique.evidence.formats.osv_scanner import read_osv_scanner
from pratique.evidence.formats.osv_yaml import read_osv_yaml
from pratique.evidence.formats.sarif import read_sarif
from pratique.evidence.formats.scorecard import read_scorecard
from pratique.evidence.formats.spdx3_json import read_spdx3_json
from pratique.evidence.formats.spdx_json import read_spdx_json
from pratique.evidence.formats.spdx_tagvalue import read_spdx_tagvalue
from pratique.evidence.formats.spdx_xml import read_spdx_xml
from pratique.evidence.formats.spdx_yaml import read_spdx_yaml
from pratique.evidence.formats.syft_json import read_syft_json
from pratique.evidence.formats.trivy_json import read_trivy_json
from pratique.evidence.formats.trivy_operator import read_trivy_operator
from pratique.evidence.formats.zap import read_zap
from pratique.evidence.lookup import shown
from pratique.evidence.model import Parse, Reading
from pratique.evidence.predicates.bare import read_bare_predicate
from pratique.values.canonical import refuse_weight

Reader = Callable[[Document], Reading | None]

JSON_READERS: tuple[tuple[frozenset[str], Reader], ...] = tuple(
    (frozenset(keys.split()), reader)
    for keys, reader in (
        ("bomFormat", read_cyclonedx_json),
        ("spdxVersion sbom", read_spdx_json),
        ("@context", read_spdx3_json),
        ("artifacts", read_syft_json),
        ("SchemaVersion", read_trivy_json),
        ("matches", read_grype_json),
        ("results", read_osv_scanner),
        ("generated_at", read_harbor),
        ("runs", read_sarif),
        ("@context", read_openvex),
        ("document", read_csaf),
        ("catalogVersion item", read_kev),
        ("data item", read_epss),
        ("id", read_osv),
        ("apiVersion ClusterName Resources Findings vulnerabilities misconfigurations", read_trivy_operator),
        ("checks", read_scorecard),
        ("@version", read_zap),
        ("output", read_falco),
        ("attestations", read_attestation_list),
    )
)
"""Each with the keys of which an object that it knows has one, so that the others need not be asked."""
XML_READERS: tuple[Reader, ...] = (read_cyclonedx_xml, read_spdx_xml, read_junit, read_cobertura)
TEXT_READERS: tuple[Reader, ...] = (read_spdx_tagvalue, read_spdx_yaml, read_epss, read_osv_yaml, read_lcov)


@dataclass(frozen=True, slots=True)
class Examined:
    """What some bytes say, and the attestation they are, if any, so that its signatures can be verified."""

    reading: Reading
    attestation: Attestation | None = None


def read(content: bytes, media_type: str) -> Reading:
    """Return what these bytes say; never raises on account of them.

    Args:
        content: Exact bytes from anywhere.
        media_type: What somebody called them; it names a refused document and decides nothing.
    """
    return examine(content, media_type).reading


def examine(content: bytes, media_type: str) -> Examined:
    """Return what these bytes say and what carried it; see :func:`read`."""
    try:
        found = _recognised(content)
    except Malformed as error:
        return _examine_lines(content) or Examined(_refused(media_type or "unknown", error))
    if isinstance(found, Reading):
        return Examined(found)
    try:
        attestation = open_attestation(content, found)
    except Malformed as error:
        return Examined(_refused(found.value, error))
    return Examined(read_attestation(attestation, interpret), attestation)


def _refused(name: str, error: Malformed) -> Reading:
    return Reading(name, None, Parse.REFUSED, (str(error),), ())


def _recognised(content: bytes) -> Carrier | Reading:
    """Return what carries a statement here, or what a document says that carries none.

    An opened document is let go: of one that carries a statement the bytes are read again.
    """
    document = open_document(content)
    return recognise(document) or interpret(document)


def _examine_lines(content: bytes) -> Examined | None:
    """Return what a file of JSON lines says, where it is one of a kind that is written so."""
    lines = lines_of(content)
    try:
        first = open_document(lines[0]) if lines else None
        if first is None or not is_written_in_lines(first):
            return None
        refuse_weight(content, "lines")  # each alone may fit into memory, and all of them not
        if recognise(first):
            return _examine_statements(lines)
        alarms = read_falco(JsonDocument([json_object(open_document(line)) for line in lines]))
    except Malformed as error:
        return Examined(_refused("jsonl", error))
    return Examined(alarms) if alarms else None


def _examine_statements(lines: tuple[bytes, ...]) -> Examined:
    attestation = open_lines(lines)
    return Examined(read_attestation(attestation, interpret), attestation)


def is_written_in_lines(document: Document) -> bool:
    """Tell whether a document is of a kind of which a file holds several, one a line."""
    return recognise(document) is not None or read_falco(document) is not None


def interpret(document: Document) -> Reading:
    """Return what an opened document says; what no reader knows is opaque."""
    for reader in _asked(document):
        if reading := reader(document):
            return reading
    return read_bare_predicate(document, interpret) or _opaque(document)


def _asked(document: Document) -> Iterable[Reader]:
    match document:
        case JsonDocument(dict() as value):
            return [reader for keys, reader in JSON_READERS if not keys.isdisjoint(value)]
        case JsonDocument():  # a list of records
            return [reader for _, reader in JSON_READERS]
        case XmlDocument():
            return XML_READERS
        case TextDocument():
            return TEXT_READERS
        case _:
            assert_never(document)


def _opaque(document: Document) -> Reading:
    match document:
        case JsonDocument(value):
            keys = ", ".join(sorted(value)[:8]) if isinstance(value, dict) else type(value).__name__
            return _kept("json", f"JSON of a kind that is not interpreted: {shown(keys)}")
        case XmlDocument(root):
            return _kept("xml", f"XML <{shown(root.tag)}>, not interpreted")
        case TextDocument():
            return _kept("text", "text, not interpreted")
        case _:
            assert_never(document)


def _kept(name: str, what: str) -> Reading:
    return Reading(name, None, Parse.OK, (), (Opaque(what),))
