"""A database that is filled under another name, and gets its own when it is whole.

So a disk that fills up, or a process that is killed, leaves nothing that somebody could take for a database, and
whatever filled it can be run again. While it is filled, its file is locked: one that nobody locks was left by a
process that was killed, and goes the next time.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pratique.errors import Conflict, Unreachable
from pratique.storage.beside import unfinished
from pratique.storage.engine import database_file, open_engine
from pratique.storage.migrate import upgrade
from pratique.storage.store import Store

_BESIDE = ("", "-wal", "-shm", "-journal")  # sqlite.org/tempfiles.html


@contextmanager
def new_database(url: str) -> Iterator[Store]:
    """Yield a new, empty database; it has this URL when the block ended well, and is gone where it did not.

    Raises:
        Conflict: There is a database at this URL.
        Malformed: The URL names none that this program speaks to.
        Unreachable: The disk is full or failing.
    """
    place = database_file(open_engine(url))
    _refuse(place)
    with _reserved(place) as part:
        try:
            yield from _filled(part)
            _named(part, place)
        finally:
            _remove(part)


def clear_leftovers(url: str) -> tuple[Path, ...]:
    """Remove what processes left that were killed while they filled a database of this URL, and return the files.

    Raises:
        Unreachable: One cannot be removed.
    """
    place = database_file(open_engine(url))
    return tuple(part for part in unfinished(place) if _cleared(part))


def _cleared(part: Path) -> bool:
    """Remove a file that nobody is filling, and tell whether it was one."""
    try:
        with part.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for ending in _BESIDE:
                part.with_name(part.name + ending).unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):  # somebody fills it, or was faster
        return False
    except OSError as error:
        raise Unreachable(
            f"database {part}: a killed process left it, and it cannot be removed: {error.strerror}; remove it by hand"
        ) from error
    return True


@contextmanager
def _reserved(place: Path) -> Iterator[Path]:
    """Yield a name beside the place, of an empty file that is locked until the block ends."""
    part, file = _locked(place)
    try:
        yield part
    finally:
        with suppress(OSError):  # it holds a lock and no bytes: the database is whole, or gone, without it
            file.close()


def _locked(place: Path) -> tuple[Path, BinaryIO]:
    while True:
        part = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
        try:
            file = part.open("xb")
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:
                return part, file
            file.close()  # somebody who tidies up had it before it was locked
        except OSError as error:
            told = f"it cannot be begun: {error.strerror}; look at the disk and its folder, then run it again"
            raise Unreachable(f"database {place}: {told}") from error


def _remove(part: Path) -> None:
    for ending in _BESIDE:
        with suppress(OSError):  # not there, or on the disk that fails anyway
            part.with_name(part.name + ending).unlink(missing_ok=True)


def _filled(part: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{part}")
    try:
        upgrade(engine)
        with closing(Store(engine)) as store:
            yield store
            store.settle()
    finally:
        engine.dispose()  # also where the tables could not be made: an open file keeps a small disk full


def _refuse(place: Path) -> None:
    if place.exists():
        raise Conflict(f"{place} exists; restore into a database that is not there yet")


def _named(part: Path, place: Path) -> None:
    """Give it its name, which nobody may have taken meanwhile, for good or not at all."""
    try:
        os.link(part, place)
    except FileExistsError:
        _refuse(place)
    except OSError as error:
        raise _failing(place, error) from error
    try:
        _flush(place.parent)
    except OSError as error:
        with suppress(OSError):  # a disk that fails once more leaves a whole database, and says that there is one
            place.unlink()
        raise _failing(place, error) from error


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failing(place: Path, error: OSError) -> Unreachable:
    return Unreachable(
        f"database {place}: it cannot be put in place: {error.strerror}; look at the disk, then run it again"
    )
