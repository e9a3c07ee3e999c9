"""Copying an image between two layout directories, read back, against skopeo."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.registry.builders import build_image, write_layout

from bench.figure import Figure, in_words, interleaved
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.open import Settings, open_repository
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository

ROUNDS = 5
LAYERS = 4
LAYER_BYTES = 16 * 1024 * 1024


def against_skopeo(folder: Path) -> Figure | None:
    """One image of 64 MiB from one directory to another; nothing where there is no skopeo."""
    if shutil.which("skopeo") is None:
        return None
    source = folder / "source"
    image = build_image("big", layers=tuple(_gzip(os.urandom(LAYER_BYTES)) for _ in range(LAYERS)))
    write_layout(source, {"big": image})
    ours, theirs = folder / "ours", folder / "theirs"

    def by_us() -> None:
        shutil.rmtree(ours, ignore_errors=True)
        _copy(source, ours, image.digest)

    def by_skopeo() -> None:
        shutil.rmtree(theirs, ignore_errors=True)
        command = ["skopeo", "copy", "--quiet", f"oci:{source}:big", f"oci:{theirs}:big"]
        subprocess.run(command, check=True)

    mine, other = interleaved(ROUNDS, by_us, by_skopeo)
    size = LAYERS * LAYER_BYTES // 1024 // 1024
    return Figure(
        f"copy of {size} MiB by digest, read back, synced",
        in_words(mine),
        f"skopeo (no read back, no sync), {in_words(other)}",
        mine / other,
    )


def _gzip(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content, compresslevel=0, mtime=0)


def _copy(source: Path, destination: Path, image: Digest) -> None:
    settings = Settings(base=source.parent)
    here = open_repository(LayoutRepository(str(source)), settings)
    there = open_repository(LayoutRepository(str(destination)), settings)
    copy(plan(here, image), here, there, frozenset(), _alone)


@contextmanager
def _alone(_name: str) -> Iterator[None]:
    yield
