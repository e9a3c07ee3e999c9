"""How progress is shown: a bar where somebody looks at a terminal, plain lines otherwise.

The bar is one line that is written again in its place. The cursor is never hidden and no mode of the terminal is
changed, so whatever ends the program leaves the terminal as it was.
"""

import os
from contextlib import suppress
from typing import Protocol, TextIO

from pratique.cli.progress import Pace, Tally, bar_line, log_line, start_line
from pratique.cli.units import size
from pratique.registry.manifest import Descriptor
from pratique.registry.progress import Way

CLEAR = "\r\x1b[K"
"""Empties the line that the cursor is in."""
_LARGE_BYTES = 16 * 1024 * 1024  # smaller blobs are not worth a line of a log each


class Display(Protocol):
    """How a tally is shown; called from one thread at a time."""

    every_seconds: float
    """How long it is at least from one picture to the next."""

    def began(self, tally: Tally) -> None:
        """Show what is needed."""
        ...

    def finished(self, blob: Descriptor, way: Way, tally: Tally) -> None:
        """Show that one blob is there."""
        ...

    def picture(self, tally: Tally, pace: Pace, elapsed_seconds: float) -> None:
        """Show how far it is."""
        ...

    def done(self, summary: str) -> None:
        """Show that everything was done."""
        ...

    def note(self, text: str) -> None:
        """Show a line that stays."""
        ...

    def over(self) -> None:
        """Tidy up, however it ended."""
        ...


class Bar:
    """One line on a terminal, written again in its place."""

    every_seconds = 0.1

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._drawn = ""

    def began(self, tally: Tally) -> None:
        """Show nothing: the next picture says it."""

    def finished(self, blob: Descriptor, way: Way, tally: Tally) -> None:
        """Show nothing: the next picture counts it."""

    def picture(self, tally: Tally, pace: Pace, elapsed_seconds: float) -> None:
        """Write the line again, one column short of the edge, where some terminals would wrap."""
        line = bar_line(tally, pace, elapsed_seconds, self._columns() - 1, colour=self._colour)
        if line != self._drawn:
            self._drawn = line
            _write(self._stream, f"{CLEAR}{line}")

    def done(self, summary: str) -> None:
        """Show nothing: the answer follows."""

    def note(self, text: str) -> None:
        """Put the line above the bar, which comes back with the next picture."""
        _write(self._stream, f"{CLEAR}{text}\n")
        self._drawn = ""

    def over(self) -> None:
        """Empty the line."""
        if self._drawn:
            _write(self._stream, CLEAR)

    def _columns(self) -> int:
        with suppress(OSError, ValueError):  # a terminal that went away has no size
            return os.get_terminal_size(self._stream.fileno()).columns or 80  # some say 0: they do not know
        return 80


class Lines:
    """Plain lines, for logs and pipes: the start, large blobs, a sign of life now and then, the end."""

    every_seconds = 10.0

    def __init__(self, stream: TextIO, title: str) -> None:
        self._stream = stream
        self._title = title

    def began(self, tally: Tally) -> None:
        """Say what is done and what it needs."""
        self._say(f"{self._title}: {start_line(tally)}")

    def finished(self, blob: Descriptor, way: Way, tally: Tally) -> None:
        """Name a blob that was large enough to wait for."""
        if way is Way.MOVED and blob.size >= _LARGE_BYTES:
            self._say(f"{blob.digest}: {size(blob.size)}, {tally.blobs_done} of {tally.blobs}")

    def picture(self, tally: Tally, pace: Pace, elapsed_seconds: float) -> None:
        """Say how far it is."""
        self._say(log_line(tally, pace, elapsed_seconds))

    def done(self, summary: str) -> None:
        """Say what was done."""
        self._say(summary)

    def note(self, text: str) -> None:
        """Say it."""
        self._say(text)

    def over(self) -> None:
        """Do nothing: every line is whole."""

    def _say(self, text: str) -> None:
        _write(self._stream, f"{text}\n")


def display_for(stream: TextIO, title: str, *, as_json: bool) -> Display | None:
    """Return how progress is shown on a stream: a bar on a terminal, plain lines elsewhere.

    Where machines read the answer nobody reads lines, and standard error may hold nothing but an error.
    """
    if stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb"):
        return Bar(stream, colour="NO_COLOR" not in os.environ)
    return None if as_json else Lines(stream, title)


def _write(stream: TextIO, text: str) -> None:
    with suppress(OSError, ValueError):  # nobody looks any more; the copy goes on
        stream.write(text)
        stream.flush()
