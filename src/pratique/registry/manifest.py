"""Manifests and indexes: exact bytes read strictly, so that two readers cannot see two images in them.

Sources: OCI image-spec 1.1 (manifest.md, image-index.md, descriptor.md); Docker image manifest version 2,
schema 2. CVE-2021-41190 is why a manifest must not look like an index, nor an index like a manifest.
"""

import base64
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pratique.errors import Malformed
from pratique.values.canonical import MAX_SAFE_INTEGER, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
EMPTY_MEDIA = "application/vnd.oci.empty.v1+json"
MANIFEST_TYPES = (OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST)
_INDEX_TYPES = (OCI_INDEX, DOCKER_LIST)

MAX_MANIFEST_BYTES = 4 * 1024 * 1024  # distribution-spec 1.1: registries and clients support at least 4 MiB

_IMAGE_FIELDS = (
    "schemaVersion",
    "artifactType",
    "config",
    "layers",
    "manifests",
    "subject",
    "fsLayers",
    "signatures",
)
_DESCRIPTOR_FIELDS = ("mediaType", "digest", "size", "urls", "annotations", "data", "platform")
_SPELLINGS = {field.lower(): field for field in (*_IMAGE_FIELDS, *_DESCRIPTOR_FIELDS)}

Annotations = tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """What a manifest is: one image or artifact, or a list of manifests."""

    IMAGE = "image"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on; prints as ``linux/arm64/v8``."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def unknown(self) -> bool:
        """Whether this marks something that does not run, such as BuildKit's attestations."""
        return self.os == "unknown" or self.architecture == "unknown"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A pointer to content: its media type, digest and exact size in bytes.

    ``urls`` say where else somebody may have the bytes; they are kept, and nothing is ever fetched from them.
    """

    media_type: str
    digest: Digest
    size: int
    artifact_type: str = ""
    annotations: Annotations = ()
    platform: Platform | None = None
    urls: tuple[str, ...] = ()

    def annotation(self, key: str) -> str:
        """Return one annotation, or an empty string."""
        return dict(self.annotations).get(key, "")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index: the bytes as they were received, and what they say."""

    raw: bytes
    digest: Digest
    media_type: str
    kind: Kind
    artifact_type: str = ""
    config: Descriptor | None = None
    layers: tuple[Descriptor, ...] = ()
    children: tuple[Descriptor, ...] = ()
    subject: Descriptor | None = None
    annotations: Annotations = ()

    @property
    def size(self) -> int:
        """The length of the exact bytes."""
        return len(self.raw)

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """Config and layers, in order."""
        return (*((self.config,) if self.config else ()), *self.layers)

    @property
    def effective_artifact_type(self) -> str:
        """The artifact type, else the config's media type (distribution-spec 1.1, "Listing Referrers")."""
        return self.artifact_type or (self.config.media_type if self.config else "")

    def annotation(self, key: str) -> str:
        """Return one annotation, or an empty string."""
        return dict(self.annotations).get(key, "")


def parse_manifest(raw: bytes, stated: str = "") -> Manifest:
    """Read one manifest or index.

    Args:
        raw: The bytes as received; they are kept.
        stated: The media type that the transport or a descriptor gave, empty where there is none.

    Raises:
        Malformed: Not strict JSON, larger than 4 MiB, schema 1, of two natures, or of another media type than
            stated.
    """
    document = parse_object(raw, "manifest", max_bytes=MAX_MANIFEST_BYTES)
    _refuse_other_spellings(document, "manifest")
    media_type = _media_type(document, stated)
    _refuse_two_natures(document, media_type)
    index = media_type in _INDEX_TYPES
    return Manifest(
        raw=raw,
        digest=Digest.of(raw),
        media_type=media_type,
        kind=Kind.INDEX if index else Kind.IMAGE,
        artifact_type=_text(document, "artifactType", "manifest"),
        config=None if index else read_descriptor(document.get("config"), "manifest: config"),
        layers=() if index else _descriptors(document, "layers"),
        children=_children(document) if index else (),
        subject=read_descriptor(document["subject"], "manifest: subject") if "subject" in document else None,
        annotations=_annotations(document, "manifest"),
    )


def _media_type(document: Mapping[str, Any], stated: str) -> str:
    said = _text(document, "mediaType", "manifest")
    if said and stated and said != stated:
        raise Malformed(
            f"manifest: delivered as {stated[:100]!r}, but says it is {said[:100]!r}; refused as ambiguous"
        )
    found = said or stated or (OCI_INDEX if "manifests" in document else OCI_MANIFEST)
    version = document.get("schemaVersion")
    if version == 1 or "distribution.manifest.v1+" in found:
        raise Malformed("manifest: Docker schema 1 is refused; push the image again with a current tool")
    if version != 2:
        raise Malformed(f"manifest: expected schemaVersion 2, found {str(version)[:40]!r}")
    if found not in MANIFEST_TYPES:
        raise Malformed(f"manifest: expected one of {', '.join(MANIFEST_TYPES)}, found {found[:100]!r}")
    if not said and not found.startswith("application/vnd.oci."):
        raise Malformed(f"manifest: a {found} must say its mediaType; refused as ambiguous")
    return found


def _refuse_two_natures(document: Mapping[str, Any], media_type: str) -> None:
    # "…MUST NOT contain 'manifests'", "…MUST NOT contain 'config' or 'layers'": CVE-2021-41190.
    foreign = ("config", "layers") if media_type in _INDEX_TYPES else ("manifests",)
    for field in (*foreign, "fsLayers"):
        if field in document:
            raise Malformed(f"manifest: a {media_type} must not have {field!r}; refused as ambiguous")


def _children(document: Mapping[str, Any]) -> tuple[Descriptor, ...]:
    children = _descriptors(document, "manifests")
    for child in children:
        if child.media_type not in MANIFEST_TYPES:
            raise Malformed(
                f"index: {child.digest} has media type {child.media_type[:100]!r}; expected a manifest or an index"
            )
    return children


def _descriptors(document: Mapping[str, Any], field: str) -> tuple[Descriptor, ...]:
    items = document.get(field)
    if not isinstance(items, list):
        raise Malformed(f"manifest: {field}: expected a list, found {type(items).__name__}")
    return tuple(read_descriptor(item, f"manifest: {field}[{at}]") for at, item in enumerate(items))


def read_descriptor(value: Any, what: str) -> Descriptor:
    """Read one descriptor; inline ``data`` must have the digest and size stated.

    Raises:
        Malformed: A field is missing, of another type, or contradicts another.
    """
    if not isinstance(value, dict):
        raise Malformed(f"{what}: expected a descriptor, found {type(value).__name__}")
    _refuse_other_spellings(value, what)
    size = value.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_SAFE_INTEGER:
        raise Malformed(f"{what}: size: expected a number of bytes, found {str(size)[:40]!r}")
    media_type = _text(value, "mediaType", what)
    if not media_type:
        raise Malformed(f"{what}: mediaType is missing")
    digest = Digest.parse(_text(value, "digest", what))
    _check_inline(value, digest, size, what)
    return Descriptor(
        media_type,
        digest,
        size,
        _text(value, "artifactType", what),
        _annotations(value, what),
        _platform(value.get("platform"), what),
        _urls(value, what),
    )


def _check_inline(value: Mapping[str, Any], digest: Digest, size: int, what: str) -> None:
    if "data" not in value:
        return
    try:
        content = base64.b64decode(_text(value, "data", what), validate=True)
    except ValueError as error:
        raise Malformed(f"{what}: data: not base64: {error}") from error
    if len(content) != size or Digest.of(content) != digest:
        raise Malformed(f"{what}: data: the inline bytes are not those of {digest} with {size} bytes")


def _platform(value: Any, what: str) -> Platform | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Malformed(f"{what}: platform: expected an object, found {type(value).__name__}")
    return Platform(_text(value, "os", what), _text(value, "architecture", what), _text(value, "variant", what))


def _urls(value: Mapping[str, Any], what: str) -> tuple[str, ...]:
    found = value.get("urls")
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(url, str) for url in found):
        raise Malformed(f"{what}: urls: expected a list of texts")
    return tuple(found)


def _annotations(value: Mapping[str, Any], what: str) -> Annotations:
    found = value.get("annotations")
    if found is None:
        return ()
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise Malformed(f"{what}: annotations: expected an object of strings")
    return tuple(sorted(found.items()))


def _text(value: Mapping[str, Any], field: str, what: str) -> str:
    text = value.get(field, "")
    if not isinstance(text, str):
        raise Malformed(f"{what}: {field}: expected text, found {type(text).__name__}")
    if not text.isprintable():  # it is shown, and must be no order to a terminal and no line of ours
        raise Malformed(f"{what}: {field}: expected printable text, found {text[:40]!a}")
    return text


def _refuse_other_spellings(value: Mapping[str, Any], what: str) -> None:
    # Readers written in Go match keys whatever their case: "Layers" would be layers there and nothing here.
    for key in value:
        meant = _SPELLINGS.get(key.lower())
        if meant and meant != key:
            raise Malformed(f"{what}: the key {key!r} is not {meant!r}; refused as ambiguous")
