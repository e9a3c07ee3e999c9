"""Ctrl-C and SIGTERM while bytes move: an orderly end if it comes soon, an end in any case.

Stopping at any instant is safe: blobs, manifests and tags become visible whole and in order, as after ``kill -9``.
So there is nothing to wait for, only temporary files that an orderly end removes at once and the next run otherwise.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_GRACE_SECONDS = 2.0  # a transfer that gets no bytes cannot notice that it should stop
_LAST_WORDS = "pratique: interrupted; nothing half-done is visible; run it again to go on\n"


@contextmanager
def interruptible(stop: Callable[[], None]) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block, with exit code 130 or 143.

    The first signal calls ``stop`` and unwinds the block; a second one, or two seconds without an end, leave at
    once. Signals are left alone where this is not the main thread.

    Raises:
        SystemExit: A signal came.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = _Asked(stop)
    before = {number: signal.signal(number, asked.handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        sys.stderr.write(_LAST_WORDS)
        raise SystemExit(asked.code) from None
    finally:
        asked.done()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Asked:
    """Whether a signal came, and which."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self.code = 128 + signal.SIGINT
        self._stop = stop
        self._timer: threading.Timer | None = None

    def handle(self, number: int, _frame: FrameType | None) -> None:
        if self._timer is not None:
            self._leave()
        self.code = 128 + number
        self._timer = threading.Timer(_GRACE_SECONDS, self._leave)
        self._timer.daemon = True
        self._timer.start()
        self._stop()
        raise KeyboardInterrupt

    def done(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _leave(self) -> None:
        clear = "\r\x1b[K" if os.isatty(2) else ""
        os.write(2, f"{clear}{_LAST_WORDS}".encode())  # past the stream: its lock may be held for good
        os._exit(self.code)
