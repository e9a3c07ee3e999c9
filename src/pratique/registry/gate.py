"""How much is asked of one registry at once, and when it wants to be left alone.

Source: OCI distribution-spec 1.1 leaves limits to registries (429, 503, Retry-After). A registry that is busy is
busy for all of us: one answer pauses every question to it.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pratique.errors import Unreachable

QUESTIONS: Final = 16
STREAMS: Final = 4  # each way; more do not help, the destination's disk is the limit (measured at 1, 2, 4 and 8)


class Gate:
    """The way to one registry; safe to share between threads.

    Reading and sending blobs are limited apart, and whoever does both enters :meth:`sending` first. So nobody who
    holds a place waits for one that somebody waiting for theirs holds.
    """

    def __init__(self) -> None:
        self._questions = threading.BoundedSemaphore(QUESTIONS)
        self._reading = threading.BoundedSemaphore(STREAMS)
        self._sending = threading.BoundedSemaphore(STREAMS)
        self._closed_until = 0.0  # of the monotonic clock
        self._guard = threading.Lock()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Hold a place for one question and its whole answer."""
        with self._questions:
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a place for one blob that comes from there."""
        with self._reading:
            yield

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Hold a place for one blob that goes there."""
        with self._sending:
            yield

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long; never shortens an earlier pause."""
        with self._guard:
            self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def wait(self, deadline: float, place: str) -> None:
        """Return when the way is open.

        Args:
            deadline: The latest moment to wait for, of the monotonic clock.
            place: What is about to be asked, for the message.

        Raises:
            Unreachable: It does not open before the deadline.
        """
        while (left := self._closed_until - time.monotonic()) > 0:
            if self._closed_until > deadline:
                raise Unreachable(f"{place}: busy, and asked for a pause of {left:.0f} s; try again after that")
            time.sleep(spread(left))


def spread(seconds: float) -> float:
    """Return a little more than this, by chance, so that those who wait together do not come back together."""
    return seconds * (1 + os.urandom(1)[0] / 1024)
