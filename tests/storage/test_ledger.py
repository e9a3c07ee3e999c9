"""The ledger's rows: gapless, provable from the rows alone, and never changed."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.storage.builders import FILE, digest, event, new_store, promote, published, request, say

from pratique.errors import Absent, Conflict
from pratique.promotion.events import Event, parse_event
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction, View
from pratique.tlog.proofs import nodes_of, prove_consistency, prove_inclusion, root_at, verify_inclusion
from pratique.tlog.tree import Frontier, leaf_hash, root_of


def grow(store: Store, count: int) -> None:
    """Append this many events, in one command."""

    def many(tx: Transaction) -> None:
        start = tx.ledger.frontier().size
        for version in range(start + 1, start + count + 1):
            say(tx, published(version))

    store.transact(many)


def test_a_new_ledger_is_empty(store: Store) -> None:
    assert store.read(lambda view: view.ledger.frontier()) == Frontier()
    assert store.read(lambda view: view.ledger.checkpoint()) is None


def test_indexes_have_no_gaps_and_bodies_are_kept_as_they_were(store: Store) -> None:
    made: list[Event] = []

    def one(tx: Transaction) -> None:
        made.append(event(tx, published(len(made) + 1)))
        assert tx.append(made[-1]).index == len(made) - 1

    for _ in range(5):
        store.transact(one)
    bodies = store.read(lambda view: view.ledger.bodies(0, 99))
    assert [parse_event(body) for body in bodies] == made
    assert store.read(lambda view: [view.ledger.body(index) for index in range(5)]) == list(bodies)
    assert store.read(lambda view: view.ledger.frontier().root()) == root_of(map(leaf_hash, bodies))


def test_what_was_appended_is_seen_at_once_in_the_same_command(store: Store) -> None:
    def command(tx: Transaction) -> None:
        entry = say(tx, published(1))
        assert tx.ledger.entry(entry.index) == entry
        assert tx.published.directory().digest == digest("directory 1")

    store.transact(command)


def test_an_index_beyond_the_end_is_absent(store: Store) -> None:
    with pytest.raises(Absent, match="found 0"):
        store.read(lambda view: view.ledger.body(0))
    with pytest.raises(Absent, match="found 0 of them"):
        store.read(lambda view: view.ledger.node(0, 0))


def test_an_event_of_another_moment_is_a_mistake_of_ours(store: Store) -> None:
    def command(tx: Transaction) -> None:
        late = event(tx, published(1))
        tx.append(Event(late.id, late.at + timedelta(milliseconds=1), late.actor, late.data))

    with pytest.raises(ValueError, match="transaction's moment"):
        store.transact(command)


def test_the_same_event_twice_is_a_conflict_and_leaves_nothing(store: Store) -> None:
    def command(tx: Transaction) -> None:
        same = event(tx, published(1))
        tx.append(same)
        tx.append(Event(same.id, same.at, same.actor, published(2)))

    with pytest.raises(Conflict):
        store.transact(command)
    assert store.read(lambda view: view.ledger.frontier().size) == 0


@settings(max_examples=15)
@given(size=st.integers(1, 700), data=st.data())
def test_rows_alone_prove_every_entry_and_every_growth(
    tmp_path_factory: pytest.TempPathFactory, size: int, data: st.DataObject
) -> None:
    store = new_store(tmp_path_factory.mktemp("ledger"))
    grow(store, size)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))

    def check(view: View) -> None:
        leaves = [leaf_hash(body) for body in view.ledger.bodies(0, size)]
        memory = nodes_of(leaves)
        proof = prove_inclusion(index, size, view.ledger.node)
        verify_inclusion(leaves[index], index, size, proof, view.ledger.frontier().root())
        assert proof == prove_inclusion(index, size, memory)
        assert prove_consistency(old, size, view.ledger.node) == prove_consistency(old, size, memory)
        assert root_at(old, view.ledger.node) == root_of(leaves[:old])

    store.read(check)
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET actor = 'person:eve' WHERE idx = 1",
        "DELETE FROM event WHERE idx = 2",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event SELECT * FROM event WHERE idx = 1",
        "INSERT OR REPLACE INTO event SELECT 9, id, type, at, '', '', '', '', '', leaf_hash, body FROM event",
        "UPDATE checkpoint SET note = x'00'",
        "DELETE FROM checkpoint",
        "INSERT OR REPLACE INTO checkpoint SELECT * FROM checkpoint",
        "UPDATE ledger_head SET size = 1",
        "DELETE FROM ledger_head",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(store: Store, tmp_path: Path, statement: str) -> None:
    grow(store, 3)
    sign(store, 3)
    with sqlite3.connect(tmp_path / FILE) as connection, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        connection.execute(statement)


def test_events_are_found_by_promotion_image_and_type(store: Store) -> None:
    def command(tx: Transaction) -> tuple[str, str]:
        say(tx, published(1))
        return promote(tx, "one"), request(tx, "two")

    one, two = store.transact(command)
    assert [entry.index for entry in store.read(lambda view: view.ledger.of_promotion(one))] == list(range(1, 10))
    assert [entry.index for entry in store.read(lambda view: view.ledger.of_image(digest("two")))] == [10]
    requests = store.read(lambda view: view.ledger.of_type("promotion.requested/1"))
    assert [entry.event.promotion for entry in requests] == [one, two]


def sign(store: Store, size: int) -> None:
    note = b"note %d" % size
    store.transact(lambda tx: tx.ledger.add_checkpoint(SignedCheckpoint(size, bytes(32), note, tx.now)))


def test_checkpoints_only_grow(store: Store) -> None:
    sign(store, 4)
    sign(store, 9)
    for size in (4, 8, 9):
        with pytest.raises(Conflict, match="expected a size above the last one's, 9"):
            sign(store, size)
    last = store.read(lambda view: view.ledger.checkpoint())
    assert last is not None
    assert last.note == b"note 9"


def test_an_index_is_covered_by_the_first_larger_checkpoint(store: Store) -> None:
    sign(store, 4)
    sign(store, 9)

    def covering(view: View) -> list[int | None]:
        found = [view.ledger.checkpoint_covering(index) for index in (0, 3, 4, 8, 9)]
        return [None if checkpoint is None else checkpoint.size for checkpoint in found]

    assert store.read(covering) == [4, 4, 9, 9, None]
