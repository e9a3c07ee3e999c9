"""Files that are there whole or not at all, also after the power went.

A file is written beside its place, flushed, renamed, and its folder flushed. What a killed process left behind is
recognised (nobody holds its lock) and swept by the next writer.
"""

import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from pratique.errors import Unreachable

INCOMING = ".incoming-"
"""How the names of files that are not there yet begin."""


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn an operating system's error into ``Unreachable`` that says what was being done.

    Args:
        doing: Such as ``writing blob sha256:… to oci:prod``.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "disk full" if full else (error.strerror or "error")
        advice = "make room and run it again" if full else "see to it and run it again"
        raise Unreachable(f"{what} while {doing}; nothing half-done is visible; {advice}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder exclusively, among all processes of this machine; waits for its turn."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, flushed, so that they survive with what is put into them."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        _flush_folder(folder.parent)


def write_whole(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Make the file hold what ``fill`` writes, at once and for good; an error leaves what was there before.

    The folder must exist. An exception of ``fill`` passes through.
    """
    with _incoming(path.parent) as (file, name):
        fill(file)
        file.flush()
        os.fsync(file.fileno())
        name.replace(path)
    _flush_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder; what living ones are writing stays."""
    with locked(folder):
        for path in folder.glob(INCOMING + "*"):
            with suppress(OSError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()


@contextmanager
def _incoming(folder: Path) -> Iterator[tuple[BinaryIO, Path]]:
    with locked(folder):  # a sweeper must not find the file before it carries its lock
        handle, name = tempfile.mkstemp(prefix=INCOMING, dir=folder)
        fcntl.flock(handle, fcntl.LOCK_EX)
    with os.fdopen(handle, "wb") as file:
        path = Path(name)
        try:
            path.chmod(0o644)  # made private by mkstemp; readers run under other accounts
            yield file, path
        finally:
            path.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Guarded:
    """A file whose errors say that reading failed, wherever they surface."""

    def __init__(self, file: BufferedReader, reading: str) -> None:
        """Take an open file, and what is done with it, for the message."""
        self._file = file
        self._reading = reading

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer; 0 at the end."""
        with disk_errors(self._reading):
            return self._file.readinto(buffer)
