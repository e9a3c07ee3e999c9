"""A real terminal for tests: a program runs in it, and what it would show is worked out from what it writes.

The screen knows what our program uses: printable text, carriage return, line feed, erase to the end of the line,
and colours. Anything else is an error: a test would no longer see what a person sees.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TOKEN = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+")


@dataclass(slots=True)
class Screen:
    """Lines as a terminal with so many columns holds them; a text that reaches the edge goes on in the next line."""

    columns: int
    lines: list[str] = field(default_factory=lambda: [""])
    at: int = 0

    def show(self, text: str) -> None:
        """Take in what a program wrote."""
        parts = _TOKEN.findall(text)
        assert "".join(parts) == text, f"more than this screen understands: {text!r}"
        for part in parts:
            self._take(part)

    def _take(self, part: str) -> None:
        if part == "\r":
            self.at = 0
        elif part == "\n":
            self.lines.append("")
            self.at = 0
        elif part == "\x1b[K":
            self.lines[-1] = self.lines[-1][: self.at]
        elif part.startswith("\x1b"):
            assert part.endswith("m"), f"only colours, found {part!r}"
        else:
            self._write(part)

    def _write(self, text: str) -> None:
        for char in text:
            if self.at == self.columns:
                self.lines.append("")
                self.at = 0
            line = self.lines[-1].ljust(self.at)
            self.lines[-1] = line[: self.at] + char + line[self.at + 1 :]
            self.at += 1

    @property
    def text(self) -> str:
        """What is on the screen, without empty ends."""
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n")


class Terminal:
    """One program in a terminal of its own."""

    def __init__(
        self, command: list[str], folder: Path, *, columns: int = 80, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start a program; its standard input, output and error are the terminal."""
        self.written = ""
        self._pid, self.handle = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm", **(environment or {})})
        self.resize(columns)

    def resize(self, columns: int) -> None:
        """Give the terminal another width, as a person does who drags its edge."""
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self.handle, keys)

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        os.kill(self._pid, number)

    def read_until(self, pattern: str, *, seconds: float = 30) -> str:
        """Read until something was written that matches; return everything that was written so far."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.written):
            assert time.monotonic() < end, f"waited for {pattern!r}, found {self.written!r}"
            assert self._read(0.1), f"it ended before {pattern!r}: {self.written!r}"
        return self.written

    def ends(self, *, seconds: float = 60) -> int:
        """Read to the end; return the exit code."""
        end = time.monotonic() + seconds
        while self._read(0.1):
            assert time.monotonic() < end, f"it does not end: {self.written!r}"
        os.close(self.handle)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        """Read what is there, waiting a moment; tell whether more may come."""
        if not select.select([self.handle], [], [], seconds)[0]:
            return True
        try:
            found = os.read(self.handle, 65536)
        except OSError:  # Linux says EIO when the last program has left its terminal
            return False
        self.written += found.decode()
        return bool(found)
