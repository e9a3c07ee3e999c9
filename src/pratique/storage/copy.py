"""A copy of the database as it was before an upgrade, in a file beside it: ``pratique.db.0001``.

It is whole or not there. For SQLite, whose database is a file; another database's operator has its own ways.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

from pratique.errors import Unreachable
from pratique.storage.engine import database_file


def copy_path(file: Path, revision: str) -> Path:
    """Return where the copy of a database of this revision is kept."""
    return file.with_name(f"{file.name}.{revision}")


def keep_copy(engine: sa.Engine, revision: str) -> None:
    """Keep what is committed now, for good; the caller holds the write lock.

    A copy of the same revision, which an upgrade left that did not come to its end, is replaced.

    Raises:
        Unreachable: The folder cannot be written.
        sqlite3.Error: The disk is full or failing; ``failure.translated`` knows it.
    """
    file = database_file(engine)
    place = copy_path(file, revision)
    incoming = place.with_name(f"{place.name}.incoming")
    try:
        _clear(incoming)  # of one that was killed; whoever holds the write lock is alone
        incoming.touch(mode=0o600, exist_ok=False)
        _fill(engine, incoming)
        incoming.chmod(file.stat().st_mode)
        incoming.replace(place)
        _flush(file.parent)
    except OSError as error:
        told = f"no copy can be kept as {place.name}, so it was not upgraded: {error.strerror}"
        raise Unreachable(
            f"database {file}: {told}; look at the disk and its folder, then run it again"
        ) from error
    finally:
        with suppress(OSError):  # the disk that fails anyway
            _clear(incoming)


def _fill(engine: sa.Engine, incoming: Path) -> None:
    with closing(engine.raw_connection()) as connection, closing(sqlite3.connect(incoming)) as target:
        source = connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise TypeError(f"a copy is made of SQLite databases, not through {type(source).__name__}")
        source.backup(target)
    _flush(incoming)


def _clear(incoming: Path) -> None:
    """Remove the file and what SQLite puts beside it, which it would take for this file's own the next time."""
    for end in ("-journal", "-wal", "-shm", ""):
        incoming.with_name(f"{incoming.name}{end}").unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
