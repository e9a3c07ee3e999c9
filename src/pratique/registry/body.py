"""The body of an HTTP answer: what came with its head, then what still arrives, to its stated end and not beyond.

Source: RFC 9112 sections 6.3 (length) and 7.1 (chunks; extensions and trailers are read over).
"""

import re
from typing import Final, Protocol

from pratique.registry.flow import Arriving
from pratique.registry.head import MAX_HEAD_BYTES, Framing, NotHttp, Until

_END = re.compile(rb"\n\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_PIECE_BYTES: Final = 8 * 1024
_MAX_LINE_BYTES: Final = 4 * 1024
_MAX_TRAILERS: Final = 100


class Incoming:
    """What arrives for one answer; what was read too far is kept."""

    def __init__(self, arriving: Arriving) -> None:
        self._arriving = arriving
        self._kept = b""

    @property
    def kept(self) -> bool:
        """Whether something was read too far."""
        return bool(self._kept)

    def readinto(self, buffer: memoryview, /) -> int:
        """Read what is there, at least one byte; 0 at the end of the connection."""
        if not self._kept:
            return self._arriving.readinto(buffer)
        count = min(len(buffer), len(self._kept))
        buffer[:count] = self._kept[:count]
        self._kept = self._kept[count:]
        return count

    def head(self) -> bytes:
        """Read a head with the empty line that ends it.

        Raises:
            ConnectionResetError: The connection ended before anything came.
            NotHttp: It ended later, or the head does not end.
        """
        content, looked = bytearray(self._kept), 0
        while not (end := _END.search(content, looked)):
            if len(content) > MAX_HEAD_BYTES:
                raise NotHttp("its headers do not end")
            looked = max(0, len(content) - 2)  # an end may be cut in two
            if not (piece := self._arriving.read(_PIECE_BYTES)):
                raise (
                    NotHttp("broke off in its head")
                    if content
                    else ConnectionResetError("ended without an answer")
                )
            content += piece
        if end.end() > MAX_HEAD_BYTES:
            raise NotHttp("its headers do not end")
        self._kept = bytes(content[end.end() :])
        return bytes(content[: end.end()])

    def line(self) -> bytes:
        """Read a line, and return it without its end, which is CR LF.

        Raises:
            NotHttp: It ends otherwise, or not.
        """
        while (at := self._kept.find(b"\n")) < 0:
            if len(self._kept) > _MAX_LINE_BYTES:
                raise NotHttp("a line between its chunks does not end")
            if not (piece := self._arriving.read(_PIECE_BYTES)):
                raise NotHttp("broke off between its chunks")
            self._kept += piece
        line, self._kept = self._kept[: at + 1], self._kept[at + 1 :]
        if not line.endswith(b"\r\n") or len(line) > _MAX_LINE_BYTES:
            raise NotHttp("a line between its chunks does not end as HTTP's do")
        return line[:-2]


class Body(Protocol):
    """Bytes up to an end."""

    @property
    def ended(self) -> bool:
        """Whether the end was reached, and nothing is missing before it."""
        ...

    def readinto(self, buffer: memoryview, /) -> int:
        """Read what is there, at least one byte; 0 at the end, and where the connection ends too early."""
        ...


def body_of(incoming: Incoming, marked: Framing) -> Body:
    """Return the body that comes next."""
    match marked:
        case Until.LAST_CHUNK:
            return _Chunks(incoming)
        case Until.CLOSE:
            return _Rest(incoming)
        case length:
            return _Sized(incoming, length)


class _Sized:
    """So many bytes."""

    def __init__(self, incoming: Incoming, length: int) -> None:
        self._incoming = incoming
        self._left = length

    @property
    def ended(self) -> bool:
        return not self._left

    def readinto(self, buffer: memoryview, /) -> int:
        if not self._left:
            return 0
        count = self._incoming.readinto(buffer[: self._left])
        self._left -= count
        return count


class _Rest:
    """All that comes before the connection ends; whether that was meant, nobody can tell."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self.ended = False

    def readinto(self, buffer: memoryview, /) -> int:
        count = 0 if self.ended else self._incoming.readinto(buffer)
        self.ended = not count
        return count


class _Chunks:
    """Chunks, each with its size before it, up to one of no size."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._chunk: _Sized | None = None
        self.ended = False

    def readinto(self, buffer: memoryview, /) -> int:
        if self.ended:
            return 0
        if self._chunk is None:
            size = self._next_size()
            if not size:
                self._end()
                return 0
            self._chunk = _Sized(self._incoming, size)
        count = self._chunk.readinto(buffer)
        if self._chunk.ended:
            self._expect_empty(self._incoming.line())
            self._chunk = None
        return count

    def _next_size(self) -> int:
        line = self._incoming.line()
        found = _CHUNK.fullmatch(line)
        if not found:
            raise NotHttp(f"expected the size of a chunk, found {line[:40]!a}")
        return int(found[1], 16)

    def _end(self) -> None:
        """Read over trailers: nobody asked for them."""
        for _ in range(_MAX_TRAILERS):
            if not self._incoming.line():
                self.ended = True
                return
        raise NotHttp(f"expected at most {_MAX_TRAILERS} trailers, found more")

    def _expect_empty(self, line: bytes) -> None:
        if line:
            raise NotHttp("a chunk is longer than it says")
