"""Sigstore bundles of every version, as a carrier: what is in them, not whether it holds.

A bundle signed by a plain key is verified by that key, through ``attest``. Its certificates, log entries and
timestamps are counted here and nothing more: an identity counts once ``signing.keyless`` has verified it.

Source: sigstore/protobuf-specs, sigstore_bundle.proto (versions 0.1, 0.2 and 0.3, in their JSON form).
"""

import re
from dataclasses import dataclass
from typing import Any

from pratique.evidence.lookup import Notes, shown, table_at, tables_at, text_at

_MEDIA = re.compile(
    r"application/vnd\.dev\.sigstore\.bundle(?:\+json;version=(0\.[1-3])|\.v(0\.3(?:\.\d+)?)\+json)"
)
"""``bundle+json;version=0.1`` to ``0.3``, and since 0.3 also ``bundle.v0.3+json``."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a bundle offers for its verification."""

    media_type: str | None
    version: str | None
    certificates: int
    log_entries: int
    timestamps: int
    hint: str | None


def read_material(bundle: dict[str, Any], notes: Notes) -> Material:
    """Return what a bundle carries beside its content; notes what breaks the format's rules."""
    media = text_at(bundle, "mediaType")
    known = _MEDIA.fullmatch(media or "")
    if known is None:
        notes.add(f"mediaType: expected a Sigstore bundle of version 0.1 to 0.3, found {shown(media, 80)}")
    material = table_at(bundle, "verificationMaterial")
    if not material:
        notes.add("verificationMaterial: the bundle has none, so nothing in it could verify a signature")
    times = table_at(material, "timestampVerificationData")
    return Material(
        media_type=media,
        version=(known[1] or known[2]) if known else None,
        certificates=_certificates(material, notes),
        log_entries=len(tables_at(material, "tlogEntries", notes)),
        timestamps=len(tables_at(times, "rfc3161Timestamps", notes)),
        hint=text_at(table_at(material, "publicKey"), "hint"),
    )


def _certificates(material: dict[str, Any], notes: Notes) -> int:
    chain = tables_at(table_at(material, "x509CertificateChain"), "certificates", notes)
    return len(chain) + ("certificate" in material)
