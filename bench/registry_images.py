"""Images to carry: of noise, so that nothing is saved by compressing, always the same, and made once.

A layer is a gzipped tar of one file, as layers are: other tools look at its first bytes. It is stored, not
deflated, so making it costs little.
"""

import hashlib
import io
import random
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.registry.builders import CONFIG, LAYER, blob_descriptor, blob_of, on, to_json

from pratique.registry.blob import holding
from pratique.registry.interface import Reader, Registry
from pratique.registry.manifest import OCI_INDEX, OCI_MANIFEST, Descriptor, Manifest, parse_manifest
from pratique.values.digest import Digest

MIB = 1024 * 1024
_CHUNK_BYTES = MIB


@dataclass(frozen=True, slots=True)
class Cargo:
    """An image to carry: for each platform the sizes of its layers in bytes."""

    name: str
    words: str
    platforms: tuple[tuple[int, ...], ...]

    @property
    def total_bytes(self) -> int:
        """The bytes of all layers together."""
        return sum(map(sum, self.platforms))


BIG = Cargo("big", "600 MB in 8 layers", (tuple(n * 1_000_000 for n in (220, 130, 90, 70, 40, 25, 15, 10)),))
MANY = Cargo("many", "40 layers of 256 KiB", ((256 * 1024,) * 40,))
TINY = Cargo("tiny", "2 MiB in one layer", ((2 * MIB,),))
MULTI = Cargo("multi", "index of 4 platforms", ((15 * MIB, 8 * MIB, 4 * MIB, 2 * MIB),) * 4)
HUGE = Cargo("huge", "2 GiB in one layer", ((2048 * MIB,),))
EVERY = (BIG, MANY, TINY, MULTI, HUGE)
_ARCHITECTURES = ("amd64", "arm64", "riscv64", "s390x")


def load(registry: Registry, cargo: Cargo) -> Digest:
    """Make an image, put it into a repository and tag it ``v1``; return its digest."""
    images = [
        _image(registry, f"{cargo.name}-{at}", sizes, _ARCHITECTURES[at])
        for at, sizes in enumerate(cargo.platforms)
    ]
    top = images[0] if len(images) == 1 else _index(images)
    registry.put_manifest(top)
    registry.put_tag("v1", top.digest, None)
    return top.digest


def _image(registry: Registry, name: str, sizes: tuple[int, ...], architecture: str) -> Manifest:
    layers, inner = zip(*(_layer(registry, f"{name}-{at}", size) for at, size in enumerate(sizes)), strict=True)
    config = to_json(
        {"architecture": architecture, "os": "linux", "rootfs": {"type": "layers", "diff_ids": inner}}
    )
    registry.put_blob(blob_of(config), holding(config))
    document = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": blob_descriptor(CONFIG, config),
        "layers": layers,
    }
    manifest = parse_manifest(to_json(document))
    registry.put_manifest(manifest)
    return manifest


def _index(images: list[Manifest]) -> Manifest:
    entries = [
        {"mediaType": each.media_type, "digest": str(each.digest), "size": each.size, **on(architecture)}
        for each, architecture in zip(images, _ARCHITECTURES, strict=False)
    ]
    return parse_manifest(to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}))


def _layer(registry: Registry, name: str, size: int) -> tuple[dict[str, Any], str]:
    """Put one layer; return its descriptor, and the digest of what is inside the gzip."""
    outside, inside, pack = hashlib.sha256(), hashlib.sha256(), zlib.compressobj(0, wbits=31)
    with tempfile.TemporaryFile() as file:
        for chunk in _archive(name, size):
            inside.update(chunk)
            _write(file, outside, pack.compress(chunk))
        _write(file, outside, pack.flush())
        blob = Descriptor(LAYER, Digest(outside.hexdigest()), file.tell())

        @contextmanager
        def opening() -> Iterator[Reader]:
            file.seek(0)
            yield file

        registry.put_blob(blob, opening)
    return {"mediaType": LAYER, "digest": str(blob.digest), "size": blob.size}, f"sha256:{inside.hexdigest()}"


def _write(file: io.IOBase, hashed: Any, content: bytes) -> None:
    file.write(content)
    hashed.update(content)


def _archive(name: str, size: int) -> Iterator[bytes]:
    """A tar with one file of noise that follows from its name."""
    member, noise = tarfile.TarInfo(f"{name}.bin"), random.Random(name)
    member.size = size
    yield member.tobuf()
    for start in range(0, size, _CHUNK_BYTES):
        yield noise.randbytes(min(_CHUNK_BYTES, size - start))
    yield bytes(-size % tarfile.BLOCKSIZE + 2 * tarfile.BLOCKSIZE)
