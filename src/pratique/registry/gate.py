"""How much is asked of one registry at once, and when it wants to be left alone.

Source: OCI distribution-spec 1.1 leaves limits to registries (429, 503, Retry-After). A registry that is busy is
busy for all of us: one answer pauses every question to it, and halves how many are asked at once until it goes well
again (additive increase, multiplicative decrease, as in RFC 5681).
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from pratique.errors import Unreachable

QUESTIONS: Final = 16
STREAMS: Final = 4  # each way; more do not help, the destination's disk is the limit (measured at 1, 2, 4 and 8)
_ECHO_SECONDS = 1.0  # so long, those who were under way still hear the same


class Places:
    """How many may be there at once; safe to share between threads.

    Half as many after the registry said that it is busy, never none; then one more for each round that goes well.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._allowed = most
        self._held = 0
        self._well = 0
        self._change = threading.Condition()

    @property
    def allowed(self) -> int:
        """How many may be there now."""
        return self._allowed

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold a place, once there is one."""
        with self._change:
            while self._held >= self._allowed:
                self._change.wait()
            self._held += 1
        try:
            yield
        except BaseException:
            self._leave()
            raise
        self._leave()
        self.went_well()

    def went_well(self) -> None:
        """Count one that was answered; after as many as are allowed at once, allow one more."""
        with self._change:
            self._well += 1
            if self._well >= self._allowed and self._allowed < self._most:
                self._allowed, self._well = self._allowed + 1, 0
                self._change.notify()

    def narrow(self) -> None:
        """Allow half as many."""
        with self._change:
            self._allowed, self._well = max(1, self._allowed // 2), 0

    def _leave(self) -> None:
        with self._change:
            self._held -= 1
            self._change.notify()


class Gate:
    """The way to one registry; safe to share between threads.

    Reading and sending blobs are limited apart, and whoever does both enters :meth:`sending` first. So nobody who
    holds a place waits for one that somebody waiting for theirs holds.
    """

    def __init__(self) -> None:
        self._questions = Places(QUESTIONS)
        self._reading = Places(STREAMS)
        self._sending = Places(STREAMS)
        self._closed_until = 0.0  # of the monotonic clock
        self._heard_until = 0.0  # until then, that it is busy is no news
        self._guard = threading.Lock()

    @property
    def questions(self) -> int:
        """How many may be asked at once now."""
        return self._questions.allowed

    def asking(self) -> AbstractContextManager[None]:
        """Hold a place for one question and its whole answer."""
        return self._questions.held()

    def reading(self) -> AbstractContextManager[None]:
        """Hold a place for one blob that comes from there."""
        return self._reading.held()

    def sending(self) -> AbstractContextManager[None]:
        """Hold a place for one blob that goes there."""
        return self._sending.held()

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long, and fewer at once afterwards; never shortens an earlier pause.

        Those who were under way when it began hear that it is busy, too: that narrows the way once, not once each.
        """
        now = time.monotonic()
        with self._guard:
            news = now >= self._heard_until
            if news:
                self._heard_until = now + max(seconds, _ECHO_SECONDS)
            self._closed_until = max(self._closed_until, now + seconds)
        if news:
            for places in (self._questions, self._reading, self._sending):
                places.narrow()

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
