"""Databases that older programs made: upgraded when they are opened, once, whole or not at all."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.databases import REVISIONS, unpack
from tests.storage.builders import FILE, new_store, published, same_store, say, url
from tests.storage.test_migrate import made, statements

from pratique.errors import Absent, Conflict
from pratique.promotion.events import parse_event
from pratique.storage import migrate
from pratique.storage.engine import open_engine
from pratique.storage.store import Store
from pratique.storage.transaction import View
from pratique.storage.upgrade import bring_up_to_date

ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
EVERYTHING = "'table', 'index', 'trigger'"


def old(revision: str, folder: Path) -> Path:
    """Return the folder of a database that a program of this revision wrote."""
    return unpack(revision, folder)


def opened(folder: Path) -> Store:
    engine = open_engine(url(folder))
    bring_up_to_date(engine)
    return Store(engine)


def revision_of(file: Path) -> str:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    return found


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return everything that a database holds, by table."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in names}


def upgrading(folder: Path, *how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.upgrading", str(folder), *how]
    return subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_every_revision_before_the_last_has_a_database_here() -> None:
    assert migrate.revisions() == (migrate.HEAD, *reversed(REVISIONS))


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_upgraded_database_has_the_tables_of_a_new_one(tmp_path: Path, revision: str) -> None:
    folder = old(revision, tmp_path)
    opened(folder).close()
    (tmp_path / "new").mkdir()
    ours = {"event", "promotion", *statements(made(tmp_path / "new"), EVERYTHING)}
    found = statements(open_engine(url(folder)), EVERYTHING)
    assert {name: found[name] for name in ours} == statements(made(tmp_path / "new"), EVERYTHING)


@pytest.mark.parametrize("revision", REVISIONS)
def test_nothing_that_an_older_program_wrote_is_lost(tmp_path: Path, revision: str) -> None:
    folder = old(revision, tmp_path)
    before = rows(folder / FILE)
    opened(folder).close()
    after = rows(folder / FILE)
    assert len(before["event"]) > 40
    assert {name: after[name] for name in before if name != "alembic_version"} == {
        name: found for name, found in before.items() if name != "alembic_version"
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_projections_of_an_upgraded_database_are_what_its_events_fold_to(tmp_path: Path, revision: str) -> None:
    store = opened(old(revision, tmp_path))

    def whole(view: View) -> int:
        assert view.drift() == ()
        assert view.audit() == ()
        size = view.ledger.frontier().size
        assert all(parse_event(body).id for body in view.ledger.bodies(0, size))
        return size

    size = store.read(whole)
    assert store.transact(lambda tx: say(tx, published(2)).index) == size
    store.close()


def test_projections_are_folded_anew_and_not_believed(tmp_path: Path) -> None:
    folder = old("0001", tmp_path)
    with sqlite3.connect(folder / FILE) as connection:
        connection.execute("DELETE FROM arrival")
        connection.execute("UPDATE promotion SET state = 'withdrawn'")
    store = opened(folder)
    assert store.read(lambda view: view.drift()) == ()
    store.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_copy_named_after_the_revision_is_kept_and_is_what_was_there(tmp_path: Path, revision: str) -> None:
    folder = old(revision, tmp_path)
    before = rows(folder / FILE)
    (folder / FILE).chmod(0o640)
    opened(folder).close()
    copy = folder / f"{FILE}.{revision}"
    assert sorted(path.name for path in folder.glob(f"{FILE}.*")) == [copy.name]
    assert copy.stat().st_mode & 0o777 == 0o640
    assert rows(copy) == before


def test_the_copy_opens_and_upgrades_like_any_database(tmp_path: Path) -> None:
    folder = old("0001", tmp_path)
    opened(folder).close()
    (folder / FILE).unlink()
    (folder / f"{FILE}.0001").rename(folder / FILE)
    store = opened(folder)
    assert store.read(lambda view: view.drift()) == ()
    store.close()


def test_a_database_of_today_is_opened_without_a_copy(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    opened(tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    expected = f"expected tables of revision {migrate.HEAD} or older, found '9999', which a newer program made"
    with pytest.raises(Conflict, match=expected):
        opened(tmp_path)
    assert revision_of(tmp_path / FILE) == "9999"


def test_a_program_that_runs_while_a_newer_one_upgrades_writes_no_more(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.transact(lambda tx: say(tx, published(1)))
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match="found '9999', which a newer program made; end this one"):
        store.transact(lambda tx: say(tx, published(2)))
    assert store.read(lambda view: view.ledger.frontier().size) == 1
    store.close()


def test_no_database_is_absent_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="pratique init"):
        opened(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_of_several_processes_that_open_at_once_one_upgrades(tmp_path: Path) -> None:
    folder = old("0001", tmp_path)
    running = [upgrading(folder) for _ in range(4)]
    ended = [process.communicate(timeout=60) for process in running]
    assert [out for out, _ in ended] == ["upgraded True\n"] * 4
    assert sum("upgraded from revision 0001" in said for _, said in ended) == 1
    assert same_store(folder).read(lambda view: view.drift()) == ()


def test_a_process_killed_at_any_step_leaves_the_old_database_usable(tmp_path: Path) -> None:
    original = old("0001", tmp_path)
    before = rows(original / FILE)
    steps, number = 0, 1
    while True:
        folder = tmp_path / f"killed-{number}"
        shutil.copytree(original, folder, ignore=shutil.ignore_patterns("blobs", "registry"))
        process = upgrading(folder, "killed", str(number))
        process.communicate(timeout=60)
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
        if revision_of(folder / FILE) == "0001":
            assert rows(folder / FILE) == before
            assert all(rows(copy) == before for copy in folder.glob(f"{FILE}.0001"))
        opened(folder).close()
        assert rows(folder / f"{FILE}.0001") == before
        assert revision_of(folder / FILE) == migrate.HEAD
        steps, number = steps + 1, number + max(1, number // 2)  # the first ones each, then fewer
    assert steps > 7


@pytest.mark.parametrize(("room", "copied"), [("400k", False), ("560k", True)])
def test_on_a_full_disk_the_old_database_stays_and_with_space_it_is_upgraded(
    tmp_path: Path, room: str, copied: bool
) -> None:
    folder = old("0001", tmp_path)
    shutil.copy(folder / FILE, tmp_path / "kept")
    small = tmp_path / "small"
    small.mkdir()
    script = (
        'mount -t tmpfs -o size="$3" none "$1" && cp "$4" "$1/pratique.db" && "$2" -m tests.storage.upgrading "$1"'
        ' && sqlite3 "$1/pratique.db" "SELECT version_num FROM alembic_version" && ls "$1"'
        ' && mount -o remount,size=8m "$1" && "$2" -m tests.storage.upgrading "$1"'
    )
    apart = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
    arguments = (str(small), sys.executable, room, str(tmp_path / "kept"))
    run = subprocess.run(
        [*apart, *arguments], cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if run.returncode == 1 and "unshare" in run.stderr:
        pytest.skip(f"no small disk here: {run.stderr.strip()}")
    full, revision, *files, done = run.stdout.splitlines()
    assert full.startswith("database FOLDER/pratique.db: the disk is full")
    assert (revision, done) == ("0001", "upgraded True")
    assert (f"{FILE}.0001" in files, f"{FILE}.0001.incoming" in files) == (copied, False)
