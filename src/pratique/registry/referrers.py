"""The list of what refers to a manifest, as an index: read with doubt, extended without loss.

Source: OCI distribution-spec 1.1, "Listing Referrers" and "Referrers Tag Schema". The list is hearsay that anyone
who may push can change: an entry that cannot be read is left out, and whoever acts on the others fetches them.
"""

from typing import Any

from pratique.errors import Conflict, Malformed, Refused
from pratique.registry.manifest import (
    DOCKER_LIST,
    MANIFEST_TYPES,
    MAX_MANIFEST_BYTES,
    OCI_INDEX,
    Descriptor,
    Manifest,
    read_descriptor,
)
from pratique.values.canonical import canonical, parse_object
from pratique.values.digest import Digest

MAX_REFERRERS = 1000  # far above any image seen; each one costs several requests


def fallback_tag(subject: Digest) -> str:
    """Return the tag under which registries without the referrers API keep the list: ``sha256-<hex>``."""
    return f"sha256-{subject.hex}"


def read_list(raw: bytes) -> tuple[Descriptor, ...]:
    """Return the readable entries of a list of referrers, none when the bytes are a manifest and no list.

    Raises:
        Malformed: The bytes are not strict JSON.
        Refused: There are more than ``MAX_REFERRERS`` entries.
    """
    entries = _entries(parse_object(raw, "list of referrers", max_bytes=MAX_MANIFEST_BYTES)) or []
    if len(entries) > MAX_REFERRERS:
        raise Refused(f"list of referrers: expected at most {MAX_REFERRERS}, found {len(entries)}; remove some")
    return tuple(found for entry in entries if (found := _readable(entry)))


def merge_lists(*lists: tuple[Descriptor, ...]) -> tuple[Descriptor, ...]:
    """Return every entry once, in order of first appearance; a digest listed twice keeps its first descriptor."""
    found: dict[Digest, Descriptor] = {}
    for descriptor in (descriptor for entries in lists for descriptor in entries):
        found.setdefault(descriptor.digest, descriptor)
    return tuple(found.values())


def extend_list(raw: bytes | None, manifest: Manifest) -> bytes:
    """Return the list with this referrer in it; entries already there keep every field.

    Args:
        raw: The list as it is now, ``None`` if there is none.
        manifest: The referrer.

    Raises:
        Conflict: The bytes are no list of referrers.
    """
    document: dict[str, Any] = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}
    if raw is not None:
        document = parse_object(raw, "list of referrers", max_bytes=MAX_MANIFEST_BYTES)
    entries = _entries(document)
    if entries is None:
        raise Conflict("list of referrers: its tag holds something else; move that tag away, then attach again")
    if any(isinstance(entry, dict) and entry.get("digest") == str(manifest.digest) for entry in entries):
        return raw or b""
    return canonical({**document, "manifests": [*entries, render_descriptor(manifest)]})


def without(raw: bytes, gone: frozenset[Digest]) -> bytes:
    """Return a list without the entries of these manifests; the others keep every field."""
    document = parse_object(raw, "list of referrers", max_bytes=MAX_MANIFEST_BYTES)
    names = {str(digest) for digest in gone}
    kept = [
        entry
        for entry in _entries(document) or []
        if not (isinstance(entry, dict) and entry.get("digest") in names)
    ]
    return canonical({**document, "manifests": kept})


def render_descriptor(manifest: Manifest) -> dict[str, Any]:
    """Return a manifest's descriptor as a list of referrers holds it, with artifact type and annotations."""
    entry: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": manifest.size,
    }
    if manifest.effective_artifact_type:
        entry["artifactType"] = manifest.effective_artifact_type
    if manifest.annotations:
        entry["annotations"] = dict(manifest.annotations)
    return entry


def _entries(document: dict[str, Any]) -> list[Any] | None:
    entries = document.get("manifests")
    is_list = document.get("mediaType", OCI_INDEX) in (OCI_INDEX, DOCKER_LIST)
    return entries if is_list and isinstance(entries, list) else None


def _readable(entry: Any) -> Descriptor | None:
    try:
        descriptor = read_descriptor(entry, "referrer")
    except Malformed:
        return None
    return descriptor if descriptor.media_type in MANIFEST_TYPES else None
