"""A database that is filled has its name when it is whole, and not before."""

from pathlib import Path

import pytest
from tests.storage.builders import published, same_store, say, url

from pratique.errors import Conflict, Refused
from pratique.storage.whole import new_database


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
