"""The connection to the database: how it is opened, and how a transaction begins.

SQLite by ``sqlite:///PATH``. A transaction that will write takes the write lock at its first statement
(``BEGIN IMMEDIATE``): one that reads first and upgrades later meets SQLITE_BUSY, which no waiting cures
(sqlite.org/lang_transaction.html, "Deferred, immediate, and exclusive transactions").
"""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from pratique.errors import Malformed
from pratique.storage.direct import say

LOCK_WAIT_MS = 30_000  # decisions.md: a write lock held longer is Unreachable and names the holder
_WRITES = "pratique_writes"


def open_engine(url: str, *, lock_wait_ms: int = LOCK_WAIT_MS) -> sa.Engine:
    """Return the engine for this database; it connects at its first use.

    Args:
        url: ``sqlite:///PATH``; the folder must exist, the file need not.
        lock_wait_ms: How long a writer waits for another one.

    Raises:
        Malformed: No URL, or of a database that this program does not speak to.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise Malformed("database URL: expected sqlite:///PATH, found no URL at all") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise Malformed(f"database URL: expected sqlite:///PATH, found {parsed.render_as_string()!r}")
    engine = sa.create_engine(parsed, pool_size=16, max_overflow=16)
    _prepare_sqlite(engine, lock_wait_ms)
    return engine


def database_file(engine: sa.Engine) -> Path:
    """Return where the database's file is."""
    return Path(str(engine.url.database))


def writing(engine: sa.Engine) -> sa.Engine:
    """Return the same engine, whose transactions may write and begin by taking the write lock.

    Those of the engine itself may only read: they see one snapshot, and SQLite refuses their writes.
    """
    return engine.execution_options(**{_WRITES: True})


def _prepare_sqlite(engine: sa.Engine, lock_wait_ms: int) -> None:
    def connected(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # else the driver begins transactions itself, deferred ones
        for pragma in (
            f"busy_timeout={lock_wait_ms}",
            "journal_mode=WAL",
            "synchronous=FULL",  # in WAL mode, NORMAL may lose the last commits at a power cut
            "foreign_keys=ON",
            "secure_delete=ON",  # what was erased is overwritten, not just let go of
        ):
            connection.cursor().execute(f"PRAGMA {pragma}")

    def begin(connection: sa.Connection) -> None:
        writes = _WRITES in connection.get_execution_options()
        # Said only where it changes: it has every prepared statement compiled anew (sqlite3.c, "flagPragma").
        if connection.info.get(_WRITES) != writes:
            say(connection, "PRAGMA query_only=OFF" if writes else "PRAGMA query_only=ON")
            connection.info[_WRITES] = writes
        say(connection, "BEGIN IMMEDIATE" if writes else "BEGIN")

    sa.event.listen(engine, "connect", connected)
    sa.event.listen(engine, "begin", begin)
