"""The tables: made from nothing, equal to what the program believes, and found when they are not."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from tests.storage.builders import FILE, url

from pratique.errors import Absent, Unreachable
from pratique.storage import migrate, migrations
from pratique.storage.engine import open_engine
from pratique.storage.schema import METADATA


def made(folder: Path) -> sa.Engine:
    engine = open_engine(url(folder))
    migrate.upgrade(engine)
    return engine


def statements(engine: sa.Engine, kinds: str = "'table', 'index'") -> dict[str, str]:
    query = f"SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ({kinds})"
    with engine.connect() as connection:
        found = {name: " ".join(sql.split()) for name, sql in connection.exec_driver_sql(query)}
    return {name: sql for name, sql in found.items() if not name.startswith(("alembic", "sqlite"))}


def test_migrations_make_the_tables_that_the_program_believes_in(tmp_path: Path) -> None:
    believed = sa.create_engine("sqlite://")
    METADATA.create_all(believed)
    assert statements(made(tmp_path)) == statements(believed)


def test_every_table_is_strict(tmp_path: Path) -> None:
    tables = statements(made(tmp_path), kinds="'table'")
    assert len(tables) > 10
    assert all(sql.endswith("STRICT") for sql in tables.values())


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    engine = made(tmp_path)
    before = statements(engine, "'table', 'index', 'trigger'")
    migrate.upgrade(engine)
    assert statements(engine, "'table', 'index', 'trigger'") == before


def test_a_path_with_a_percent_sign_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "50% off").mkdir()
    assert migrate.found(made(tmp_path / "50% off")) == migrate.HEAD


def test_the_program_knows_the_last_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_migrations_travel_with_the_package() -> None:
    folder = Path(migrations.__file__).parent
    assert all((path.parent / "__init__.py").is_file() for path in folder.rglob("*.py"))


def test_a_new_database_is_of_the_last_revision(tmp_path: Path) -> None:
    assert migrate.found(made(tmp_path)) == migrate.HEAD


def test_no_database_is_absent_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="pratique init"):
        migrate.found(open_engine(url(tmp_path)))
    assert not (tmp_path / FILE).exists()


def test_a_database_of_somebody_else_is_absent(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / FILE).execute("CREATE TABLE other (a)").connection.close()
    with pytest.raises(Absent, match="found none"):
        migrate.found(open_engine(url(tmp_path)))


def test_a_file_that_is_no_database_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(Unreachable, match="no database"):
        migrate.found(open_engine(url(tmp_path)))
