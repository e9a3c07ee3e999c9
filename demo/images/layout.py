"""An OCI image layout directory, written: blobs by digest, and an index that names tags.

Source: OCI image-spec 1.1, image-layout.md, manifest.md, config.md. Writing the same image again changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.images.layer import Layer
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Image:
    """What goes into one image: its layers, how it is run, its labels, and when it was built (RFC 3339)."""

    layers: tuple[Layer, ...]
    run: Mapping[str, Any]
    labels: Mapping[str, str]
    created: str


def write_image(image: Image, layout: Path, tag: str) -> Digest:
    """Write an image into a layout directory, point the tag at it and return its manifest's digest."""
    (layout / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
    (layout / "oci-layout").write_bytes(canonical({"imageLayoutVersion": "1.0.0"}))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _put(layout, canonical(_config(image)), CONFIG),
        "layers": [_put(layout, layer.content, LAYER) for layer in image.layers],
        "annotations": dict(image.labels),
    }
    descriptor = _put(layout, canonical(manifest), MANIFEST)
    _point(layout, tag, descriptor)
    return Digest.parse(descriptor["digest"])


def read_index(layout: Path) -> list[dict[str, Any]]:
    """Return the descriptors of a layout's index; none if it has no index yet."""
    path = layout / "index.json"
    manifests: list[dict[str, Any]] = json.loads(path.read_bytes())["manifests"] if path.exists() else []
    return manifests


def write_index(layout: Path, manifests: list[dict[str, Any]]) -> None:
    """Write a layout's index with these descriptors."""
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}
    (layout / "index.json").write_bytes(canonical(index))


def _config(image: Image) -> dict[str, Any]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "created": image.created,
        "config": {**image.run, "Labels": dict(image.labels)},
        "rootfs": {"type": "layers", "diff_ids": [str(layer.diff_id) for layer in image.layers]},
        "history": [{"created": image.created, "created_by": "demo.images"} for _ in image.layers],
    }


def _put(layout: Path, content: bytes, media_type: str) -> dict[str, Any]:
    digest = Digest.of(content)
    (layout / "blobs" / "sha256" / digest.hex).write_bytes(content)
    return {"mediaType": media_type, "digest": str(digest), "size": len(content)}


def _point(layout: Path, tag: str, descriptor: Mapping[str, Any]) -> None:
    others = [item for item in read_index(layout) if item.get("annotations", {}).get(REF_NAME) != tag]
    tagged = {
        **descriptor,
        "platform": {"architecture": "amd64", "os": "linux"},
        "annotations": {REF_NAME: tag},
    }
    write_index(layout, sorted([*others, tagged], key=lambda item: str(item["digest"])))
