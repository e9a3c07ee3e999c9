"""What the database complains of, said in our words.

A command that broke a rule of the tables is a Conflict; a database that cannot be read or written (locked, full,
failing) is Unreachable, and the command may be run again.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from pratique.errors import Conflict, Unreachable
from pratique.storage.lock import holders

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_UNUSABLE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space, then run it again",
    sqlite3.SQLITE_IOERR: "the disk failed; look at it, then run it again",
    sqlite3.SQLITE_READONLY: "it cannot be written; look at its permissions and its folder's",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; look at its folder and permissions",
    sqlite3.SQLITE_PERM: "it cannot be opened; look at its permissions",
    sqlite3.SQLITE_NOMEM: "there is no memory left; run it again",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from the ledger's export or a backup",
    sqlite3.SQLITE_NOTADB: "it is no database; look at the URL",
}
_THERE_ALREADY = (
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_TRIGGER,  # ours refuse to write an event or checkpoint a second time
)


def dooms_the_transaction(error: BaseException) -> bool:
    """Tell whether the whole transaction is lost with this statement, not only its savepoint.

    SQLite itself rolls everything back on a full disk, an I/O error or lack of memory
    (sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
    """
    return _code(error) & 0xFF in (*_LOCKED, *_UNUSABLE)


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Raise what goes wrong inside in our words."""
    try:
        yield
    except (sa.exc.DBAPIError, sqlite3.Error) as error:
        found = in_our_words(error, file)
        if found is error:
            raise
        raise found from error


def in_our_words(error: BaseException, file: Path) -> BaseException:
    """Return the error to raise instead: the same one where it is none of the database's, or a mistake of ours.

    Args:
        error: What was raised while a transaction ran or committed.
        file: The database's file, for the message.
    """
    code = _code(error)
    if code in _THERE_ALREADY:
        return _caused(Conflict(f"database: expected it once, found it there already: {_text(error)}"), error)
    if code & 0xFF in _LOCKED:
        held = f"its write lock is held by {holders(file)}; wait for that process, or end it"
        return _caused(Unreachable(f"database {file}: {held}"), error)
    if code & 0xFF in _UNUSABLE:
        return _caused(Unreachable(f"database {file}: {_UNUSABLE[code & 0xFF]} ({_text(error)})"), error)
    return error


def _code(error: BaseException) -> int:
    """Return SQLite's extended result code, whose low byte is the primary one; 0 for other errors."""
    return int(getattr(_own(error), "sqlite_errorcode", 0))


def _text(error: BaseException) -> str:
    return str(_own(error))


def _own(error: BaseException) -> BaseException:
    """Return the driver's own error, where SQLAlchemy wrapped it."""
    return error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error


def _caused(found: BaseException, error: BaseException) -> BaseException:
    found.__cause__ = error
    return found
