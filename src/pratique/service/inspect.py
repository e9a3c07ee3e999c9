"""Looking into files of unknown origin: each is read in a process that may take so long and so much, and no more.

What a file does to its reader ends that reader, never the program: the answer then says that the file was refused.
"""

import gzip
import hashlib
import io
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pratique.errors import Absent, Malformed
from pratique.evidence.model import Parse, Reading
from pratique.evidence.pieces import pieces_of
from pratique.evidence.read import read
from pratique.evidence.summary import summarise
from pratique.service.confined import USUAL, Broke, Limits, confined
from pratique.values.digest import Digest

MAX_BYTES: Final = 64 * 1024 * 1024
"""The largest file, and the largest content of a packed one."""
MAX_HASHED: Final = 1024 * 1024 * 1024
"""A larger file, which is refused anyway, has no digest here: hashing it takes longer than a file may."""
_GZIP = b"\x1f\x8b"
_BY_ENDING = {".json": "application/json", ".xml": "application/xml"}


def inspect(files: tuple[Path, ...], limits: Limits = USUAL) -> Iterator[dict[str, Any]]:
    """Yield one JSON object a file, in their order; a file that is refused is an answer, not an error.

    A file packed with gzip is unpacked first. Of a file of several attestations, ``pieces`` tells each by itself.
    ``sha256`` is of the file as it lies there,
    ``None`` over ``MAX_HASHED``.

    Raises:
        Absent: A file cannot be read, or is none.
    """
    with confined(_summary, limits) as reader:
        for file in files:
            digest, answer = _sha256(file), reader.ask(file)
            yield {
                "path": str(file),
                "sha256": digest,
                **(_refused(answer.reason) if isinstance(answer, Broke) else answer),
            }


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
