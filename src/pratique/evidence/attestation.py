"""Statements in whatever carries them: DSSE envelopes, Sigstore bundles, files of several lines, or nothing.

What is signed is read by ``attest`` from the exact bytes, strictly: no byte order mark, no duplicate key. A bundle
of any version counts as the envelope in it; its certificates and log entries are counted, not verified.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, assert_never

from pratique.attest.dsse import IN_TOTO, Envelope, parse_base64, read_envelope
from pratique.attest.fields import Fields
from pratique.errors import Malformed
from pratique.evidence.document import Document, json_object, open_document
from pratique.evidence.facts.wrapping import Wrapping
from pratique.evidence.formats.gcb import entries_of, is_gcb
from pratique.evidence.formats.sigstore import Material, read_material
from pratique.evidence.lookup import Notes, table_at
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest

MAX_PARTS = 64
"""Envelopes in one document; each signature in each of them may cost a verification by every trusted key."""

_MAX_LINES = 4_000_000  # each costs some 70 bytes before anything looks at it; a day of alarms has thousands


class Carrier(StrEnum):
    """What a statement arrived in."""

    ENVELOPE = "dsse"
    BUNDLE = "sigstore-bundle"
    BARE = "in-toto"
    MESSAGE = "sigstore-message"
    """A bundle that signs bytes which are not in it."""
    CLOUD_BUILD = "gcb-provenance"


@dataclass(frozen=True, slots=True)
class Signable:
    """A payload and its type, with the envelope that signs it where there is one. Nothing is verified."""

    payload_type: str
    payload: bytes
    envelope: Envelope | None = None
    entry: Mapping[str, Any] | None = None
    """Cloud Build's words around the envelope."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """What one document carries; ``parts`` is empty where what it signs is not in it."""

    carrier: Carrier
    parts: tuple[Signable, ...]
    wrapping: Wrapping | None
    notes: Notes
    """What of the carrier was not understood."""
    remarks: Notes
    """What is wrong with signatures; the payload is understood all the same."""
    value: Mapping[str, Any]

    @property
    def envelopes(self) -> tuple[Envelope, ...]:
        """Every envelope in it; whoever signs the document has signed each of them."""
        return tuple(part.envelope for part in self.parts if part.envelope)


def recognise(document: Document) -> Carrier | None:
    """Return in what this document carries a statement, or nothing where it does not."""
    value = json_object(document)
    if "dsseEnvelope" in value:
        return Carrier.BUNDLE
    if "messageSignature" in value:
        return Carrier.MESSAGE
    if "payload" in value and "payloadType" in value:
        return Carrier.ENVELOPE
    if is_gcb(document):
        return Carrier.CLOUD_BUILD
    return Carrier.BARE if _is_statement(value) else None


def _is_statement(value: dict[str, Any]) -> bool:
    kind = value.get("_type")
    return isinstance(kind, str) and kind.startswith("https://in-toto.io/Statement/")


def open_attestation(content: bytes, carrier: Carrier) -> Attestation:
    """Read the carrier from its exact bytes.

    Raises:
        Malformed: It breaks the rules of its format.
    """
    notes, remarks = Notes(), Notes()
    value = parse_object(content, carrier.value)
    fields = Fields("envelope" if carrier is Carrier.ENVELOPE else "bundle", value)
    parts: tuple[Signable, ...] = ()
    material: Material | None = None
    match carrier:
        case Carrier.BARE:
            parts = (Signable(IN_TOTO, content),)
        case Carrier.MESSAGE:
            material = read_material(dict(value), notes)
        case Carrier.ENVELOPE:
            parts = (_signable(content, fields, remarks),)
        case Carrier.BUNDLE:
            material = read_material(dict(value), notes)
            parts = (_signable(content, fields.object("dsseEnvelope"), remarks),)
        case Carrier.CLOUD_BUILD:
            parts = tuple(_entry(content, entry, remarks) for entry in entries_of(dict(value), notes))
            if not 1 <= len(parts) <= MAX_PARTS:
                raise Malformed(f"provenance: expected 1 to {MAX_PARTS} signed envelopes, found {len(parts)}")
        case _:
            assert_never(carrier)
    return Attestation(carrier, parts, _wrapping(carrier, parts, material), notes, remarks, value)


def _entry(content: bytes, entry: dict[str, Any], remarks: Notes) -> Signable:
    fields = Fields("provenance.envelope", table_at(entry, "envelope"))
    found = _signable(content, fields, remarks)
    return Signable(found.payload_type, found.payload, found.envelope, entry)


def _signable(content: bytes, fields: Fields, remarks: Notes) -> Signable:
    envelope = read_envelope(content, _readable(fields, remarks))
    return Signable(envelope.payload_type, envelope.payload, envelope)


def _readable(fields: Fields, remarks: Notes) -> Fields:
    """Return an envelope's fields with every signature that is no base64 emptied: it counts for nobody, and hides
    nothing of what it was meant to sign.
    """
    said = fields.values.get("signatures")
    if not isinstance(said, list):
        return fields
    signatures = [_signature(item, remarks) if isinstance(item, dict) else item for item in said]
    return Fields(fields.where, {**fields.values, "signatures": signatures})


def _signature(item: dict[str, Any], remarks: Notes) -> dict[str, Any]:
    text = item.get("sig")
    if not isinstance(text, str):
        return item
    try:
        empty = not parse_base64(text)
    except Malformed:
        remarks.add("signatures: one is no base64 and counts for nobody")
        return {**item, "sig": ""}
    if empty:
        remarks.add("signatures: one is empty and counts for nobody")
    return item


def _wrapping(carrier: Carrier, parts: tuple[Signable, ...], material: Material | None) -> Wrapping | None:
    if carrier is Carrier.BARE:
        return None
    signatures = [each for part in parts if part.envelope for each in part.envelope.signatures]
    hints = {each.keyid for each in signatures if each.keyid}
    if material and material.hint:
        hints.add(material.hint)
    return Wrapping(
        carrier=carrier.value,
        media_type=material.media_type if material else None,
        payload_type=parts[0].payload_type if parts else None,
        signatures=len(signatures),
        empty_signatures=sum(not each.sig for each in signatures),
        hints=tuple(sorted(hints)),
        certificates=material.certificates if material else 0,
        log_entries=material.log_entries if material else 0,
        timestamps=material.timestamps if material else 0,
        payload=Digest.of(parts[0].payload) if len(parts) == 1 else None,
    )


def lines_of(content: bytes) -> tuple[bytes, ...]:
    """Return the lines of a file of JSON lines that hold something; fewer than two where it is another file."""
    if content.count(b"\n") > _MAX_LINES:
        return ()
    found = tuple(line for line in content.split(b"\n") if line.strip())
    return found if len(found) > 1 and all(line.lstrip()[:1] == b"{" for line in found) else ()


def open_lines(lines: tuple[bytes, ...]) -> Attestation:
    """Read a file that holds one carrier a line as one attestation of several parts.

    Raises:
        Malformed: A line breaks the rules of its format, or is another one than the first.
    """
    if len(lines) > MAX_PARTS:
        raise Malformed(f"lines: expected at most {MAX_PARTS} statements, found {len(lines)}; add fewer at once")
    opened = [_line(line, place) for place, line in enumerate(lines, 1)]
    first, notes, remarks = opened[0], Notes(), Notes()
    if any(one.carrier is not first.carrier for one in opened):
        raise Malformed("lines: expected the same form on every line; add each document by itself")
    for one in opened:
        for reason in one.notes.reasons:
            notes.add(reason)
        for reason in one.remarks.reasons:
            remarks.add(reason)
    parts = tuple(part for one in opened for part in one.parts)
    return Attestation(first.carrier, parts, _sum([one.wrapping for one in opened]), notes, remarks, first.value)


def _line(line: bytes, place: int) -> Attestation:
    carrier = recognise(open_document(line))
    if carrier is None:
        raise Malformed(f"line {place}: expected a statement, found another document; add each by itself")
    try:
        return open_attestation(line, carrier)
    except Malformed as error:
        raise Malformed(f"line {place}: {error}") from error


def _sum(wrappings: list[Wrapping | None]) -> Wrapping | None:
    found = [one for one in wrappings if one]
    if not found:
        return None
    return replace(
        found[0],
        signatures=sum(one.signatures for one in found),
        empty_signatures=sum(one.empty_signatures for one in found),
        hints=tuple(sorted({hint for one in found for hint in one.hints})),
        certificates=sum(one.certificates for one in found),
        log_entries=sum(one.log_entries for one in found),
        timestamps=sum(one.timestamps for one in found),
        payload=None,
    )
