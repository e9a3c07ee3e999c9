"""A database that is filled under another name, and gets its own when it is whole.

So a disk that fills up, or a process that is killed, leaves nothing that somebody could take for a database, and
whatever filled it can be run again.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pratique.errors import Conflict, Unreachable
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
    part = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    _refuse(place)
    try:
        yield from _filled(part)
        _named(part, place)
    finally:
        for ending in _BESIDE:
            with suppress(OSError):  # not there, or on the disk that fails anyway
                part.with_name(part.name + ending).unlink(missing_ok=True)


def _filled(part: Path) -> Iterator[Store]:
    engine = open_engine(f"sqlite:///{part}")
    upgrade(engine)
    store = Store(engine)
    try:
        yield store
        store.settle()
    finally:
        store.close()


def _refuse(place: Path) -> None:
    if place.exists():
        raise Conflict(f"{place} exists; restore into a database that is not there yet")


def _named(part: Path, place: Path) -> None:
    """Give it its name, which nobody may have taken meanwhile."""
    try:
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.link(part, place)
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        _refuse(place)
    except OSError as error:
        raise Unreachable(
            f"database {place}: it cannot be put in place: {error.strerror}; look at the disk, then run it again"
        ) from error
