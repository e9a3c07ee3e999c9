"""Looking into files of unknown origin: each is read in a process that may take so long and so much, and no more.

What a file does to its reader ends that reader, never the program: the answer then says that the file was refused,
and the next file is read by a new process.
"""

import gzip
import hashlib
import io
import multiprocessing
import resource
import stat
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pratique.errors import Absent, Malformed
from pratique.evidence.model import Parse, Reading
from pratique.evidence.pieces import pieces_of
from pratique.evidence.read import read
from pratique.evidence.summary import summarise
from pratique.values.digest import Digest

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

MAX_SECONDS: Final = 10.0
MAX_MEMORY: Final = 512 * 1024 * 1024
"""What reading may take beyond what the program held before, in bytes; a tenth of it is a very large document."""
MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest file, and the largest content of a packed one."""
MAX_HASHED: Final = 1024 * 1024 * 1024
"""A larger file, which is refused anyway, has no digest here: hashing it takes longer than a file may."""
_GZIP = b"\x1f\x8b"
_BY_ENDING = {".json": "application/json", ".xml": "application/xml"}
_CONTEXT = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = MAX_SECONDS
    memory: int = MAX_MEMORY


_USUAL = Limits()


def inspect(files: tuple[Path, ...], limits: Limits = _USUAL) -> Iterator[dict[str, Any]]:
    """Yield one JSON object a file, in their order; a file that is refused is an answer, not an error.

    A file packed with gzip is unpacked first. Of a file of several attestations, ``pieces`` tells each by itself.
    ``sha256`` is of the file as it lies there,
    ``None`` over ``MAX_HASHED``.

    Raises:
        Absent: A file cannot be read, or is none.
    """
    reader = _Reader(limits)
    try:
        for file in files:
            yield {"path": str(file), "sha256": _sha256(file), **reader.summary(file)}
    finally:
        reader.stop()


class _Reader:
    """A process that reads one file after the other, and its successors."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def summary(self, file: Path) -> dict[str, Any]:
        line = self._started()
        with suppress(EOFError, OSError):
            line.send(file)
            if not line.poll(self._limits.seconds):
                self.stop()
                return _refused(f"it took longer than {self._limits.seconds:g} s to read")
            answer: dict[str, Any] = line.recv()
            return answer
        self.stop()
        return _refused(f"it needs more than {self._limits.memory >> 20} MiB to read, or it broke its reader")

    def stop(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._line = None

    def _started(self) -> Connection:
        if self._line is None:
            ours, theirs = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(target=_serve, args=(theirs, self._limits.memory), daemon=True)
            self._process.start()
            theirs.close()
            self._line = ours
        return self._line


def _serve(line: Connection, memory: int) -> None:
    ceiling = _mapped() + memory  # what the program holds is shared with it, and is not the file's doing
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    while True:
        try:
            file: Path = line.recv()
        except EOFError:
            return
        try:
            line.send(_summary(file))
        except MemoryError:
            return  # what it holds may never come free; the next file has a process of its own


def _mapped() -> int:
    """Return how much this process maps, in bytes (proc(5), ``statm``)."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _summary(file: Path) -> dict[str, Any]:
    try:
        content = _unpacked(_content(file))
    except Malformed as error:
        return _refused(str(error))
    media_type = _BY_ENDING.get(file.suffix, "application/octet-stream")
    summary = summarise(read(content, media_type))
    pieces = [{"sha256": Digest.of(one).hex, **summarise(read(one, media_type))} for one in _pieces(content)]
    return {**summary, "pieces": pieces} if pieces else summary


def _pieces(content: bytes) -> tuple[bytes, ...]:
    try:
        return pieces_of(content)
    except Malformed:  # what is wrong with the whole says its own reading
        return ()


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Malformed(f"file: expected at most {MAX_BYTES} bytes, found more")
    return content


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            unpacked = packed.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed(f"gzip: {error}") from error
    if len(unpacked) > MAX_BYTES:
        raise Malformed(f"gzip: expected at most {MAX_BYTES} bytes inside, found more")
    return unpacked


def _sha256(file: Path) -> str | None:
    try:
        size = _regular(file)
        if size > MAX_HASHED:
            return None
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise Absent(f"{file} cannot be read: {error.strerror}") from error


def _regular(file: Path) -> int:
    """Return a file's size; a pipe or a device never ends, and what is read of it once is gone."""
    found = file.stat()
    if not stat.S_ISREG(found.st_mode):
        raise Absent(f"{file} cannot be read: expected a file, found something else; save it to one first")
    return found.st_size


def _refused(reason: str) -> dict[str, Any]:
    return summarise(Reading("unknown", None, Parse.REFUSED, (reason,), ()))
