"""Statements to read, and what carries them."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from pratique.evidence.model import Reading
from pratique.evidence.read import read
from pratique.values.digest import Digest

IMAGE = Digest("a" * 64)
OTHER = Digest("b" * 64)


def statement(predicate_type: str, predicate: Mapping[str, Any], *subjects: Mapping[str, str]) -> bytes:
    """Return a statement about digests as written, or about ``IMAGE``."""
    named = [{"name": "shop", "digest": digests} for digests in subjects or ({"sha256": IMAGE.hex},)]
    return json.dumps(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": named,
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    ).encode()


def envelope(payload: bytes, *signatures: str) -> dict[str, Any]:
    """Return an envelope whose signatures are these texts."""
    return {
        "payloadType": "application/vnd.in-toto+json",
        "payload": base64.urlsafe_b64encode(payload).decode(),
        "signatures": [{"keyid": f"key-{place}", "sig": sig} for place, sig in enumerate(signatures)],
    }


def said(predicate_type: str, predicate: Mapping[str, Any], *subjects: Mapping[str, str]) -> Reading:
    """Return what a bare statement says."""
    return read(statement(predicate_type, predicate, *subjects), "")
