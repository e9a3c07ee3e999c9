"""The repositories that a verb works on, with a workspace and without one."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pratique.config import FILE, load, workspace_root
from pratique.registry.interface import Lock, Registry
from pratique.registry.open import Settings, open_repository
from pratique.values.reference import Repository


@dataclass(frozen=True, slots=True)
class Places:
    """Where images are: opens a repository, and guards what several processes would overwrite in it."""

    open: Callable[[Repository], Registry]
    lock: Lock


@contextmanager
def open_places(flag: str | None, *, plain_http: frozenset[str] = frozenset()) -> Iterator[Places]:
    """Yield the places."""
    root = workspace_root(flag)
    known: frozenset[str] = frozenset()
    if (root / FILE).exists() or flag:
        known = frozenset(one.host for one in load(root).registries if one.insecure)
    settings = Settings(base=root, insecure=known | plain_http, private=known | plain_http)
    yield Places(lambda repository: open_repository(repository, settings), _locks())


def _locks() -> Lock:
    folder = Path(tempfile.gettempdir()) / f"pratique-locks-{os.getuid()}"

    @contextmanager
    def lock(name: str) -> Iterator[None]:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / hashlib.sha256(name.encode()).hexdigest(), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    return lock
