"""The full form of a proof, as the names and descriptors of an OCI image layout.

``oci-layout``, ``index.json`` with one descriptor, and ``blobs/sha256/<hex>``: one artifact manifest, its empty
config, and its layers, of which the first is the core form. Each of these files has one spelling, so that nobody
can hide a second reading in it; names in the layout are exactly these.

Sources: OCI image-spec 1.1, image-layout.md and manifest.md ("Guidelines for Artifact Usage"); spec/approvals.md
section 6.
"""

import re
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Any

from pratique.errors import Malformed
from pratique.promotion.form import read, write
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.uris import PROOF_MEDIA

MARK_FILE, INDEX_FILE = "oci-layout", "index.json"
MARK = canonical({"imageLayoutVersion": "1.0.0"})
EMPTY = b"{}"
EMPTY_MEDIA = "application/vnd.oci.empty.v1+json"
INDEX_MEDIA = "application/vnd.oci.image.index.v1+json"
MANIFEST_MEDIA = "application/vnd.oci.image.manifest.v1+json"
ROLE = "example.pratique.role"
"""The annotation that says what a layer is."""
REPORT_MEDIA = "text/html"

MAX_LAYERS = 10_000
MAX_MANIFEST_BYTES = 8 * 1024 * 1024
MAX_LAYER_BYTES = 256 * 1024 * 1024  # a feed, at most; a piece of evidence has 64 MiB
MAX_TOTAL_BYTES = 2 * 1024 * 1024 * 1024
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{64}")
_BLOBS = "blobs/sha256/"


class Role(StrEnum):
    """What a layer is."""

    CORE = "core"
    EVIDENCE = "evidence"
    FEED = "feed"
    WAIVER = "waiver"
    POLICY = "policy"
    DIRECTORY = "directory"
    RECORD = "record"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer: what it is, and the bytes that it must have."""

    role: Role
    media_type: str
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class _Descriptor:
    media_type: str = field(metadata={"key": "mediaType"})
    digest: Digest
    size: int
    annotations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Manifest:
    version: int = field(metadata={"key": "schemaVersion"})
    media_type: str = field(metadata={"key": "mediaType"})
    artifact_type: str = field(metadata={"key": "artifactType"})
    config: _Descriptor
    layers: tuple[_Descriptor, ...]


@dataclass(frozen=True, slots=True)
class _Listed:
    media_type: str = field(metadata={"key": "mediaType"})
    artifact_type: str = field(metadata={"key": "artifactType"})
    digest: Digest
    size: int


@dataclass(frozen=True, slots=True)
class _Index:
    version: int = field(metadata={"key": "schemaVersion"})
    media_type: str = field(metadata={"key": "mediaType"})
    manifests: tuple[_Listed, ...]


def blob_name(digest: Digest) -> str:
    """Return the name of a blob in a layout."""
    return _BLOBS + digest.hex


def check_name(name: str) -> None:
    """Return if a layout may hold a file of this name: none else, whatever a file system would make of it.

    Raises:
        Malformed: It is absolute, leads elsewhere, or is no name of a layout.
    """
    if name not in (MARK_FILE, INDEX_FILE) and not _BLOB.fullmatch(name):
        raise Malformed(
            f"layout: the name {name[:120]!r} does not belong here; expected {MARK_FILE}, {INDEX_FILE} and "
            f"{_BLOBS}<64 lower-case hexadecimal digits>"
        )


def check_sizes(sizes: Mapping[str, int]) -> None:
    """Return if a layout's files, name by size in bytes, are few and small enough to be read.

    Raises:
        Malformed: A file, or all of them together, are too large.
    """
    if len(sizes) > MAX_LAYERS + 4:
        raise Malformed(f"layout: expected at most {MAX_LAYERS} layers, found {len(sizes)} files")
    for name, size in sizes.items():
        most = MAX_LAYER_BYTES if name.startswith(_BLOBS) else MAX_MANIFEST_BYTES
        if size > most:
            raise Malformed(f"layout: expected at most {most} bytes in {name}, found {size}")
    if sum(sizes.values()) > MAX_TOTAL_BYTES:
        raise Malformed(f"layout: expected at most {MAX_TOTAL_BYTES} bytes, found {sum(sizes.values())}")


def build_manifest(layers: tuple[Layer, ...]) -> bytes:
    """Return the artifact manifest of these layers, the core first."""
    return canonical(
        write(
            _Manifest(
                version=2,
                media_type=MANIFEST_MEDIA,
                artifact_type=PROOF_MEDIA,
                config=_Descriptor(EMPTY_MEDIA, Digest.of(EMPTY), len(EMPTY)),
                layers=tuple(
                    _Descriptor(one.media_type, one.digest, one.size, ((ROLE, one.role),)) for one in layers
                ),
            )
        )
    )


def parse_manifest(content: bytes) -> tuple[Layer, ...]:
    """Return the layers of an artifact manifest, the core first.

    Raises:
        Malformed: It is no manifest of a proof, spells one otherwise, or names the same bytes twice.
    """
    form = read(_Manifest, _object(content, "manifest"), "manifest")
    layers = tuple(_layer(one, f"manifest.layers[{at}]") for at, one in enumerate(form.layers))
    if len({one.digest for one in layers}) != len(layers):
        raise Malformed("manifest.layers: expected each blob once, found one twice")
    roles = [one.role for one in layers]
    if roles[:1] != [Role.CORE] or Role.CORE in roles[1:]:
        raise Malformed("manifest.layers: expected the core form first, and once")
    if build_manifest(layers) != content:
        raise Malformed("manifest: expected the artifact manifest of a proof, found another document or spelling")
    return layers


def _layer(form: _Descriptor, where: str) -> Layer:
    role = dict(form.annotations).get(ROLE)
    if role not in [str(one) for one in Role]:
        raise Malformed(f"{where}: expected the annotation {ROLE} to be one of {', '.join(Role)}, found {role!r}")
    return Layer(Role(role), form.media_type, form.digest, form.size)


def build_index(manifest: bytes) -> bytes:
    """Return the index that names this manifest alone."""
    listed = _Listed(MANIFEST_MEDIA, PROOF_MEDIA, Digest.of(manifest), len(manifest))
    return canonical(write(_Index(2, INDEX_MEDIA, (listed,))))


def parse_index(content: bytes) -> tuple[Digest, int]:
    """Return digest and size of the one manifest that an index names.

    Raises:
        Malformed: It names another number of manifests, or something that is no proof.
    """
    form = read(_Index, _object(content, "index.json"), "index.json")
    if len(form.manifests) != 1:
        raise Malformed(f"index.json: expected one manifest, found {len(form.manifests)}")
    only = form.manifests[0]
    if only.artifact_type != PROOF_MEDIA:
        raise Malformed(
            f"index.json: expected the artifact type {PROOF_MEDIA}, found {only.artifact_type[:120]!r}"
        )
    if canonical(
        write(_Index(2, INDEX_MEDIA, (_Listed(MANIFEST_MEDIA, PROOF_MEDIA, only.digest, only.size),)))
    ) != (content):
        raise Malformed("index.json: expected the index of a proof, found another document or spelling")
    return only.digest, only.size


def _object(content: bytes, what: str) -> dict[str, Any]:
    return parse_object(content, what, max_bytes=MAX_MANIFEST_BYTES)
