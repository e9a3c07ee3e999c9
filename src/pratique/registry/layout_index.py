"""``index.json`` of an OCI layout: which manifests are there, under which tags.

Source: OCI image-spec 1.1, image-layout.md, and annotations.md for ``org.opencontainers.image.ref.name``.
Entries that others wrote keep every field.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pratique.errors import Malformed
from pratique.registry.manifest import OCI_INDEX, Descriptor, Manifest, read_descriptor
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

REF_NAME = "org.opencontainers.image.ref.name"
MAX_INDEX_BYTES = 16 * 1024 * 1024  # some fifty thousand entries


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it points to, its tag (empty without), and the fields as they were written."""

    descriptor: Descriptor
    tag: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Index:
    """The whole file: its entries, and every other field as it was written."""

    entries: tuple[Entry, ...] = ()
    others: tuple[tuple[str, Any], ...] = (("mediaType", OCI_INDEX), ("schemaVersion", 2))

    def find(self, tag: str) -> Digest | None:
        """Return what a tag points to.

        Raises:
            Malformed: Two entries carry the tag and point to different manifests.
        """
        found = {entry.descriptor.digest for entry in self.entries if entry.tag == tag}
        if len(found) > 1:
            raise Malformed(f"index.json: tag {tag!r} points to {len(found)} manifests; remove all but one entry")
        return next(iter(found), None)

    @property
    def untagged(self) -> tuple[Digest, ...]:
        """The manifests listed without a tag."""
        return tuple(entry.descriptor.digest for entry in self.entries if not entry.tag)


class Lookup:
    """An index that is asked again and again: whoever wrote it may have listed very much."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._tagged: dict[str, set[Digest]] = {}
        self._types: dict[Digest, str] = {}
        for entry in index.entries:
            self._tagged.setdefault(entry.tag, set()).add(entry.descriptor.digest)
            self._types.setdefault(entry.descriptor.digest, entry.descriptor.media_type)

    def find(self, tag: str) -> Digest | None:
        """Return what a tag points to; raises as :meth:`Index.find`."""
        found = self._tagged.get(tag, ())
        return self.index.find(tag) if len(found) > 1 else next(iter(found), None)

    def media_type(self, digest: Digest) -> str:
        """Return the media type under which a manifest is listed, empty if it is not."""
        return self._types.get(digest, "")


def read_index(raw: bytes) -> Index:
    """Read ``index.json``, or raise ``Malformed``."""
    document = parse_object(raw, "index.json", max_bytes=MAX_INDEX_BYTES)
    entries = document.get("manifests")
    if document.get("schemaVersion") != 2 or not isinstance(entries, list):
        raise Malformed("index.json: expected schemaVersion 2 and a list of manifests")
    others = tuple((key, value) for key, value in document.items() if key != "manifests")
    return Index(
        tuple(_entry(fields, f"index.json: manifests[{at}]") for at, fields in enumerate(entries)), others
    )


def render_index(index: Index) -> bytes:
    """Write ``index.json``."""
    return canonical({**dict(index.others), "manifests": [dict(entry.fields) for entry in index.entries]})


def with_manifest(index: Index, manifest: Manifest) -> Index:
    """Return the index from which this manifest can be reached, without a tag if it was not.

    Its children no longer need entries of their own: they are reached through it.
    """
    children = {child.digest for child in manifest.children}
    kept = tuple(entry for entry in index.entries if entry.tag or entry.descriptor.digest not in children)
    if any(entry.descriptor.digest == manifest.digest for entry in kept):
        return replace(index, entries=kept)
    return replace(index, entries=(*kept, _new_entry(manifest, "")))


def with_tag(index: Index, tag: str, manifest: Manifest) -> Index:
    """Return the index in which the tag points to this manifest.

    What it pointed to before stays reachable without a tag: an earlier image is where a rollback goes.
    """
    kept = [entry for entry in with_manifest(index, manifest).entries if entry.tag != tag]
    listed = {entry.descriptor.digest for entry in kept}
    left = [entry for entry in index.entries if entry.tag == tag and entry.descriptor.digest not in listed]
    new = [entry for entry in kept if entry.tag or entry.descriptor.digest != manifest.digest]
    earlier = [_without_tag(entry) for entry in left[:1] if entry.descriptor.digest != manifest.digest]
    return replace(index, entries=(*new, *earlier, _new_entry(manifest, tag)))


def with_list(index: Index, tag: str, listing: Manifest) -> Index:
    """Return the index in which the tag points to this list of referrers; the earlier list is forgotten."""
    listed = {child.digest for child in listing.children}
    kept = [entry for entry in index.entries if entry.tag != tag]
    kept = [entry for entry in kept if entry.tag or entry.descriptor.digest not in listed]
    return replace(index, entries=(*kept, _new_entry(listing, tag)))


def without_tag(index: Index, tag: str) -> Index:
    """Return the index without a tag; what it pointed to stays listed."""
    kept = [entry for entry in index.entries if entry.tag != tag]
    listed = {entry.descriptor.digest for entry in kept}
    left = [entry for entry in index.entries if entry.tag == tag and entry.descriptor.digest not in listed]
    return replace(index, entries=(*kept, *(_without_tag(entry) for entry in left[:1])))


def without_manifest(index: Index, digest: Digest) -> Index:
    """Return the index without any entry, tagged or not, for a manifest."""
    return replace(index, entries=tuple(entry for entry in index.entries if entry.descriptor.digest != digest))


def _entry(fields: Any, what: str) -> Entry:
    descriptor = read_descriptor(fields, what)
    return Entry(descriptor, descriptor.annotation(REF_NAME), fields)


def _new_entry(manifest: Manifest, tag: str) -> Entry:
    fields: dict[str, Any] = {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": manifest.size,
    }
    if manifest.artifact_type:
        fields["artifactType"] = manifest.artifact_type
    if tag:
        fields["annotations"] = {REF_NAME: tag}
    return _entry(fields, "index.json: new entry")


def _without_tag(entry: Entry) -> Entry:
    annotations = {key: text for key, text in entry.fields["annotations"].items() if key != REF_NAME}
    fields = {key: value for key, value in entry.fields.items() if key != "annotations"}
    return _entry({**fields, "annotations": annotations} if annotations else fields, "index.json: untagged entry")
