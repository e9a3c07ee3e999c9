"""Small deterministic images, artifacts and layouts, built with the standard library alone.

The same arguments give the same bytes, so a test may name a digest it has never seen. Layouts are written here
without the code under test.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pratique.registry.blob import holding
from pratique.registry.interface import Registry
from pratique.registry.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    EMPTY_MEDIA,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    Manifest,
    parse_manifest,
)
from pratique.values.digest import Digest

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE = "application/vnd.dsse.envelope.v1+json"


@dataclass(frozen=True, slots=True)
class Built:
    """A manifest or index, with every byte it needs: blobs, and the manifests below it."""

    raw: bytes
    media_type: str
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    parts: tuple["Built", ...] = ()

    @property
    def digest(self) -> Digest:
        return Digest.of(self.raw)

    @property
    def manifest(self) -> Manifest:
        return parse_manifest(self.raw, self.media_type)

    def descriptor(self, **fields: object) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": str(self.digest), "size": len(self.raw), **fields}

    def files(self) -> dict[str, bytes]:
        """Everything as it lies in a layout: hex digest → bytes."""
        found = {self.digest.hex: self.raw, **self.blobs}
        for part in self.parts:
            found |= part.files()
        return found


def to_json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def layer_bytes(name: str, size: int = 1000) -> bytes:
    """A gzipped tar with one file whose content follows from its name and does not compress."""
    content = b"".join(hashlib.sha256(f"{name}{at}".encode()).digest() for at in range(size // 32 + 1))[:size]
    member = tarfile.TarInfo(f"{name}.bin")
    member.size = size
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), compresslevel=1, mtime=0)


def build_image(
    name: str,
    *,
    architecture: str = "amd64",
    layers: tuple[bytes, ...] | None = None,
    docker: bool = False,
    **fields: object,
) -> Built:
    """An image whose two layers follow from its name, unless layers are given."""
    contents = layers if layers is not None else (layer_bytes("base"), layer_bytes(name))
    config = to_json(
        {
            "architecture": architecture,
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": {"Labels": {"name": name}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{_sha256(_unpacked(each))}" for each in contents]},
        }
    )
    config_media = "application/vnd.docker.container.image.v1+json" if docker else CONFIG
    layer_media = "application/vnd.docker.image.rootfs.diff.tar.gzip" if docker else LAYER
    document = {
        "schemaVersion": 2,
        "mediaType": DOCKER_MANIFEST if docker else OCI_MANIFEST,
        "config": blob_descriptor(config_media, config),
        "layers": [blob_descriptor(layer_media, each) for each in contents],
        **fields,
    }
    blobs = {_sha256(each): each for each in (config, *contents)}
    return Built(to_json(document), str(document["mediaType"]), blobs)


def build_index(*parts: tuple[Built, dict[str, object]], docker: bool = False, **fields: object) -> Built:
    """An index of parts, each with the further fields of its descriptor."""
    media_type = DOCKER_LIST if docker else OCI_INDEX
    manifests = [part.descriptor(**extra) for part, extra in parts]
    raw = to_json({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests, **fields})
    return Built(raw, media_type, {}, tuple(part for part, _ in parts))


def on(architecture: str) -> dict[str, object]:
    """The descriptor's fields of a platform."""
    return {"platform": {"os": "linux", "architecture": architecture}}


def build_buildkit_attestation(of: Built, statement: object) -> tuple[Built, dict[str, object]]:
    """BuildKit's attestation of an image, and the fields of its descriptor in the index."""
    body = to_json(statement)
    media = "application/vnd.in-toto+json"
    layer = {**blob_descriptor(media, body), "annotations": {"in-toto.io/predicate-type": "https://slsa.dev/x"}}
    config = to_json({"architecture": "unknown", "os": "unknown", "rootfs": {"type": "layers", "diff_ids": []}})
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": blob_descriptor(CONFIG, config),
        "layers": [layer],
    }
    built = Built(to_json(document), OCI_MANIFEST, {_sha256(each): each for each in (config, body)})
    return built, {
        "platform": {"os": "unknown", "architecture": "unknown"},
        "annotations": {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": str(of.digest),
        },
    }


def build_platforms(name: str) -> Built:
    """An index with two platforms, and a BuildKit attestation of the first."""
    first = build_image(f"{name}-amd64")
    second = build_image(f"{name}-arm64", architecture="arm64")
    attestation = build_buildkit_attestation(first, {"_type": "https://in-toto.io/Statement/v1", "name": name})
    return build_index((first, on("amd64")), (second, on("arm64")), attestation)


def build_referrer(subject: Built, media_type: str, body: bytes, **annotations: str) -> Built:
    """An artifact with an empty config and one layer, about a subject."""
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": media_type,
        "config": blob_descriptor(EMPTY_MEDIA, b"{}"),
        "layers": [blob_descriptor(media_type, body)],
        "subject": subject.descriptor(),
    }
    if annotations:
        document["annotations"] = annotations
    return Built(to_json(document), OCI_MANIFEST, {_sha256(b"{}"): b"{}", _sha256(body): body})


def build_legacy(*layers: tuple[str, bytes, dict[str, str]]) -> Built:
    """What cosign keeps under a legacy tag: layers with media type, content and annotations."""
    config = to_json({"architecture": "", "os": "", "rootfs": {"type": "layers", "diff_ids": []}})
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": blob_descriptor(CONFIG, config),
        "layers": [{**blob_descriptor(media, body), "annotations": notes} for media, body, notes in layers],
    }
    blobs = {_sha256(each): each for each in (config, *(body for _, body, _ in layers))}
    return Built(to_json(document), OCI_MANIFEST, blobs)


def blob_descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{_sha256(content)}", "size": len(content)}


def blob_of(content: bytes) -> Descriptor:
    return Descriptor("application/octet-stream", Digest.of(content), len(content))


def write_layout(path: Path, tagged: Mapping[str, Built], untagged: tuple[Built, ...] = ()) -> None:
    """Write an OCI layout directory as other tools do."""
    blobs = path / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    for built in (*tagged.values(), *untagged):
        for hex_digest, content in built.files().items():
            (blobs / hex_digest).write_bytes(content)
    entries = [
        built.descriptor(annotations={"org.opencontainers.image.ref.name": tag}) for tag, built in tagged.items()
    ]
    entries += [built.descriptor() for built in untagged]
    (path / "index.json").write_bytes(to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}))
    (path / "oci-layout").write_bytes(to_json({"imageLayoutVersion": "1.0.0"}))


def push(registry: Registry, built: Built, tag: str | None = None) -> Digest:
    """Push through the interface: blobs, parts, the manifest, and the tag if one is given."""
    for content in built.blobs.values():
        registry.put_blob(blob_of(content), holding(content))
    for part in built.parts:
        push(registry, part)
    if built.manifest.subject:
        registry.put_referrer(built.manifest, no_lock)
    else:
        registry.put_manifest(built.manifest)
    if tag:
        registry.put_tag(tag, built.digest, None)
    return built.digest


@contextmanager
def no_lock(name: str) -> Iterator[None]:
    """A lock for tests with one writer."""
    yield


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _unpacked(layer: bytes) -> bytes:
    return gzip.decompress(layer) if layer[:2] == b"\x1f\x8b" else layer
