"""DSSE envelopes: a payload, its type, and signatures over both.

Source: secure-systems-lab/dsse 1.0.2, protocol.md and envelope.proto. A parsed :class:`Envelope` claims
everything and proves nothing; ``attest.verify`` says who signed it.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import field

from pratique.attest.fields import Fields
from pratique.errors import Malformed
from pratique.values.canonical import MAX_BYTES, Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

IN_TOTO = "application/vnd.in-toto+json"
"""The payload type of an in-toto statement."""

MAX_SIGNATURES = 32  # ours; each one may cost a verification by every trusted key

_STANDARD = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*={0,2}")


@dataclass(frozen=True, slots=True)
class Extension:
    """What one signature carries beside itself; nobody has signed it."""

    kind: str
    ext: Mapping[str, Json] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope.

    ``keyid`` is a hint that anybody could have written: it may narrow the keys to try and decides nothing.
    """

    sig: bytes
    keyid: str = ""
    extension: Extension | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as it arrived. Nothing in it is verified.

    ``content`` holds the exact bytes, unknown fields included; the other fields were read from them.
    """

    content: bytes
    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @property
    def digest(self) -> Digest:
        """The digest of the exact bytes."""
        return Digest.of(self.content)

    @property
    def signed_bytes(self) -> bytes:
        """What every signature must cover."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that get signed: "DSSEv1" and both parts, each after its length in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse_envelope(content: bytes, *, max_bytes: int = MAX_BYTES) -> Envelope:
    """Read an envelope without verifying it.

    Standard and URL-safe base64 are accepted, with or without padding; unknown fields are ignored and stay in
    ``content``. An envelope without signatures is read too, and verifies for nobody.

    Raises:
        Malformed: Not strict JSON, a field is missing or of another type, or too many signatures.
    """
    return read_envelope(content, Fields("envelope", parse_object(content, "envelope", max_bytes=max_bytes)))


def read_envelope(content: bytes, fields: Fields) -> Envelope:
    """Read an envelope that is part of another document; ``content`` is what will be kept as its bytes."""
    signatures = fields.objects("signatures")
    if len(signatures) > MAX_SIGNATURES:
        raise Malformed(f"{fields.path('signatures')}: expected at most {MAX_SIGNATURES}, found {len(signatures)}")
    payload_type = fields.text("payloadType")
    if not payload_type:
        raise Malformed(f"{fields.path('payloadType')}: expected a media type or URI, found an empty string")
    return Envelope(
        content=content,
        payload_type=payload_type,
        payload=fields.parsed("payload", parse_base64),
        signatures=tuple(_signature(item) for item in signatures),
    )


def _signature(fields: Fields) -> Signature:
    extension = None
    if fields.has("extension"):
        inner = fields.object("extension")
        extension = Extension(inner.text("kind"), inner.object_or_empty("ext").values)
    return Signature(fields.parsed("sig", parse_base64), fields.text_or_empty("keyid"), extension)


def build_envelope(payload: bytes, payload_type: str, signatures: tuple[Signature, ...]) -> bytes:
    """Return the canonical JSON bytes of an envelope, in standard padded base64."""
    return canonical(envelope_object(payload, payload_type, signatures))


def envelope_object(payload: bytes, payload_type: str, signatures: tuple[Signature, ...]) -> Mapping[str, Json]:
    """Return the JSON object of an envelope, to stand inside another document."""
    return {
        "payload": render_base64(payload),
        "payloadType": payload_type,
        "signatures": [_signature_object(signature) for signature in signatures],
    }


def _signature_object(signature: Signature) -> Mapping[str, Json]:
    # "Unset keyid" and "" mean the same; cosign decodes standard base64 only, so that is what we write.
    rendered: dict[str, Json] = {"keyid": signature.keyid, "sig": render_base64(signature.sig)}
    if signature.extension:
        rendered["extension"] = {"kind": signature.extension.kind, "ext": signature.extension.ext}
    return rendered


def render_base64(content: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(content).decode()


def parse_base64(text: str) -> bytes:
    """Read standard or URL-safe base64, with or without padding.

    Raises:
        Malformed: Another character, both alphabets mixed, a wrong length, or bits beyond the last byte.
    """
    if not (_STANDARD.fullmatch(text) or _URL_SAFE.fullmatch(text)):
        raise Malformed("base64: expected one alphabet, standard or URL-safe, and no white space")
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        content = base64.b64decode(padded, validate=True)
    except binascii.Error as error:
        raise Malformed(f"base64: {error}") from error
    # One text for one value: otherwise a flipped bit in the last character could go unseen.
    if len(text) not in (len(bare), len(padded)) or render_base64(content) != padded:
        raise Malformed("base64: expected canonical padding and no bits beyond the last byte")
    return content
