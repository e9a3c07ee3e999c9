"""A connection that must keep flowing: who is silent, or drips bytes, must not hold a worker for ever.

The kernel keeps the time (SO_RCVTIMEO, SO_SNDTIMEO of socket(7)): with
a timeout of its own, Python asks it before every single read and write whether it may, a tenth of the work of a copy.
"""

import select
import socket
import struct
import time
from typing import Final

WINDOW_SECONDS: Final = 60
SLOWEST: Final = 4 * 1024  # bytes a second, over a window, each way
Late = tuple[type[OSError], ...]
"""How the kernel's time limit arrives."""


class Flow:
    """A connected socket; to be used by one thread at a time."""

    def __init__(self, sock: socket.socket, late: Late = (BlockingIOError,)) -> None:
        """Take over a socket.

        Args:
            sock: Connected, and encrypted where it must be.
            late: What it raises when the kernel's time limit is over.
        """
        self._socket = sock
        self._late = late
        self._seconds = -1.0
        self._waiting = select.poll()
        self._waiting.register(sock, select.POLLIN)

    def settimeout(self, seconds: float) -> None:
        """Say how long it may be silent."""
        if seconds == self._seconds:
            return
        self._seconds = seconds
        limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def is_quiet(self) -> bool:
        """Tell whether nothing has arrived, not even its end: only then can it be asked."""
        return not self._waiting.poll(0)

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
            except self._late as error:
                raise TimeoutError("nothing was taken in the time allowed") from error
            left = left[count:]
            pace.moved(count, time.monotonic() - began)

    def arriving(self) -> "Arriving":
        """Return a reader of what arrives, for one answer."""
        return Arriving(self._socket, self._late)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


class Arriving:
    """Bytes that arrive; from the second read on, the time spent waiting for them is counted.

    The first read waits for the other side to think.
    """

    def __init__(self, sock: socket.socket, late: Late) -> None:
        self._socket = sock
        self._late = late
        self._begun = False
        self._pace = Pace()

    def readinto(self, buffer: memoryview, /) -> int:
        """Read what is there, at least one byte; 0 at the end.

        Raises:
            TimeoutError: Nothing comes, or too slowly.
        """
        began = time.monotonic()
        try:
            count = self._socket.recv_into(buffer)
        except self._late as error:
            raise TimeoutError("nothing came in the time allowed") from error
        self._came(count, began)
        return count

    def read(self, most: int) -> bytes:
        """Return what is there, as :meth:`readinto`."""
        piece = bytearray(most)
        count = self.readinto(memoryview(piece))
        return bytes(piece[:count])

    def _came(self, count: int, began: float) -> None:
        if self._begun:
            self._pace.moved(count, time.monotonic() - began)
        self._begun = True


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
