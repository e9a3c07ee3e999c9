"""A layer unpacked as its bytes pass by: gzip, zstd, or not packed at all.

How it is packed is told by its first bytes, as runtimes do, whatever its media type says. What comes out is handed on
in pieces of a bounded size, so that a bomb costs time and never memory; how much may come out is for the caller to
count.

Source: RFC 1952; RFC 8878, sections 3.1.1 and 3.1.2; OCI image-spec 1.1, layer.md.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import Final

import zstandard

from pratique.errors import Malformed, Refused

_BUFFER: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 16 + zlib.MAX_WBITS
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE: Final = tuple(bytes((number, 0x2A, 0x4D, 0x18)) for number in range(0x50, 0x60))
"""How frames begin that hold nothing of the layer: "Skippable_Frame", RFC 8878, 3.1.2."""
_ZSTD_WINDOW: Final = 128 * 1024 * 1024
"""What ``zstd -d`` takes without being asked for more (ZSTD_WINDOWLOG_LIMIT_DEFAULT)."""
_ZSTD_STEP: Final = 1024
"""Packed bytes unpacked at once. A block of 4 bytes may stand for 128 KiB, so this gives 32 MiB at the very most."""
_OTHERS: Final = ((b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"))

Chunks = Callable[[], bytes]
"""Returns the next packed bytes, none at the end."""


def unpack(chunk: Chunks, what: str) -> Iterator[bytes]:
    """Yield the archive inside a layer.

    Args:
        chunk: Where the layer comes from.
        what: Its name in messages.

    Raises:
        Malformed: It is damaged, ends early, or asks for more memory than it may.
        Refused: It is packed in a way that is not read here.
    """
    first = chunk()
    if first.startswith(_GZIP):
        yield from _gunzip(first, chunk, what)
        return
    if first.startswith((_ZSTD, *_SKIPPABLE)):
        yield from _unzstd(first, chunk, what)
        return
    for mark, name in _OTHERS:
        if first.startswith(mark):
            raise Refused(
                f"{what}: is packed with {name}, which is not read here; push it as gzip or zstd to have it examined"
            )
    while first:
        yield first
        first = chunk()


def _gunzip(first: bytes, more: Chunks, what: str) -> Iterator[bytes]:
    """Yield what several gzip members hold one after the other, as eStargz writes them."""
    rest = first
    try:
        while rest:
            unpacker = zlib.decompressobj(_GZIP_WINDOW)
            while not unpacker.eof:
                if chunk := unpacker.decompress(rest, _BUFFER):
                    yield chunk
                rest = unpacker.unconsumed_tail or (b"" if unpacker.eof else more())
                if not rest and not chunk and not unpacker.eof:
                    raise Malformed(f"{what}: the gzip ends early; build or push it again")
            rest = unpacker.unused_data or more()
    except zlib.error as error:
        raise Malformed(f"{what}: expected gzip: {error}; build or push it again") from error


def _unzstd(first: bytes, more: Chunks, what: str) -> Iterator[bytes]:
    """Yield what several zstd frames hold one after the other, as zstd:chunked writes them."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
    steps = _steps(first, more)
    step = next(steps, b"")
    try:
        while step:
            frame = decompressor.decompressobj()
            while not frame.eof:
                if not step:
                    raise Malformed(f"{what}: the zstd ends early; build or push it again")
                if found := frame.decompress(step):
                    yield found
                step = next(steps, b"") if not frame.eof else frame.unused_data or next(steps, b"")
    except zstandard.ZstdError as error:
        raise Malformed(f"{what}: expected zstd: {error}; build or push it again") from error


def _steps(first: bytes, more: Chunks) -> Iterator[bytes]:
    while first:
        for at in range(0, len(first), _ZSTD_STEP):
            yield first[at : at + _ZSTD_STEP]
        first = more()
