"""Hang something on an image: as a referrer, or as a layer under a legacy tag.

Sources: OCI image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"; cosign's tag scheme. What is attached
twice is there once.
"""

import logging
from collections.abc import Callable
from typing import Any

from pratique.errors import Absent, Conflict
from pratique.registry.anchor import put_anchored
from pratique.registry.blob import holding
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Lock, Registry
from pratique.registry.manifest import (
    EMPTY_MEDIA,
    OCI_MANIFEST,
    Annotations,
    Descriptor,
    Kind,
    Manifest,
    parse_manifest,
)
from pratique.values.canonical import canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_EMPTY = b"{}"
# Against writers who do not know our lock; and against docker-registry, which writes the note that a blob is here over
# again whenever somebody sends the same blob, and denies the blob to whoever reads that note half-written (seen).
_TRIES = 5
_CONFIG_MEDIA = "application/vnd.oci.image.config.v1+json"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Body:
    """What is attached: exact bytes, their media type, and annotations for those who look before they fetch.

    The annotations become those of the referrer's manifest, or of the layer under a legacy tag.
    """

    media_type: str
    content: bytes
    annotations: Annotations = ()


def build_referrer(subject: Manifest, body: Body) -> Manifest:
    """Return the manifest that attaches a body to a subject: empty config, one layer of the artifact's type.

    The same arguments give the same bytes.
    """
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": body.media_type,
        "config": _descriptor(EMPTY_MEDIA, _EMPTY),
        "layers": [_descriptor(body.media_type, body.content)],
        "subject": {"mediaType": subject.media_type, "digest": str(subject.digest), "size": subject.size},
    }
    if body.annotations:
        document["annotations"] = dict(body.annotations)
    return parse_manifest(canonical(document))


def attach_referrer(registry: Registry, subject: Digest, body: Body, lock: Lock) -> Digest:
    """Attach a body to a manifest that is here, and return the digest of the referrer once it is listed.

    It is anchored where the registry's own clean-up would delete it. Where the registry denies what was just put
    there, that is put again.

    Raises:
        Absent: The subject is not here, or the registry goes on denying what is put there.
    """
    referrer = build_referrer(registry.manifest(subject), body)
    parts = ((EMPTY_MEDIA, _EMPTY), (body.media_type, body.content))
    for media_type, content in parts:
        _put(registry, media_type, content)
    for _ in range(_TRIES - 1):
        try:
            return _hang(registry, referrer, lock)
        except Absent as error:
            _log.warning("%s; its parts are sent again", error)
            for media_type, content in parts:
                _send(registry, media_type, content)
    return _hang(registry, referrer, lock)


def _hang(registry: Registry, referrer: Manifest, lock: Lock) -> Digest:
    if not registry.keeps_untagged():
        put_anchored(registry, referrer)  # before it is listed: a clean-up in between would leave a list that lies
    registry.put_referrer(referrer, lock)
    return referrer.digest


def attach_legacy(registry: Registry, subject: Digest, kind: EdgeKind, body: Body, lock: Lock) -> Digest:
    """Add a body as a layer under a legacy tag, after those already there; return what the tag points to.

    Raises:
        Conflict: The tag holds an index, or others keep moving it.
    """
    _put(registry, body.media_type, body.content)
    layer = {**_descriptor(body.media_type, body.content), "annotations": dict(body.annotations)}
    tag = legacy_tag(subject, kind)
    return _move(registry, tag, lambda current: _with_layers(registry, current, [layer]), lock)


def merge_legacy(registry: Registry, tag: str, manifest: Manifest, lock: Lock) -> Digest:
    """Point a legacy tag at every layer of this manifest, those already there included; return what it points to.

    Where the tag does not exist, it points to exactly this manifest, which must be here.

    Raises:
        Conflict: The tag holds an index, or others keep moving it.
    """

    def extended(current: Digest | None) -> Manifest:
        if current in (None, manifest.digest):
            return manifest
        return _with_layers(registry, current, _layers(manifest))

    return _move(registry, tag, extended, lock)


def _move(registry: Registry, tag: str, extended: Callable[[Digest | None], Manifest], lock: Lock) -> Digest:
    """Point a tag at what extends the manifest that it points to, read again whenever somebody else was faster."""
    with lock(f"legacy {registry.repository} {tag}"):
        for _ in range(_TRIES):
            current = registry.resolve(tag)
            manifest = extended(current)
            if manifest.digest == current:
                return current
            try:
                registry.put_manifest(manifest)
                registry.put_tag(tag, manifest.digest, current)
            except Conflict as error:
                _log.info("%s; reading again", error)
            else:
                return manifest.digest
    raise Conflict(f"{registry.repository}:{tag}: others keep overwriting it; attach again")


def _with_layers(registry: Registry, current: Digest | None, layers: list[dict[str, Any]]) -> Manifest:
    """Return the manifest under a legacy tag with these layers after its own; itself if it has them all."""
    before = registry.manifest(current) if current else None
    there = _layers(before) if before else []
    after = _merged(there, layers)
    return before if before and after == there else _legacy(registry, after)


def _merged(before: list[dict[str, Any]], layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = {canonical(layer) for layer in before}
    return [*before, *(layer for layer in layers if canonical(layer) not in known)]


def _layers(manifest: Manifest) -> list[dict[str, Any]]:
    if manifest.kind is not Kind.IMAGE:
        raise Conflict(
            f"{manifest.digest}: expected a manifest under a legacy tag, found an index; move the tag away"
        )
    layers: list[dict[str, Any]] = parse_object(manifest.raw, "manifest")["layers"]
    return layers


def _legacy(registry: Registry, layers: list[dict[str, Any]]) -> Manifest:
    # cosign writes an image whose "root file system" are the signed documents; readers look at its layers only.
    config = canonical(
        {
            "architecture": "",
            "os": "",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
        }
    )
    _put(registry, _CONFIG_MEDIA, config)
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(_CONFIG_MEDIA, config),
        "layers": layers,
    }
    return parse_manifest(canonical(document))


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": str(Digest.of(content)), "size": len(content)}


def _put(registry: Registry, media_type: str, content: bytes) -> None:
    """Put something there, unless the registry says that it has it."""
    if registry.blob_size(Digest.of(content)) != len(content):
        _send(registry, media_type, content)


def _send(registry: Registry, media_type: str, content: bytes) -> None:
    """Put something there, whatever the registry says."""
    registry.put_blob(Descriptor(media_type, Digest.of(content), len(content)), holding(content))
