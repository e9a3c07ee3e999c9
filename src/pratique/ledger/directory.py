"""Publishing to a directory: temporary file, fsync, rename, fsync of the directory, under an advisory lock of it."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from pratique.errors import Conflict, Unreachable
from pratique.ledger.interface import MAX_FILE_BYTES, MAX_STREAM_BYTES, bounded

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DirectoryTarget:
    """A directory of this machine; made when something is first written."""

    root: Path

    def __str__(self) -> str:
        return str(self.root)

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, ``None`` where there is none."""
        try:
            return b"".join(self._chunks(path, MAX_FILE_BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._fail(path, "read", error, "look at the disk and its permissions")

    def stream(self, path: str) -> Iterator[bytes]:
        """Yield a file's bytes in pieces, none where there is none."""
        try:
            yield from self._chunks(path, MAX_STREAM_BYTES)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self._fail(path, "read", error, "look at the disk and its permissions")

    def _chunks(self, path: str, max_bytes: int) -> Iterator[bytes]:
        with self._opened(path) as file:
            yield from bounded(iter(lambda: file.read(_CHUNK_BYTES), b""), str(self.root / path), max_bytes)

    def _opened(self, path: str) -> BinaryIO:
        """Open a file; whoever owns the directory may have put a pipe or a device there, which is never waited for."""
        descriptor = os.open(self.root / path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Unreachable(
                f"export: {self.root / path}: expected a file, found something else; look who put it there"
            )
        return os.fdopen(descriptor, "rb")

    def keep(self, path: str, content: bytes) -> int:
        """Make the file hold these bytes; return 1 if it was written, 0 if they were there."""
        found = self.read(path)
        if found is None:
            self._put(path, content)
            return 1
        if found != content:
            raise Conflict(
                f"export: {self.root / path} exists with other bytes: another history was exported here; use a new "
                "directory"
            )
        self._settle(path)
        return 0

    def replace(self, path: str, content: bytes, before: bytes | None) -> None:
        """Make the file hold these bytes instead of ``before``; raises ``Conflict`` where it holds neither."""
        with self._alone(path):
            found = self.read(path)
            if found == content:
                self._settle(path)
                return
            if found != before:
                raise Conflict(
                    f"export: {self.root / path} was changed meanwhile by somebody else; run it again, and see who "
                    "else publishes there"
                )
            self._put(path, content)

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is removed already."""
        place = self.root / path
        try:
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                _sync_directory(place.parent)
        except OSError as error:
            self._fail(path, "removed", error, "remove it by hand")

    def list(self, folder: str) -> Iterator[str]:
        """Yield the path of every file below a folder; parts that were never renamed into place are nobody's."""
        try:
            found = sorted(path for path in (self.root / folder).rglob("*") if path.is_file())
        except OSError as error:
            self._fail(folder, "listed", error, "look at the disk and its permissions")
        for path in found:
            if not path.name.startswith("."):
                yield path.relative_to(self.root).as_posix()

    @contextmanager
    def _alone(self, path: str) -> Iterator[None]:
        """Hold the directory's lock, so that looking and writing are one step."""
        try:
            with _folder(_made(self.root)) as folder:
                fcntl.flock(folder, fcntl.LOCK_EX)
                yield
        except OSError as error:
            self._fail(path, "written", error, "free space and run it again")

    def _put(self, path: str, content: bytes) -> None:
        """Put these bytes in place, whole and durable, or leave the path as it was."""
        place = self.root / path
        part = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            # Opened before the rename: with a new descriptor, an error that the kernel kept for it would be lost.
            with _folder(_made(place.parent)) as folder:
                with part.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(place)
                os.fsync(folder)
        except OSError as error:
            _forget(part)
            self._fail(path, "written", error, "free space and run it again")

    def _settle(self, path: str) -> None:
        """Make sure of a name that is there: whoever wrote it may have been stopped before its folder was on disk."""
        try:
            _sync_directory((self.root / path).parent)
        except OSError as error:
            self._fail(path, "brought to disk", error, "look at the disk, then run it again")

    def _fail(self, path: str, what: str, error: OSError, remedy: str) -> NoReturn:
        raise Unreachable(f"export: {self.root / path} cannot be {what}: {error.strerror}; {remedy}") from error


def _forget(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return  # where it could not be made, for example below a file, there is nothing to remove


def _made(path: Path) -> Path:
    """Make the folder and its parents where they are missing; they are on disk when this returns."""
    if not path.is_dir():
        with _folder(_made(path.parent)) as parent:
            path.mkdir(exist_ok=True)
            os.fsync(parent)
    return path


def _sync_directory(directory: Path) -> None:
    with _folder(directory) as folder:
        os.fsync(folder)


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
