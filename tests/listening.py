"""What a process says, heard as it says it.

Whoever reads a line of a pipe and leaves the rest to ``communicate`` loses what the stream had read ahead, up to the
middle of a line; and a process whose pipe nobody empties stands still. A thread that reads everything does neither.
"""

import threading
from typing import IO


class Heard:
    """The whole lines of one stream of a process, kept by a thread until the stream ends."""

    def __init__(self, stream: IO[str] | None) -> None:
        """Listen from now on."""
        if stream is None:
            raise ValueError("expected a process whose output is a pipe")
        self._stream = stream
        self._lines: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def at_least(self, count: int, timeout_seconds: float = 120) -> list[str]:
        """Return what was said so far, once it is so many lines or everything that is ever said."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._lines) >= count or self._ended, timeout_seconds)
            return list(self._lines)

    def all(self) -> list[str]:
        """Wait until the process has ended, and return every line that it finished, without its end."""
        self._thread.join()
        return list(self._lines)

    def _listen(self) -> None:
        for line in self._stream:
            if line.endswith("\n"):  # whoever is killed may leave half a line
                with self._changed:
                    self._lines.append(line[:-1])
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
