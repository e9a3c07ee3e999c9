"""A connection that must keep flowing: who drips bytes must not hold a worker for ever.

``http.client`` talks to this as to a socket. Silence is the socket's own timeout. What is sent goes out in parts of
at most 256 KiB, and that timeout is for each whole part; so the same pace is asked of both directions.
"""

import io
import socket
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

WINDOW_SECONDS: Final = 60
SLOWEST: Final = 4 * 1024  # bytes a second; 256 KiB in 64 s
_MAX_HEAD_BYTES = 1024 * 1024  # http.client limits each header line, and not how often it is told "100 Continue"


class Flow:
    """A connected socket, as far as ``http.client`` uses one."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def sendall(self, content: "ReadableBuffer", /) -> None:
        """Send all of it; raises ``TimeoutError`` where that takes too long."""
        self._socket.sendall(content)

    def makefile(self, _mode: str, /) -> io.BufferedReader:
        """Return a reader of what arrives, for one answer."""
        return io.BufferedReader(Arriving(self._socket.makefile("rb", buffering=0)))

    def settimeout(self, seconds: float) -> None:
        """Say how long it may be silent."""
        self._socket.settimeout(seconds)

    def gettimeout(self) -> float | None:
        """Return how long it may be silent."""
        return self._socket.gettimeout()

    def close(self) -> None:
        """Close it, once what was made of it is closed."""
        self._socket.close()


class Arriving(io.RawIOBase):
    """Bytes that arrive; from the second read on, only the time spent waiting for them is counted.

    The first read waits for the other side to think, and the socket's timeout is for that.
    """

    def __init__(self, source: io.RawIOBase) -> None:
        self.unlimited = False
        self._source = source
        self._total = 0
        self._waited = 0.0
        self._came = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what is there, at least one byte; 0 at the end, ``TimeoutError`` where it drips."""
        began = time.monotonic()
        count = self._source.readinto(buffer) or 0
        if self._total:
            self._waited += time.monotonic() - began
            self._came += count
        self._total += count
        if self._waited > WINDOW_SECONDS:
            self._judge()
        if self._total > _MAX_HEAD_BYTES and not self.unlimited:
            raise ConnectionError("its headers do not end")
        return count

    def close(self) -> None:
        """Close it."""
        self._source.close()
        super().close()

    def _judge(self) -> None:
        if self._came < SLOWEST * self._waited:
            raise TimeoutError(f"slower than {SLOWEST} bytes a second")
        self._waited, self._came = 0.0, 0
