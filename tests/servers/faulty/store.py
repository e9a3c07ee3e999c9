"""What a registry holds, in memory, and whether what its tags point to is whole."""

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.servers.faulty.content import Content, Forgotten, Kept

_KEEP_BYTES = 16 * 1024 * 1024  # a larger blob is hashed and let go


@dataclass
class Repository:
    """One repository: digest → content, digest → (media type, bytes), tag → digest."""

    blobs: dict[str, Content] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def missing_below(self, digest: str) -> Iterator[str]:
        """Yield what a manifest needs and this repository lacks; a subject is not needed."""
        waiting, seen = [digest], set[str]()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if current not in self.manifests:
                yield current
                continue
            blobs, children = needed(self.manifests[current][1])
            yield from (blob for blob in blobs if blob not in self.blobs)
            waiting.extend(children)

    def broken_tags(self) -> dict[str, list[str]]:
        """Return the tags whose graph is not whole, each with what is missing."""
        found = {tag: sorted(self.missing_below(digest)) for tag, digest in self.tags.items()}
        return {tag: missing for tag, missing in found.items() if missing}

    def referrers(self, subject: str) -> list[dict[str, Any]]:
        """Return the descriptors of every manifest about this one, in order of arrival."""
        return [
            descriptor(digest, media_type, raw)
            for digest, (media_type, raw) in list(self.manifests.items())
            if read(raw).get("subject", {}).get("digest") == subject
        ]


class Store:
    """Every repository of a registry; its lock is held by whoever changes something."""

    def __init__(self) -> None:
        self.repositories: defaultdict[str, Repository] = defaultdict(Repository)
        self.lock = threading.RLock()

    def __getitem__(self, name: str) -> Repository:
        return self.repositories[name]


def receive(pieces: Iterator[bytes]) -> Content:
    """Return what arrives; only its digest where it is large."""
    hashed, kept, size = hashlib.sha256(), bytearray(), 0
    for piece in pieces:
        hashed.update(piece)
        size += len(piece)
        if size <= _KEEP_BYTES:
            kept += piece
    return Kept(bytes(kept)) if size <= _KEEP_BYTES else Forgotten(f"sha256:{hashed.hexdigest()}", size)


def read(raw: bytes) -> dict[str, Any]:
    """Return a manifest as JSON, empty where it is none: a test may push anything."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def needed(raw: bytes) -> tuple[list[str], list[str]]:
    """Return the blobs and the manifests that a manifest points to."""
    document = read(raw)
    blobs = [*([document["config"]] if "config" in document else []), *document.get("layers", [])]
    return [each["digest"] for each in blobs], [each["digest"] for each in document.get("manifests", [])]


def descriptor(digest: str, media_type: str, raw: bytes) -> dict[str, Any]:
    """Return a manifest's descriptor as a list of referrers holds it."""
    document = read(raw)
    entry = {"mediaType": media_type, "digest": digest, "size": len(raw)}
    artifact_type = document.get("artifactType") or document.get("config", {}).get("mediaType")
    if artifact_type:
        entry["artifactType"] = artifact_type
    if document.get("annotations"):
        entry["annotations"] = document["annotations"]
    return entry
