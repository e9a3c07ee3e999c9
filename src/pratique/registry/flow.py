"""A connection that must keep flowing: who is silent, or drips bytes, must not hold a worker for ever.

``http.client`` talks to this as to a socket. The kernel keeps the time (SO_RCVTIMEO, SO_SNDTIMEO of socket(7)): with
a timeout of its own, Python asks it before every single read and write whether it may, a tenth of the work of a copy.
"""

import io
import select
import socket
import ssl
import struct
import time
from typing import Any, Final

WINDOW_SECONDS: Final = 60
SLOWEST: Final = 4 * 1024  # bytes a second, over a window, each way
_MAX_HEAD_BYTES = 1024 * 1024  # http.client limits each header line, and not how often it is told "100 Continue"
_LATE = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)  # how the kernel's time limit arrives


class Flow:
    """A connected socket, as far as ``http.client`` uses one."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    def settimeout(self, seconds: float) -> None:
        """Say how long it may be silent."""
        limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def is_quiet(self) -> bool:
        """Tell whether nothing has arrived, not even its end: only then can it be asked."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return not waiting.poll(0)

    def sendall(self, content: bytes | memoryview, /) -> None:
        """Send all of it.

        Raises:
            TimeoutError: Nobody takes it, or too slowly.
        """
        left, pace = memoryview(content), Pace()
        while left:
            began = time.monotonic()
            try:
                count = self._socket.send(left)
            except _LATE as error:
                raise TimeoutError("nothing was taken in the time allowed") from error
            left = left[count:]
            pace.moved(count, time.monotonic() - began)

    def makefile(self, _mode: str, /) -> io.BufferedReader:
        """Return a reader of what arrives, for one answer."""
        return io.BufferedReader(Arriving(self._socket.makefile("rb", buffering=0)))

    def close(self) -> None:
        """Close it, once what was made of it is closed."""
        self._socket.close()


class Arriving(io.RawIOBase):
    """Bytes that arrive; from the second read on, the time spent waiting for them is counted.

    The first read waits for the other side to think.
    """

    def __init__(self, source: io.RawIOBase) -> None:
        self.unlimited = False
        self._source = source
        self._total = 0
        self._pace = Pace()

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what is there, at least one byte; 0 at the end.

        Raises:
            TimeoutError: Nothing comes, or too slowly.
        """
        began = time.monotonic()
        try:
            count = self._source.readinto(buffer)
        except _LATE:
            count = None
        if count is None:
            raise TimeoutError("nothing came in the time allowed")
        if self._total:
            self._pace.moved(count, time.monotonic() - began)
        self._total += count
        if self._total > _MAX_HEAD_BYTES and not self.unlimited:
            raise ConnectionError("its headers do not end")
        return count

    def close(self) -> None:
        """Close it."""
        self._source.close()
        super().close()


class Pace:
    """How fast bytes moved while somebody waited for them."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._bytes = 0

    def moved(self, count: int, seconds: float) -> None:
        """Count what moved.

        Raises:
            TimeoutError: Over a whole window it was less than ``SLOWEST``.
        """
        self._seconds += seconds
        self._bytes += count
        if self._seconds > WINDOW_SECONDS:
            if self._bytes < SLOWEST * self._seconds:
                raise TimeoutError(f"slower than {SLOWEST} bytes a second")
            self._seconds, self._bytes = 0.0, 0
