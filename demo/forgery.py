"""What a forger would try: a proof with one byte changed, and a proof with somebody's approval taken out."""

import base64
import json
from pathlib import Path
from typing import Any

from pratique.values.canonical import canonical


def flip_a_byte(proof: Path, forged: Path) -> None:
    """Write the proof with one bit of the first approval's event changed."""
    document = _read(proof)
    entry = next(entry for entry in document["entries"] if _kind(entry) == "review.given/1")
    event = bytearray(base64.b64decode(entry["event"]))
    event[len(event) // 2] ^= 1
    entry["event"] = base64.b64encode(event).decode()
    forged.write_bytes(canonical(document))


def drop_an_approval(proof: Path, forged: Path) -> None:
    """Write the proof without the last approval: neither its event nor what was signed is in it any more."""
    document = _read(proof)
    dropped = [entry for entry in document["entries"] if _kind(entry) == "review.given/1"][-1]
    document["entries"].remove(dropped)
    for item in json.loads(base64.b64decode(dropped["event"]))["objects"]:
        document["objects"].pop(item["sha256"], None)
    forged.write_bytes(canonical(document))


def _read(proof: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(proof.read_bytes())
    return document


def _kind(entry: dict[str, Any]) -> str:
    return str(json.loads(base64.b64decode(entry["event"]))["type"])
