"""Statements in whatever carries them: a DSSE envelope, a Sigstore bundle, or nothing.

What is signed is read by ``attest`` from the exact bytes, strictly: no byte order mark, no duplicate key. A bundle
of any version counts as the envelope in it; its certificates and log entries are not verified and prove nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pratique.attest.dsse import IN_TOTO, Envelope, parse_envelope, read_envelope
from pratique.attest.fields import Fields
from pratique.evidence.document import Document, json_object
from pratique.values.canonical import parse_object


class Carrier(StrEnum):
    """What a statement arrived in."""

    ENVELOPE = "dsse"
    BUNDLE = "sigstore-bundle"
    BARE = "in-toto"
    MESSAGE = "sigstore-message"
    """A bundle that signs bytes which are not in it."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A payload, and the envelope that signs it where there is one. Nothing is verified."""

    carrier: Carrier
    payload_type: str
    payload: bytes
    envelope: Envelope | None


def recognise(document: Document) -> Carrier | None:
    """Return in what this document carries a statement, or nothing where it does not."""
    value = json_object(document)
    if "dsseEnvelope" in value:
        return Carrier.BUNDLE
    if "messageSignature" in value:
        return Carrier.MESSAGE
    if "payload" in value and "payloadType" in value:
        return Carrier.ENVELOPE
    return Carrier.BARE if _is_statement(value) else None


def _is_statement(value: dict[str, Any]) -> bool:
    kind = value.get("_type")
    return isinstance(kind, str) and kind.startswith("https://in-toto.io/Statement/")


def open_attestation(content: bytes, carrier: Carrier) -> Attestation:
    """Read the carrier from its exact bytes.

    Raises:
        Malformed: It breaks the rules of its format.
    """
    match carrier:
        case Carrier.ENVELOPE:
            envelope = parse_envelope(content)
        case Carrier.BUNDLE:
            bundle = Fields("bundle", parse_object(content, "bundle"))
            envelope = read_envelope(content, bundle.object("dsseEnvelope"))
        case Carrier.BARE:
            return Attestation(carrier, IN_TOTO, content, None)
        case Carrier.MESSAGE:
            return Attestation(carrier, "", b"", None)
    return Attestation(carrier, envelope.payload_type, envelope.payload, envelope)
