"""rpm's database as SQLite keeps it, opened in memory from bytes that somebody else wrote.

Nothing of the database is executed: its schema is not trusted, what is asked must be a plain table without computed
columns, and whoever makes the answer take too long or grow larger than the file is stopped. The other
forms (Berkeley DB, ndb) are plain bytes and read in ``evidence``.

Source: rpm, lib/backend/sqlite.cc (``CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT
NULL)``); SQLite, "Database File Format", section 1.3, and "Defense Against The Dark Arts".
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.surface.rpm import MAX_PACKAGES

MAX_BYTES: Final = 128 * 1024 * 1024
"""A larger database is not read; that of a whole Fedora workstation has 60 MB."""
_MAX_STEPS: Final = 2000
_STEP: Final = 10_000  # instructions of SQLite's machine; together some seconds
_MAGIC: Final = b"SQLite format 3\0"
_WHAT: Final = "rpm database"


def read_headers(content: bytes) -> tuple[bytes, ...]:
    """Return the header of every package in an ``rpmdb.sqlite``.

    Raises:
        Malformed: It is no such database, is damaged, or holds more than it may.
    """
    if not content.startswith(_MAGIC) or len(content) < 100:
        raise Malformed(f"{_WHAT}: expected a database of SQLite; look at the file in the image")
    # rpm writes with a log (WAL), which memory has none of: "18 … 2 for WAL", and 1 says that there is none.
    plain = content[:18] + b"\x01\x01" + content[20:]
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(plain)
            _restrain(database, len(content))
            return _headers(database, len(content))
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise Malformed(f"{_WHAT}: {error}; look at the file in the image") from error


def _restrain(database: sqlite3.Connection, most: int) -> None:
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)  # no value is larger than the file
    steps = iter(range(_MAX_STEPS))
    database.set_progress_handler(lambda: next(steps, None) is None, _STEP)
    for setting in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
        database.execute(f"PRAGMA {setting}")


def _headers(database: sqlite3.Connection, most: int) -> tuple[bytes, ...]:
    _refuse_computed(database)
    rows = database.execute("SELECT blob FROM Packages LIMIT ?", (MAX_PACKAGES + 1,))
    headers = tuple(_within((row[0] for row in rows), most))
    if len(headers) > MAX_PACKAGES:
        raise Malformed(f"{_WHAT}: expected at most {MAX_PACKAGES} packages, found more")
    return headers


def _refuse_computed(database: sqlite3.Connection) -> None:
    """Return if the packages are a table whose every column is stored."""
    kinds = [row[2] for row in database.execute("PRAGMA main.table_list(Packages)")]
    if kinds != ["table"]:
        raise Malformed(f"{_WHAT}: expected a table of packages, found {kinds or 'none'}")
    hidden = [row[1] for row in database.execute("PRAGMA main.table_xinfo(Packages)") if row[6]]
    if hidden:
        raise Malformed(f"{_WHAT}: expected columns that are stored, found one that is computed: {hidden[0]!r}")


def _within(values: Iterable[object], most: int) -> Iterator[bytes]:
    """Yield each header; rows may share their pages, and then hold more together than the file that they lie in."""
    for value in values:
        if not isinstance(value, bytes):
            raise Malformed(f"{_WHAT}: expected headers of bytes; look at the file in the image")
        most -= len(value)
        if most < 0:
            raise Malformed(f"{_WHAT}: its packages are larger than it is; look at the file in the image")
        yield value
