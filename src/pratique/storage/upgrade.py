"""Bringing a database that an older program made to today's tables, when it is opened.

Whoever upgrades holds the database's write lock from before the copy until the commit: of several that open it at
once, one upgrades and the others find it done. A disk that is full, or a process that is killed, leaves what was
there before, because tables, rows and revision change in one transaction.
"""

import logging

import sqlalchemy as sa

from pratique.storage import migrate
from pratique.storage.copy import copy_path, keep_copy
from pratique.storage.engine import database_file, writing
from pratique.storage.failure import translated
from pratique.storage.projection import fold

_log = logging.getLogger(__name__)


def bring_up_to_date(engine: sa.Engine) -> None:
    """Return once the database has the tables that this program knows.

    One of an older revision is first copied to a file beside it that is named after the revision, and kept; then its
    tables are changed and its projections folded anew, so that they hold what today's program reads in the events.

    Raises:
        Absent: There is no database.
        Conflict: A newer program made it, or its events cannot be folded; it is then as it was.
        Unreachable: It is locked, full or failing; it is then as it was.
    """
    if migrate.found(engine) == migrate.HEAD:
        return
    with translated(database_file(engine)), writing(engine).begin() as connection:
        _upgrade(engine, connection)


def _upgrade(engine: sa.Engine, connection: sa.Connection) -> None:
    """Upgrade what this connection holds the write lock of."""
    before = migrate.revision(connection)
    if before is None or before == migrate.HEAD:  # another process was first
        return
    file = database_file(engine)
    keep_copy(engine, before)
    migrate.run(connection)
    fold(connection)
    kept = copy_path(file, before)
    _log.warning(
        "database %s: upgraded from revision %s to %s; kept as it was: %s", file, before, migrate.HEAD, kept
    )
