"""Commands that are committed together: one head and one moment for all, whichever of them are taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.builders import empty_database, new_store, published, same_store, say, url

from pratique.storage.audit import audit
from pratique.storage.engine import open_engine, writing
from pratique.storage.group import Group
from pratique.storage.patience import Patience
from pratique.storage.transaction import Transaction

# How many events each command appends, and whether it is taken back.
COMMANDS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=12)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    folder = tmp_path_factory.mktemp("group")
    (folder / "pratique.db").write_bytes(empty_database())
    yield (opened := open_engine(url(folder)))
    opened.dispose()


def begun(connection: sa.Connection) -> tuple[Group, Transaction]:
    group = Group(connection)
    return group, Transaction(group, Patience(), None)


@given(COMMANDS)
def test_whichever_commands_are_taken_back_the_tree_is_over_what_the_others_did(
    engine: sa.Engine, commands: list[tuple[int, bool]]
) -> None:
    with writing(engine).connect() as connection, connection.begin() as transaction:
        group, tx = begun(connection)
        version, kept = 0, list[int]()
        for count, taken_back in commands:
            mark, added = group.savepoint(), list[int]()
            for _ in range(count):
                version += 1
                say(tx, published(version))
                added.append(version)
            if taken_back:
                group.take_back(mark)
            else:
                group.release()
                kept += added
        group.head.write()
        assert audit(connection) == ()
        versions = [one.version for one in tx.published.directories()]
        assert (versions, tx.ledger.frontier().size) == (kept, len(kept))
        transaction.rollback()  # the next example finds it empty


def test_an_audit_in_the_middle_sees_what_was_appended_before(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    assert store.transact(lambda tx: (say(tx, published(1)), tx.audit(), say(tx, published(2)), tx.audit()))[
        1::2
    ] == (
        (),
        (),
    )
    assert same_store(tmp_path).read(lambda view: (view.audit(), view.ledger.frontier().size)) == ((), 2)


def test_an_audit_that_is_taken_back_takes_the_written_head_along(engine: sa.Engine) -> None:
    with writing(engine).connect() as connection, connection.begin() as transaction:
        group, tx = begun(connection)
        say(tx, published(1))
        mark = group.savepoint()
        say(tx, published(2))
        assert tx.audit() == ()
        group.take_back(mark)
        group.head.write()
        assert audit(connection) == ()
        transaction.rollback()


def test_all_happen_at_the_one_moment_of_their_transaction(engine: sa.Engine) -> None:
    with writing(engine).connect() as connection, connection.begin() as transaction:
        group, tx = begun(connection)
        assert tx.now == Transaction(group, Patience(), None).now
        transaction.rollback()
