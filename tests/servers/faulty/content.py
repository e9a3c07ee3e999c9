"""What a blob is made of: bytes in memory, or a pattern that is made while it is read and so may have any size."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

_PIECE = 256 * 1024


class Content(Protocol):
    """Bytes that can be read from anywhere."""

    @property
    def size(self) -> int: ...

    @property
    def digest(self) -> str: ...

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to ``end``."""
        ...


@dataclass(frozen=True)
class Kept:
    """Bytes in memory."""

    raw: bytes

    @property
    def size(self) -> int:
        return len(self.raw)

    @cached_property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.raw).hexdigest()}"

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        part = memoryview(self.raw)[start:end]
        for at in range(0, len(part), _PIECE):
            yield bytes(part[at : at + _PIECE])


@dataclass(frozen=True)
class Pattern:
    """Bytes that follow from a seed, and are nowhere kept."""

    seed: str
    size: int

    @cached_property
    def digest(self) -> str:
        hashed = hashlib.sha256()
        for piece in self.pieces():
            hashed.update(piece)
        return f"sha256:{hashed.hexdigest()}"

    @cached_property
    def _block(self) -> bytes:
        return b"".join(hashlib.sha256(f"{self.seed}{at}".encode()).digest() for at in range(_PIECE // 32))

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.size if end is None else min(end, self.size)
        while start < stop:
            at = start % _PIECE
            piece = self._block[at : at + stop - start]
            start += len(piece)
            yield piece


@dataclass(frozen=True)
class Forgotten:
    """What arrived and was hashed, and was too large to keep."""

    digest: str
    size: int

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        raise AssertionError("this server kept only the digest of what it received")
        yield b""  # never reached; it makes this a generator, as the others are


@dataclass(frozen=True)
class Part:
    """A part of other content."""

    whole: Content
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start

    @property
    def digest(self) -> str:
        return self.whole.digest

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        stop = self.stop if end is None else min(self.stop, self.start + end)
        return self.whole.pieces(self.start + start, stop)
