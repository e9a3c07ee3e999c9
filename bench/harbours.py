"""Two registries: one that holds every cargo, made once and kept in ``build/bench``, and one that is empty.

Both are Debian's docker-registry in processes of their own, on loopback, over plain HTTP.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.docker_registry import docker_registry

from bench.registry_images import EVERY, load
from pratique.registry.open import Settings, open_repository
from pratique.values.reference import parse_repository

_KEPT = Path(__file__).parents[1] / "build" / "bench"
_SKOPEOS_MEMORY = "blob-info-cache-v1.boltdb"


@contextmanager
def laden() -> Iterator[str]:
    """Run a registry with ``HOST/<cargo>:v1`` of every cargo; yield its ``host:port``."""
    files = _KEPT / "registry"
    if not files.is_dir():
        _load(_KEPT / "unfinished")
        (_KEPT / "unfinished").rename(files)
    with docker_registry(files) as host:
        yield host


@contextmanager
def empty(folder: Path) -> Iterator[str]:
    """Run a registry that holds nothing, in this folder, whatever was there; yield its ``host:port``."""
    shutil.rmtree(folder, ignore_errors=True)
    with docker_registry(folder) as host:
        yield host


@contextmanager
def forgetful_skopeo() -> Iterator[Path]:
    """Yield the file in which skopeo remembers where it saw blobs, moved aside meanwhile: delete it before a run."""
    # As root it does not look at XDG_DATA_HOME (containers/image, pkg/blobinfocache/default.go).
    own = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "containers"
    memory = (Path("/var/lib/containers") if os.geteuid() == 0 else own) / "cache" / _SKOPEOS_MEMORY
    aside = memory.with_suffix(".aside")
    if memory.exists():
        memory.rename(aside)
    try:
        yield memory
    finally:
        memory.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(memory)


def _load(folder: Path) -> None:
    with empty(folder) as host:
        settings = Settings(folder, insecure=frozenset({host}))
        for cargo in EVERY:
            load(open_repository(parse_repository(f"{host}/{cargo.name}"), settings), cargo)
