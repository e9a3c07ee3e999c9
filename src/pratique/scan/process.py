"""Running a foreign program: no shell, chosen variables, bounded time, memory and output, and nothing left behind."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pratique.scan import supervise
from pratique.scan.interface import Limits, one_line
from pratique.values.dataclass import dataclass

_TAIL: Final = 2000  # bytes of what it last complained
_GRACE: Final = 5.0  # seconds in which the supervisor ends everything
_LOOK: Final = 0.1  # seconds between two looks at a growing file


@dataclass(frozen=True, slots=True)
class Command:
    """What is run.

    Attributes:
        program: The executable's path.
        arguments: What it is given; each is one word, whatever is in it.
        environment: Every variable that it has.
        folder: Where it runs.
        output: A file that it is to write, whose size is watched while it does.
    """

    program: Path
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    output: Path | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """It ran to its own end."""

    code: int
    printed: bytes
    complained: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """It was ended, or ended in a way that no program ends by itself."""

    reason: str


def run(command: Command, limits: Limits) -> Ended | Stopped:
    """Run a program to its end or to its limits; when this returns, neither it nor anything it started runs.

    Args:
        command: The program.
        limits: What it may take; ``output`` bounds each of what it prints, what it complains, and its file.
    """
    status, told = os.pipe()
    words = [str(os.getpid()), str(told), str(limits.memory), str(command.program), *command.arguments]
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", supervise.__file__, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=command.folder,
            env=dict(command.environment),
            pass_fds=(told,),
            start_new_session=True,
        )
    except OSError as error:
        os.close(status)
        return Stopped(f"it could not be started: {error.strerror}")
    finally:
        os.close(told)
    with os.fdopen(status, "rb") as line, process:
        heard = _Heard(limits.output)
        try:
            stopped = heard.listen(process, command.output, time.monotonic() + limits.seconds, limits)
        finally:
            _end(process)
        return stopped or _ending(line.readline(100).decode("ascii", "replace").strip(), heard)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Have the supervisor end everything, and it itself."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    if process.poll() is None:
        process.kill()
        process.wait()


def _ending(told: str, heard: "_Heard") -> Ended | Stopped:
    how, _, number = told.partition(" ")
    complained = heard.complained
    after = f": {complained}" if complained else ""
    if how == "exit":
        return Ended(int(number), bytes(heard.printed), complained)
    if how == "memory":
        return Stopped(f"it was ended because it held more than {int(number) >> 20} MiB")
    if how == "start":
        return Stopped(f"it could not be started: {os.strerror(int(number))}")
    return Stopped(f"it crashed with signal {number}{after}" if how == "signal" else f"its supervisor died{after}")


class _Heard:
    """What a program said so far."""

    def __init__(self, most: int) -> None:
        self.printed = bytearray()
        self._tail = b""
        self._complaints = 0
        self._most = most

    @property
    def complained(self) -> str:
        """The last that it complained, as one line."""
        return one_line(self._tail.decode(errors="replace"))

    def listen(
        self, process: "subprocess.Popen[bytes]", output: Path | None, deadline: float, limits: Limits
    ) -> Stopped | None:
        """Take what it says until its supervisor has ended; return why it must be stopped, if it must."""
        with selectors.DefaultSelector() as waiting:
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    os.set_blocking(stream.fileno(), False)
                    waiting.register(stream, selectors.EVENT_READ)
            while waiting.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    return Stopped(f"it was ended because it took more than {limits.seconds:g} s")
                for key, _ in waiting.select(min(left, _LOOK)):
                    part = os.read(key.fd, 65536)
                    if not part:
                        waiting.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        self.printed += part
                    else:
                        self._tail = (self._tail + part)[-_TAIL:]
                        self._complaints += len(part)
                if max(len(self.printed), self._complaints, _size(output)) > self._most:
                    return Stopped(f"it was ended because it wrote more than {self._most} bytes")
            return self._outlived(process, deadline, limits)

    def _outlived(self, process: "subprocess.Popen[bytes]", deadline: float, limits: Limits) -> Stopped | None:
        """Wait for the end of a program that has closed what it prints to."""
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return Stopped(f"it was ended because it took more than {limits.seconds:g} s")
        return None


def _size(file: Path | None) -> int:
    try:
        return file.lstat().st_size if file else 0
    except OSError:
        return 0
