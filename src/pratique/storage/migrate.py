"""Bringing a database to the tables that this program knows, and telling when that was not done.

Migrations go forward only and lie in the package ``migrations``, so that an installed program has them. All of one
upgrade is a single transaction.
"""

from pathlib import Path

import sqlalchemy as sa

from pratique.errors import Absent, Conflict
from pratique.storage.engine import database_file, writing
from pratique.storage.failure import translated

HEAD = "0004"
"""The last revision in ``migrations/versions``."""

_REMEDY = "run `pratique init` for a new workspace"


def upgrade(engine: sa.Engine) -> None:
    """Make the tables of a new database, or change those of an old one; where nothing is to do, do nothing.

    Raises:
        Unreachable: The database is locked, full or failing; it is then as it was.
    """
    # Imported here: every command opens the database, and next to none upgrades it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with translated(database_file(engine)), writing(engine).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check(engine: sa.Engine) -> None:
    """Return if the database has the tables that this program knows.

    Raises:
        Absent: There is no database.
        Conflict: It is older or newer than the program.
        Unreachable: It cannot be read.
    """
    file = database_file(engine)
    if not file.is_file():
        raise Absent(f"database {file}: expected one, found none; {_REMEDY}")
    with translated(file), engine.begin() as connection:
        found = revision(connection)
    if found is None:
        raise Absent(f"database {file}: expected Pratique's tables, found none; {_REMEDY}")
    if found != HEAD:
        raise Conflict(
            f"database {file}: expected tables of revision {HEAD}, found {found}; upgrade it, or use the program "
            "that wrote it"
        )


def revision(connection: sa.Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()
    return found
