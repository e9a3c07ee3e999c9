"""Sigstore bundles v0.3 around a DSSE envelope, and how cosign finds envelopes on an image.

Source: sigstore/protobuf-specs, sigstore_bundle.proto (in its JSON form); cosign's specs/BUNDLE_SPEC.md and
specs/ATTESTATION_SPEC.md. Only the form signed by a plain key is written; a bundle with a certificate is read too.
"""

from dataclasses import replace
from datetime import datetime

from pratique.attest.dsse import Envelope, envelope_object, read_envelope
from pratique.attest.fields import Fields
from pratique.errors import Malformed
from pratique.values.canonical import MAX_BYTES, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.moment import render_moment

BUNDLE_MEDIA = "application/vnd.dev.sigstore.bundle.v0.3+json"
Annotations = tuple[tuple[str, str], ...]

_OLDER_SPELLING = "application/vnd.dev.sigstore.bundle+json;version=0.3"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was read; nothing in it is verified.

    ``hint`` names the key (None: there is a certificate instead). ``content`` holds the bundle's exact bytes.
    """

    content: bytes
    envelope: Envelope
    hint: str | None


def build_bundle(envelope: Envelope) -> bytes:
    """Return the canonical bytes of a bundle around an envelope with one signature, whose ``keyid`` becomes the hint.

    Raises:
        Malformed: The envelope has not exactly one signature, or that names no key.
    """
    _one_signature(envelope)
    hint = envelope.signatures[0].keyid
    if not hint:
        raise Malformed("bundle: expected a signature whose keyid names the key, found none")
    # sigstore-go writes no keyid beside the hint, and skips a signature whose keyid is no SSH fingerprint of the key.
    unnamed = (replace(envelope.signatures[0], keyid=""),)
    return canonical(
        {
            "mediaType": BUNDLE_MEDIA,
            "verificationMaterial": {"publicKey": {"hint": hint}},
            "dsseEnvelope": envelope_object(envelope.payload, envelope.payload_type, unnamed),
        }
    )


def parse_bundle(content: bytes, *, max_bytes: int = MAX_BYTES) -> Bundle:
    """Read a bundle of version 0.3 that holds a DSSE envelope.

    The envelope's ``content`` is a rendering of its own, because the bundle has no bytes for it alone; a signature
    without a ``keyid`` has the hint for one.

    Raises:
        Malformed: Another version, a message signature instead, or a key hint that is not the envelope's keyid.
    """
    fields = Fields("bundle", parse_object(content, "bundle", max_bytes=max_bytes))
    media = fields.text("mediaType")
    if media not in (BUNDLE_MEDIA, _OLDER_SPELLING):
        raise Malformed(f"bundle.mediaType: expected {BUNDLE_MEDIA}, found {media[:120]!r}")
    inner = fields.object("dsseEnvelope")
    envelope = read_envelope(canonical(inner.values), inner)
    _one_signature(envelope)
    hint = _hint(fields.object("verificationMaterial"), envelope)
    return Bundle(content, _named(envelope, hint) if hint else envelope, hint)


def _one_signature(envelope: Envelope) -> None:
    # "DSSE envelopes in a bundle MUST have exactly one signature."
    if len(envelope.signatures) != 1:
        raise Malformed(f"bundle: expected exactly one signature, found {len(envelope.signatures)}")


def _named(envelope: Envelope, hint: str) -> Envelope:
    """Return the envelope as it is outside a bundle, where its signature itself names the key."""
    if envelope.signatures[0].keyid:
        return envelope
    named = (replace(envelope.signatures[0], keyid=hint),)
    content = canonical(envelope_object(envelope.payload, envelope.payload_type, named))
    return Envelope(content, envelope.payload_type, envelope.payload, named)


def _hint(material: Fields, envelope: Envelope) -> str | None:
    if material.has("publicKey") == material.has("certificate"):
        raise Malformed(f"{material.where}: expected either publicKey or certificate; version 0.3 has no chain")
    if not material.has("publicKey"):
        return None
    hint, keyid = material.object("publicKey").text_or_empty("hint"), envelope.signatures[0].keyid
    # "the key hints MUST be exactly the same in the verification material and in the DSSE envelope": if it has one.
    if keyid and hint != keyid:
        raise Malformed(
            f"bundle: expected the envelope's keyid to be the hint {hint[:80]!r}, found {keyid[:80]!r}"
        )
    return hint


def bundle_annotations(predicate_type: str, created: datetime) -> Annotations:
    """Return the annotations of the referrer that holds a bundle; readers look at them before they fetch.

    Its ``artifactType`` and its one layer's media type are both ``BUNDLE_MEDIA``.
    """
    return (
        ("dev.sigstore.bundle.content", "dsse-envelope"),
        ("dev.sigstore.bundle.predicateType", predicate_type),
        ("org.opencontainers.image.created", render_moment(created)),
    )


def legacy_annotations(predicate_type: str) -> Annotations:
    """Return the annotations of an envelope's layer under the tag ``sha256-<hex>.att``.

    The layer's media type is ``ENVELOPE_MEDIA``; its signature is inside, so the annotation for one is empty.
    """
    return (("dev.cosignproject.cosign/signature", ""), ("predicateType", predicate_type))
