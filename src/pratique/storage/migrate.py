"""The tables' revisions: which one a database has, and how it is brought to the last.

Migrations go forward only and lie in the package ``migrations``, so that an installed program has them. All of one
upgrade is a single transaction. What an upgrade needs besides (a copy, folding anew): ``upgrade``.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from pratique.errors import Absent, Conflict, Unreachable
from pratique.storage.direct import say
from pratique.storage.engine import database_file, writing
from pratique.storage.failure import translated

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0004"
"""The last revision in ``migrations/versions``."""

_REMEDY = "run `pratique init` for a new workspace"
_REVISION = "SELECT version_num FROM alembic_version"


def upgrade(engine: sa.Engine) -> None:
    """Make the tables of a new database; where the last revision is there already, do nothing.

    Raises:
        Unreachable: The database is locked, full or failing; it is then as it was.
    """
    with translated(database_file(engine)), writing(engine).begin() as connection:
        run(connection)


def run(connection: sa.Connection) -> None:
    """Bring the tables to the last revision, in the transaction that this connection is in.

    Raises:
        Unreachable: The program's own revisions cannot be read.
    """
    # Imported here: every command opens the database, and next to none changes its tables.
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except OSError as error:  # Alembic reads the revisions themselves from the disk, each time
        raise Unreachable(
            f"migrations: expected to read {error.filename or 'the program'}, found: {error.strerror}; look at the "
            "disk that the program is on, then run it again"
        ) from error
    there = revision(connection)
    if there != HEAD:  # Alembic takes a folder that it cannot read for an empty one
        raise Unreachable(
            f"migrations: expected to read them up to {HEAD}, found {there or 'none'} in {Path(__file__).parent}; look "
            "at the disk that the program is on, then run it again"
        )


def found(engine: sa.Engine) -> str:
    """Return the revision of a database that this program knows: the last one, or one that can be upgraded.

    Raises:
        Absent: There is no database.
        Conflict: A newer program wrote it.
        Unreachable: It cannot be read.
    """
    file = database_file(engine)
    if not file.is_file():
        raise Absent(f"database {file}: expected one, found none; {_REMEDY}")
    with translated(file), engine.begin() as connection:
        there = revision(connection)
    if there is None:
        raise Absent(f"database {file}: expected Pratique's tables, found none; {_REMEDY}")
    if there != HEAD and there not in revisions():
        raise newer(file, there)
    return there


def check_last(connection: sa.Connection, file: Path) -> None:
    """Return if the tables are still those that this program knows, or raise ``Conflict``."""
    (there,) = say(connection, _REVISION).fetchone()
    if there != HEAD:
        raise newer(file, there)


def newer(file: Path, there: str) -> Conflict:
    """Return the error for a database that a newer program made or upgraded."""
    return Conflict(
        f"database {file}: expected tables of revision {HEAD} or older, found {there[:40]!r}, which a newer program "
        "made; end this one and use the newer one"
    )


def revision(connection: sa.Connection) -> str | None:
    """Return the revision of the tables; None where there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    there: str | None = connection.exec_driver_sql(_REVISION).scalar_one_or_none()
    return there


def revisions() -> tuple[str, ...]:
    """Return every revision that this program knows, the last one first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config
