"""Where the full form of a proof lies: a folder, or one tar. What it says is read; nothing of it is believed.

Names are taken as they are listed, and only those that a layout has. A link is never followed: a folder that was
handed over could lead anywhere.
"""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from pratique.errors import Absent, Malformed, Unreachable
from pratique.proof.archive import BLOCK_BYTES, END, padding, parse_header
from pratique.proof.layout import MAX_LAYER_BYTES, MAX_LAYERS, check_name

_FOLDERS = ("blobs", "blobs/sha256")
_NO_LINK = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Shelf(Protocol):
    """The files of a layout, by name."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every file's name and its size in bytes."""
        ...

    def read(self, name: str) -> bytes:
        """Return all bytes of a listed file.

        Raises:
            Malformed: It has changed since it was listed.
            Unreachable: It cannot be read.
        """
        ...


@contextmanager
def open_shelf(path: Path) -> Iterator[Shelf]:
    """Yield the files of the layout at a path.

    Raises:
        Absent: Nothing is there.
        Malformed: It holds a link, a device, a strange name or the same name twice, or is no such tar.
        Unreachable: It cannot be read.
    """
    try:
        if path.is_dir():
            yield _Folder(path)
        else:
            with path.open("rb") as file:
                yield _Tar(file)
    except FileNotFoundError as error:
        raise Absent(f"{path} cannot be read: {error.strerror}") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}") from error


class _Folder:
    """A folder that holds a layout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.sizes: dict[str, int] = dict(self._list(""))

    def _list(self, folder: str) -> Iterator[tuple[str, int]]:
        with os.scandir(self._root / folder) as found:
            for count, entry in enumerate(found):
                if count > MAX_LAYERS + 4:
                    raise Malformed(f"layout: expected at most {MAX_LAYERS} layers, found more files")
                yield from self._one(f"{folder}/{entry.name}" if folder else entry.name, entry)

    def _one(self, name: str, entry: os.DirEntry[str]) -> Iterator[tuple[str, int]]:
        if entry.is_symlink():
            raise Malformed(f"layout: {name[:120]!r} is a symbolic link; a proof has plain files only")
        if entry.is_dir(follow_symlinks=False) and name in _FOLDERS:
            yield from self._list(name)
            return
        check_name(name)
        found = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise Malformed(f"layout: {name[:120]!r} is no plain file")
        yield name, found.st_size

    def read(self, name: str) -> bytes:
        """Return all bytes of a listed file."""
        with os.fdopen(os.open(self._root / name, _NO_LINK), "rb") as file:
            content = file.read(self.sizes[name] + 1)
        if len(content) != self.sizes[name]:
            raise Malformed(f"layout: {name} changed while it was read")
        return content


class _Tar:
    """A tar that holds a layout."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}
        for name, place, size in self._members():
            if name in self._places:
                raise Malformed(f"archive: expected each name once, found {name[:120]!r} twice")
            check_name(name)
            self._places[name] = place, size

    def _members(self) -> Iterator[tuple[str, int, int]]:
        place, end = 0, os.fstat(self._file.fileno()).st_size
        while (header := parse_header(self._at(place, BLOCK_BYTES))) is not None:
            name, size = header
            after = place + BLOCK_BYTES + size
            if size > MAX_LAYER_BYTES or len(self._places) > MAX_LAYERS + 4:
                raise Malformed(
                    f"archive, {name[:120]!r}: expected at most {MAX_LAYER_BYTES} bytes, {MAX_LAYERS} layers"
                )
            if self._at(after, len(padding(size))) != padding(size):
                raise Malformed(
                    f"archive, {name[:120]!r}: expected zeros to fill its last block; it is cut off or hides something"
                )
            yield name, place + BLOCK_BYTES, size
            place = after + len(padding(size))
        if end != place + len(END) or self._at(place, len(END)) != END:
            raise Malformed(
                "archive: expected it to end after its last file, found more, or less; nothing follows a proof"
            )

    def _at(self, place: int, count: int) -> bytes:
        self._file.seek(place)
        return self._file.read(count)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every file's name and its size in bytes."""
        return {name: size for name, (_, size) in self._places.items()}

    def read(self, name: str) -> bytes:
        """Return all bytes of a listed file."""
        place, size = self._places[name]
        content = self._at(place, size)
        if len(content) != size:
            raise Malformed(f"archive: {name} changed while it was read")
        return content
