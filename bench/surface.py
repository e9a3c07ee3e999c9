"""What measuring an attack surface costs, beside reading and hashing the same layers, and once they are known."""

import hashlib
import random
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tests.evidence.surface.pictures import Entry, file, folder, image, layout, program, symlink

from bench.figure import AtLeast, AtMost, Figure, in_words, interleaved
from pratique.registry.layout import Layout
from pratique.service.surface import LayerMemory, NoMemory, measure_reference
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, Reference

_MIB = 1024 * 1024
_ROUNDS = 5


def figures(place: Path) -> Iterator[Figure]:
    """Measure an image of 60 MB in three layers, as a distribution's, an interpreter's and an application's are."""
    here = layout(place / "images")
    digest = image(here, "v1", *_layers(random.Random(60)), packing=_packed)
    reference, memory = Reference(LayoutRepository("here"), None, digest), LayerMemory(place / "cache")
    measure_reference(here, reference, memory)
    read, measured, again = interleaved(
        _ROUNDS,
        lambda: _read(place / "images", here, digest),
        lambda: measure_reference(here, reference, NoMemory()),
        lambda: measure_reference(here, reference, memory),
    )
    words = f"{in_words(measured)} for 60 MB in {sum(len(each) for each in _layers(random.Random(60)))} files"
    yield Figure(
        "attack surface of layers that nobody knows",
        words,
        f"reading and hashing with tarfile ({in_words(read)})",
        measured / read,
        AtMost(3),
    )
    yield Figure(
        "attack surface of layers that are known",
        in_words(again),
        f"measuring them ({in_words(measured)})",
        measured / again,
        AtLeast(50),
    )


def _read(place: Path, here: Layout, digest: Digest) -> str:
    hashed = hashlib.sha256()
    for layer in here.manifest(digest).layers:
        with tarfile.open(place / "blobs" / "sha256" / layer.digest.hex) as archive:
            for member in archive:
                if opened := archive.extractfile(member):
                    while chunk := opened.read(_MIB):
                        hashed.update(chunk)
    return hashed.hexdigest()


def _layers(chance: random.Random) -> tuple[tuple[Entry, ...], ...]:
    """Many small files, some libraries, a few large ones: about what Debian with Python and an application has."""
    base = (*_files(chance, "usr/share", 2500, 5_000), *_files(chance, "usr/lib", 350, 76_000), *_tools())
    python = (*_files(chance, "usr/lib/python3", 2500, 4_500), *_files(chance, "usr/lib/large", 3, 2_000_000))
    return base, python, _files(chance, "app/site", 500, 5_000)


def _files(chance: random.Random, where: str, count: int, mean_bytes: int) -> tuple[Entry, ...]:
    return tuple(
        file(f"{where}/folder{number % 97}/file{number}.py", _content(chance, mean_bytes))
        for number in range(count)
    )


def _content(chance: random.Random, mean_bytes: int) -> bytes:
    """Half words that repeat and half noise, so that it packs to about half, as programs do."""
    size = chance.randint(mean_bytes // 2, mean_bytes * 3 // 2)
    return chance.randbytes(size // 2) + (b"import words from somewhere\n" * (size // 56))


def _tools() -> tuple[Entry, ...]:
    return (
        folder("tmp", 0o1777),
        program("usr/bin/bash"),
        symlink("usr/bin/sh", "bash"),
        program("usr/bin/su", 0o4755),
    )


def _packed(archive: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    return packer.compress(archive) + packer.flush()
