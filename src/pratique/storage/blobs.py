"""The blob store: exact bytes, found again by their SHA-256, in ``blobs/sha256/ab/<64 hex>``.

Bytes come in under a temporary name, are forced to disk, and only then get their final name: whoever sees a name
sees all of its bytes. The folder is opened before the rename and synchronised after it, through the same
descriptor, because an error that the kernel kept for it would be lost with a new one.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from pratique.errors import Absent, Refused, Unreachable, Unverified
from pratique.values.digest import Digest

CHUNK_BYTES = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_LEFT_SECONDS = 3600  # a living writer locks its file within moments of making it
_FULL = (errno.ENOSPC, errno.EDQUOT)


class BlobStore:
    """A directory of blobs; any number of threads and processes may use it at once."""

    def __init__(self, root: Path) -> None:
        """Use ``root``, which is made at the first ``put``."""
        self._root = root
        self._top = root / "sha256"
        self._incoming = root / "incoming"
        self._swept = False

    def put(self, content: bytes) -> Digest:
        """Keep these bytes and return their digest; when it returns, they are on disk under it.

        Raises:
            Unreachable: The disk is full or failing. Nothing half-written is visible; it may be tried again.
        """
        digest = Digest.of(content)
        if not self._keeps(digest):
            self._write((content,), max_bytes=len(content), expected=digest)
        return digest

    def put_stream(self, chunks: Iterable[bytes], *, max_bytes: int, expected: Digest | None = None) -> Digest:
        """Keep what the chunks make together, as :meth:`put` does, without holding it in memory.

        Args:
            chunks: Where iterating raises, nothing is kept; an ``OSError`` counts as the store's.
            max_bytes: More than this is refused.
            expected: The digest that it must have, where one is known.

        Raises:
            Refused: There are more than ``max_bytes``.
            Unverified: They have another digest than expected.
            Unreachable: As :meth:`put`.
        """
        return self._write(chunks, max_bytes=max_bytes, expected=expected)

    def get(self, digest: Digest) -> bytes:
        """Return the bytes, checked against their digest.

        Raises:
            Absent: The store has none with this digest.
            Unverified: The disk gives other bytes than were put.
            Unreachable: The disk fails.
        """
        return b"".join(self.stream(digest))

    def stream(self, digest: Digest) -> Iterator[bytes]:
        """Yield the bytes in chunks of at most ``CHUNK_BYTES``; raises as :meth:`get`.

        Other bytes are noticed only at the end: act on none of them before the iterator is exhausted.
        """
        found = hashlib.sha256()
        with self._open(digest) as file:
            while chunk := os.read(file, CHUNK_BYTES):
                found.update(chunk)
                yield chunk
        if found.hexdigest() != digest.hex:
            raise Unverified(f"blob {digest}: the disk gives bytes with sha256:{found.hexdigest()}; put it again")

    def size(self, digest: Digest) -> int:
        """Return how many bytes it has, without reading them, or raise ``Absent``."""
        with self._open(digest) as file:
            return os.fstat(file).st_size

    def has(self, digest: Digest) -> bool:
        """Tell whether there is a blob of this name; its bytes are not read."""
        return self._path(digest).is_file()

    def _path(self, digest: Digest) -> Path:
        return self._top / digest.hex[:2] / digest.hex

    @contextmanager
    def _open(self, digest: Digest) -> Iterator[int]:
        with self._said():
            try:
                opened = os.open(self._path(digest), os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise Absent(f"blob {digest}: not in {self._top}; fetch or add it again") from error
            with _closing(opened) as file:
                yield file

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Raise the operating system's errors as ours."""
        try:
            yield
        except OSError as error:
            todo = "free some space" if error.errno in _FULL else "look at the disk and its permissions"
            raise Unreachable(f"blob store {self._root}: {error.strerror}; {todo}, then try again") from error

    def _keeps(self, digest: Digest) -> bool:
        """Tell whether the blob is there, whole and on disk, so that nothing needs to be written."""
        try:
            self.get(digest)
        except (Absent, Unverified):
            return False
        # Another process may have renamed it a moment ago, and not have synchronised the folder yet.
        with self._said(), _folder(self._path(digest).parent) as folder:
            os.fsync(folder)
        return True

    def _write(self, chunks: Iterable[bytes], *, max_bytes: int, expected: Digest | None) -> Digest:
        name = secrets.token_hex(16)
        with self._said(), _folder(_made(self._incoming)) as incoming:
            self._sweep(incoming)
            try:
                found = self._fill(name, incoming, chunks, max_bytes)
                if expected not in (None, found):
                    raise Unverified(f"blob store: expected {expected}, found {found}; nothing was kept")
                self._place(name, incoming, found)
            except BaseException:
                with suppress(OSError):  # never made, already renamed, or the disk that fails anyway
                    os.unlink(name, dir_fd=incoming)
                raise
        return found

    def _sweep(self, incoming: int) -> None:
        """Remove, once a process, what killed writers left; what living ones are writing is young or locked."""
        if self._swept:
            return
        self._swept = True
        for name in os.listdir(incoming):
            with suppress(OSError), _closing(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=incoming)) as file:
                if os.fstat(file).st_mtime < time.time() - _LEFT_SECONDS:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    os.unlink(name, dir_fd=incoming)

    def _fill(self, name: str, folder: int, chunks: Iterable[bytes], max_bytes: int) -> Digest:
        found, size = hashlib.sha256(), 0
        with _closing(os.open(name, _NEW, 0o444, dir_fd=folder)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise Refused(f"blob store: expected at most {max_bytes} bytes, found more; nothing was kept")
                found.update(chunk)
                _write_all(file, chunk)
            os.fsync(file)
        return Digest(found.hexdigest())

    def _place(self, name: str, incoming: int, digest: Digest) -> None:
        with _folder(_made(self._path(digest).parent)) as folder:
            os.rename(name, digest.hex, src_dir_fd=incoming, dst_dir_fd=folder)
            os.fsync(folder)


def _write_all(file: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(file, rest) :]


def _made(path: Path) -> Path:
    """Make the folder and its parents where they are missing; they are on disk when this returns."""
    if not path.is_dir():
        with _folder(_made(path.parent)) as parent:
            path.mkdir(exist_ok=True)
            os.fsync(parent)
    return path


@contextmanager
def _closing(file: int) -> Iterator[int]:
    try:
        yield file
    finally:
        os.close(file)


def _folder(path: Path) -> AbstractContextManager[int]:
    return _closing(os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
