"""Watching a copy: what it tells is counted, shown while it runs, and tidied up however it ends.

What is shown goes to standard error; the answer of the verb is on standard output.
"""

import argparse
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from pratique.cli.display import Display, display_for
from pratique.cli.progress import Deed, Pace, Tally, end_line
from pratique.registry.manifest import Descriptor
from pratique.registry.progress import Way


class Watching:
    """A :class:`pratique.registry.progress.Watch` that shows what it is told."""

    def __init__(self, display: Display | None, deed: Deed = Deed.MOVED) -> None:
        """Watch a copy, or the reading of what is there.

        Args:
            display: ``None`` shows nothing; such a watch still lets itself be stopped.
            deed: What is done with the bytes.
        """
        self._deed = deed
        self._display = display
        self._tally = Tally()
        self._pace = Pace()
        self._began = time.monotonic()
        self._lock = threading.RLock()  # a signal's handler runs in a thread that may hold it
        self._over = threading.Event()
        self._stopped = False

    def planned(self, blobs: int, total_bytes: int) -> None:
        """Take in what is needed."""
        with self._lock:
            self._tally = self._tally.planned(blobs, total_bytes)
            if self._display:
                self._display.began(self._tally)

    def moved(self, count_bytes: int) -> None:
        """Take in bytes that were read.

        Raises:
            KeyboardInterrupt: The copy was told to stop: this transfer ends here.
        """
        if self._stopped:
            raise KeyboardInterrupt
        with self._lock:
            self._tally = self._tally.moved(count_bytes)

    def restarted(self, count_bytes: int) -> None:
        """Take back bytes."""
        with self._lock:
            self._tally = self._tally.restarted(count_bytes)

    def finished(self, blob: Descriptor, way: Way) -> None:
        """Take in that a blob is there; where all are read, each one's bytes were told already."""
        way = Way.MOVED if self._deed is Deed.READ else way
        with self._lock:
            self._tally = self._tally.finished(blob.size, way)
            if self._display:
                self._display.finished(blob, way, self._tally)

    def manifests(self, count: int) -> None:
        """Take in that manifests are there."""
        with self._lock:
            self._tally = self._tally.wrote(count)

    def note(self, text: str) -> None:
        """Show a line that stays."""
        with self._lock:
            if self._display:
                self._display.note(text)

    def summary(self) -> str:
        """Return what moved until now, in what time."""
        with self._lock:
            return end_line(self._tally, self._elapsed(), self._deed)

    def stop(self) -> None:
        """Let running transfers end at their next bytes."""
        self._stopped = True

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show pictures while the block runs; what is on the terminal is tidied up however it ends."""
        ticker = threading.Thread(target=self._tick, name="progress", daemon=True)
        notes, logger = _Notes(self.note), logging.getLogger("pratique")
        if self._display:
            ticker.start()
        logger.addHandler(notes)
        try:
            yield
            with self._lock:
                if self._display and self._tally.blobs is not None:
                    self._display.done(self.summary())
        finally:
            logger.removeHandler(notes)
            self._over.set()
            with self._lock:
                if self._display:
                    self._display.over()
                    self._display = None  # a picture that was late is not shown any more

    def _tick(self) -> None:
        while self._display and not self._over.wait(self._display.every_seconds):
            with self._lock:
                if self._display:
                    self._pace = self._pace.at(time.monotonic(), self._tally.read_bytes)
                    self._display.picture(self._tally, self._pace, self._elapsed())

    def _elapsed(self) -> float:
        return time.monotonic() - self._began


class _Notes(logging.Handler):
    """Shows the warnings of the hands; without it they would be written into the bar."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        """Show one warning on one line."""
        self._note(" ".join(record.getMessage().split()))


def watching_for(stream: TextIO, title: str, arguments: argparse.Namespace, deed: Deed = Deed.MOVED) -> Watching:
    """Return a watch that shows as much as ``--quiet``, ``--no-progress`` and ``--json`` leave."""
    silent = arguments.quiet or arguments.no_progress
    return Watching(None if silent else display_for(stream, title, as_json=arguments.json), deed)
