"""Small layers and images, member by member, written by the standard library's own tar."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.registry.builders import CONFIG, LAYER

from pratique.evidence.surface.layer import LayerFacts, Notes, wanted_bytes
from pratique.evidence.surface.measure import Surface, measure_surface
from pratique.evidence.surface.settings import parse_settings
from pratique.registry.blob import holding
from pratique.registry.layers import Members, read_layer
from pratique.registry.layout import Layout
from pratique.registry.manifest import OCI_MANIFEST, Descriptor, parse_manifest
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository

Entry = tuple[tarfile.TarInfo, bytes]
ACCESS_KEY = "AKIA" + "IOSFODNN7" + "EXAMPLE"  # the one that Amazon's documentation shows, in two pieces
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(40)


def file(name: str, content: bytes = b"", mode: int = 0o644, **fields: Any) -> Entry:
    """A regular file."""
    return _entry(name, tarfile.REGTYPE, content, mode=mode, size=len(content), **fields)


def program(name: str, mode: int = 0o755, **fields: Any) -> Entry:
    """An executable in the format of Linux."""
    return file(name, PROGRAM, mode, **fields)


def folder(name: str, mode: int = 0o755) -> Entry:
    """A folder."""
    return _entry(name, tarfile.DIRTYPE, mode=mode)


def symlink(name: str, target: str) -> Entry:
    """A symlink."""
    return _entry(name, tarfile.SYMTYPE, linkname=target, mode=0o777)


def hard_link(name: str, target: str, mode: int = 0o644) -> Entry:
    """A hard link; its own mode says nothing about the file."""
    return _entry(name, tarfile.LNKTYPE, linkname=target, mode=mode)


def whiteout(path: str) -> Entry:
    """What deletes a path in the layers below."""
    before, _, name = path.rpartition("/")
    return file(f"{before}/.wh.{name}" if before else f".wh.{name}")


def opaque(path: str) -> Entry:
    """What deletes everything that the layers below have in a folder."""
    return file(f"{path}/.wh..wh..opq")


def _entry(name: str, kind: bytes, content: bytes = b"", **fields: Any) -> Entry:
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in fields.items():
        setattr(info, key, value)
    return info, content


def tar(*entries: Entry, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of these members, in this order."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def packed(archive: bytes) -> bytes:
    """The same, as layers are kept."""
    return gzip.compress(archive, compresslevel=1, mtime=0)


def noted(members: Members) -> Notes:
    """What is noted of members that pass by."""
    notes = Notes()
    for member, content in members:
        notes.take(member, content.take(wanted_bytes(member)))
    return notes


def layout(path: Path) -> Layout:
    """An empty repository."""
    return Layout(LayoutRepository(str(path)), path)


def blob(registry: Layout, content: bytes, media_type: str = LAYER) -> Descriptor:
    """Put some bytes there."""
    found = Descriptor(media_type, Digest.of(content), len(content))
    registry.put_blob(found, holding(content))
    return found


def facts(registry: Layout, *entries: Entry) -> LayerFacts:
    """What is known about a layer of these members."""
    archive = tar(*entries)
    layer = blob(registry, packed(archive))
    return read_layer(registry, layer, noted).facts(layer.digest, Digest.of(archive))


def surface(registry: Layout, *layers: tuple[Entry, ...], **runs: Any) -> Surface:
    """The surface of an image of these layers that runs like this."""
    known = tuple(facts(registry, *entries) for entries in layers)
    config = _config([each.diff_id for each in known], runs)
    return measure_surface(known, parse_settings(config), compressed=0)


def image(
    registry: Layout,
    tag: str,
    *layers: tuple[Entry, ...] | bytes,
    packing: Callable[[bytes], bytes] = packed,
    annotations: Mapping[str, str] | None = None,
    **runs: Any,
) -> Digest:
    """Put an image of these layers there, tag it, and return its digest."""
    archives = [each if isinstance(each, bytes) else tar(*each) for each in layers]
    config = blob(registry, _config([Digest.of(each) for each in archives], runs), CONFIG)
    kept = [blob(registry, packing(each)) for each in archives]
    raw = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor_value(config),
            "layers": [descriptor_value(each) for each in kept],
            "annotations": dict(annotations or {}),
        }
    ).encode()
    registry.put_tagged(parse_manifest(raw), tag)
    return Digest.of(raw)


def _config(diff_ids: list[Digest], runs: dict[str, Any]) -> bytes:
    return json.dumps(
        {
            "os": "linux",
            "architecture": "amd64",
            "created": "2026-01-02T03:04:05Z",
            "config": runs,
            "rootfs": {"type": "layers", "diff_ids": [str(each) for each in diff_ids]},
        }
    ).encode()


def descriptor_value(descriptor: Descriptor) -> dict[str, Any]:
    """A descriptor as a manifest has it."""
    return {"mediaType": descriptor.media_type, "digest": str(descriptor.digest), "size": descriptor.size}
