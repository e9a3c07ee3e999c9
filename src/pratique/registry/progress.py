"""How far a copy has come, told to whoever watches.

A watcher only looks: what it is told changes nothing, and a copy that nobody watches tells :data:`SILENT`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Protocol

from pratique.registry.interface import Opening, Reader
from pratique.registry.manifest import Descriptor


class Way(StrEnum):
    """How a blob came to be at the destination."""

    PRESENT = "present"
    MOUNTED = "mounted"
    MOVED = "moved"


class Watch(Protocol):
    """Somebody who watches one copy.

    Every method may be called from several threads, returns at once, and raises nothing; only ``moved`` may raise
    ``KeyboardInterrupt``, which ends that transfer: nothing of it stays visible.
    """

    def planned(self, blobs: int, total_bytes: int) -> None:
        """So many distinct blobs of so many bytes altogether are needed; told once, before any moves."""
        ...

    def moved(self, count_bytes: int) -> None:
        """So many more bytes were read from the source on their way to the destination."""
        ...

    def restarted(self, count_bytes: int) -> None:
        """So many of the bytes told as moved are worth nothing: their transfer begins again."""
        ...

    def finished(self, blob: Descriptor, way: Way) -> None:
        """One blob is at the destination; told once for each."""
        ...

    def manifests(self, count: int) -> None:
        """So many more manifests are at the destination."""
        ...


class Silent:
    """Watches nothing."""

    def planned(self, blobs: int, total_bytes: int) -> None:
        """Do nothing."""

    def moved(self, count_bytes: int) -> None:
        """Do nothing."""

    def restarted(self, count_bytes: int) -> None:
        """Do nothing."""

    def finished(self, blob: Descriptor, way: Way) -> None:
        """Do nothing."""

    def manifests(self, count: int) -> None:
        """Do nothing."""


SILENT: Watch = Silent()
"""Nobody watches."""


def watched(opening: Opening, watch: Watch) -> Opening:
    """Return the same opening, whose bytes are told to a watcher as they are read.

    Opened again, it takes back what it told before: a transfer that failed half-way begins from the start.
    """
    told = 0

    @contextmanager
    def open_watched() -> Iterator[Reader]:
        nonlocal told
        if told:
            watch.restarted(told)
            told = 0
        with opening() as reader:
            yield _Watched(reader, tell)

    def tell(count_bytes: int) -> None:
        nonlocal told
        told += count_bytes
        watch.moved(count_bytes)

    return open_watched


class _Watched:
    """A reader that tells how much it gave."""

    def __init__(self, reader: Reader, tell: Callable[[int], None]) -> None:
        self._reader = reader
        self._tell = tell

    def readinto(self, buffer: memoryview, /) -> int:
        count = self._reader.readinto(buffer)
        if count:
            self._tell(count)
        return count
