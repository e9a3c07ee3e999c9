"""Files that an operator carries in: plain, gzipped, in a folder, or in a zip of an advisory database.

Nothing is unpacked to disk. Names inside a zip are only ever shown; one that tries to lead elsewhere, a zip that
grows beyond its limits, or one that is damaged, is refused as a whole.

Source: APPNOTE.TXT 6.3.10 (zip); the dumps of osv-vulnerabilities, one zip for each ecosystem.
"""

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pratique.errors import Absent, Malformed, Unreachable

ENDINGS = (".json", ".yaml", ".yml", ".csv", ".csv.gz", ".jsonl")
MAX_FILES = 1_000_000  # the largest ecosystem, npm, had some 220,000 records
MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_MEMBER_BYTES = 16 * 1024 * 1024
MAX_ALL_BYTES = 2 * 1024 * 1024 * 1024
MAX_DIRECTORY_BYTES = 256 * 1024 * 1024  # a zip's own list of its members, which is read at once
_NOTHING = "nothing was taken in"
_STORED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Found:
    """One file; ``alone`` tells that it was named, and not merely found in a folder or a zip."""

    name: str
    content: bytes
    alone: bool


def files_in(paths: tuple[Path, ...]) -> Iterator[Found]:
    """Yield every file in these files, folders and zips.

    Raises:
        Absent: One of them does not exist.
        Malformed: A zip is damaged or hostile, or there is more than the limits allow.
        Unreachable: The disk fails.
    """
    count = total = 0
    for found in (found for path in paths for found in _files(path)):
        count, total = count + 1, total + len(found.content)
        if count > MAX_FILES or total > MAX_ALL_BYTES:
            raise Malformed(
                f"feed: expected at most {MAX_FILES} files of {MAX_ALL_BYTES} bytes together, found more; {_NOTHING}"
            )
        yield found


def _files(path: Path) -> Iterator[Found]:
    try:
        if path.is_dir():
            yield from (Found(str(file), _content(file), False) for file in _walk(path))
        elif path.is_file() and zipfile.is_zipfile(path):
            yield from _members(path)
        elif path.is_file():
            yield Found(str(path), _content(path), True)
        else:
            raise Absent(f"feed {path}: expected a file, a folder or a zip, found none; {_NOTHING}")
    except OSError as error:
        raise Unreachable(f"feed {path}: {error.strerror or error}; {_NOTHING}") from error


def _walk(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):  # links to folders are not followed
        folders.sort()
        for name in sorted(names):
            file = Path(top) / name
            if name.endswith(ENDINGS) and file.is_file() and not file.is_symlink():
                yield file


def _content(file: Path) -> bytes:
    with file.open("rb") as opened:
        content = _limited(opened, str(file), MAX_FILE_BYTES)
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked:
            return _limited(unpacked, str(file), MAX_FILE_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise Malformed(f"feed {file}: expected a gzip, found a damaged one; {_NOTHING}") from error


def _limited(opened: BinaryIO | gzip.GzipFile, name: str, most: int) -> bytes:
    content = opened.read(most + 1)
    if len(content) > most:
        raise Malformed(f"feed {name}: expected at most {most} bytes, found more; {_NOTHING}")
    return content


class _Careful(io.FileIO):
    """A file of which nobody reads more at once than a zip may list."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:  # only the last few kilobytes are read so, where the list begins to be told
            return super().read(MAX_MEMBER_BYTES) or b""
        if size > MAX_DIRECTORY_BYTES:
            raise Malformed(f"zip: expected a list of at most {MAX_DIRECTORY_BYTES} bytes, found a longer one")
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        try:
            return super().seek(offset, whence)
        except OSError as error:  # the list itself says where each member is, and may say anything
            raise Malformed("zip: expected places inside the file, found one before its beginning") from error


def _members(path: Path) -> Iterator[Found]:
    try:
        with _Careful(path) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            for member in members:
                _check(member)
            if len(members) > MAX_FILES:
                raise Malformed(f"feed {path}: expected at most {MAX_FILES} members, found {len(members)}")
            for member in members:
                if not member.is_dir() and member.filename.endswith(ENDINGS):
                    with archive.open(member) as opened:
                        content = opened.read(MAX_MEMBER_BYTES + 1)
                    if len(content) > MAX_MEMBER_BYTES:  # whatever the zip itself says about its length
                        raise Malformed(
                            f"member {member.filename[:80]!r}: expected at most {MAX_MEMBER_BYTES} bytes, found more"
                        )
                    yield Found(f"{path}: {member.filename}", content, False)
    except Malformed as error:
        raise Malformed(f"feed {path}: {error}; {_NOTHING}") from error
    except _DAMAGED as error:
        raise Malformed(f"feed {path}: expected a zip that is whole, found: {error}; {_NOTHING}") from error


def _check(member: zipfile.ZipInfo) -> None:
    """Return if a member is one that an advisory database has."""
    name = member.filename
    if name.startswith(("/", "\\")) or "\\" in name or ":" in name.split("/")[0] or ".." in name.split("/"):
        raise Malformed(f"expected members inside it, found the name {name[:80]!r}")
    if member.flag_bits & 1:
        raise Malformed(f"member {name[:80]!r}: expected no password, found an encrypted one")
    if member.compress_type not in _STORED:
        raise Malformed(f"member {name[:80]!r}: expected deflate, found method {member.compress_type}")
    if member.file_size > MAX_MEMBER_BYTES:
        raise Malformed(
            f"member {name[:80]!r}: expected at most {MAX_MEMBER_BYTES} bytes, found {member.file_size}"
        )
