"""A database that is filled has its name when it is whole, and not before."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.storage.builders import published, same_store, say, url

from pratique.errors import Conflict, Refused
from pratique.storage import beside
from pratique.storage.whole import clear_leftovers, new_database


def test_a_database_has_its_name_once_it_is_whole(tmp_path: Path) -> None:
    with new_database(url(tmp_path)) as store:
        store.transact(lambda tx: say(tx, published(1)))
        assert not (tmp_path / "pratique.db").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["pratique.db"]
    assert same_store(tmp_path).read(lambda view: view.ledger.frontier().size) == 1


def test_of_one_that_was_not_finished_nothing_is_left_and_it_can_be_begun_again(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with new_database(url(tmp_path)):
        pass
    assert (tmp_path / "pratique.db").is_file()


def unfinished(folder: Path) -> None:
    with new_database(url(folder)) as store:
        store.transact(lambda tx: say(tx, published(1)))
        raise Refused("no")


def test_one_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    with new_database(url(tmp_path)):
        pass
    before = (tmp_path / "pratique.db").read_bytes()
    with pytest.raises(Conflict, match="not there yet"), new_database(url(tmp_path)):
        pass
    with pytest.raises(Conflict, match="not there yet"):
        both(tmp_path / "other")
    assert (tmp_path / "pratique.db").read_bytes() == before


def both(folder: Path) -> None:
    """Fill two at once for the same place: the one that ends later is told."""
    folder.mkdir()
    with new_database(url(folder)), new_database(url(folder)):
        pass


_KILLED = """
import os, signal, sys
from pratique.storage.whole import new_database
with new_database(sys.argv[1]):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_and_named(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", _KILLED, url(tmp_path)], check=False)
    assert ran.returncode < 0
    left = beside.unfinished(tmp_path / "pratique.db")
    assert len(left) == 1
    assert clear_leftovers(url(tmp_path)) == left
    assert list(tmp_path.iterdir()) == []
    assert clear_leftovers(url(tmp_path)) == ()


def test_what_somebody_fills_right_now_is_left_alone(tmp_path: Path) -> None:
    with new_database(url(tmp_path)) as store:
        assert len(beside.unfinished(tmp_path / "pratique.db")) == 1
        assert clear_leftovers(url(tmp_path)) == ()
        store.transact(lambda tx: say(tx, published(1)))
    assert same_store(tmp_path).read(lambda view: view.ledger.frontier().size) == 1


def test_only_what_is_named_like_a_copy_or_a_leftover_is_one(tmp_path: Path) -> None:
    database = tmp_path / "pratique.db"
    for name in (
        "pratique.db.0001",
        "pratique.db.0002",
        "pratique.db.bak",
        "pratique.db-wal",
        "xpratique.db.0001",
    ):
        (tmp_path / name).touch()
    for name in (
        ".pratique.db.0123456789abcdef.part",
        ".pratique.db.0123456789abcdef.part-wal",
        ".pratique.db.part",
    ):
        (tmp_path / name).touch()
    assert [path.name for path in beside.copies(database)] == ["pratique.db.0001", "pratique.db.0002"]
    assert [path.name for path in beside.unfinished(database)] == [".pratique.db.0123456789abcdef.part"]
