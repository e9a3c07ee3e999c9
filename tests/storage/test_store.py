"""Commands and queries: all or nothing, together and yet alone, and honest when the database fails."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.storage.builders import FILE, digest, event, published, request, same_store, say, url

from pratique.errors import Conflict, Refused, Unreachable
from pratique.promotion.plan import Effect, Step
from pratique.storage.engine import open_engine
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction, View
from pratique.values.commitment import Opening


def size(store: Store) -> int:
    return store.read(lambda view: view.ledger.frontier().size)


def publishing(version: int) -> Callable[[Transaction], int]:
    return lambda tx: say(tx, published(version)).index


def test_a_command_answers_with_what_it_returns(store: Store) -> None:
    assert store.transact(publishing(1)) == 0
    assert store.transact(publishing(2)) == 1


def test_a_command_that_raises_leaves_nothing(store: Store) -> None:
    def command(tx: Transaction) -> None:
        say(tx, published(1))
        tx.once.nonce("n")
        raise Refused("no")

    with pytest.raises(Refused, match="no"):
        store.transact(command)
    assert size(store) == 0
    store.transact(lambda tx: tx.once.nonce("n"))


def together(store: Store, *commands: Callable[[Transaction], object]) -> list[object]:
    """Run commands so that they share one commit: the first keeps the writer busy until all of them wait."""
    begun, waiting = threading.Event(), threading.Event()

    def busy(tx: Transaction) -> None:
        begun.set()
        waiting.wait(60)

    def outcome(command: Callable[[Transaction], object]) -> object:
        try:
            return store.transact(command)
        except (Conflict, Refused, Unreachable) as error:
            return error

    with ThreadPoolExecutor(len(commands) + 1) as pool:
        pool.submit(store.transact, busy)
        begun.wait(60)
        outcomes = [pool.submit(outcome, command) for command in commands]
        while store._writer._waiting.qsize() < len(commands):
            pass
        waiting.set()
        return [found.result() for found in outcomes]


def refuse(tx: Transaction) -> None:
    say(tx, published(77))
    raise Refused("this one not")


def test_one_failing_command_takes_nothing_from_those_it_is_committed_with(store: Store) -> None:
    first, failed, clash, last = together(store, publishing(1), refuse, publishing(1), publishing(2))
    assert isinstance(failed, Refused)
    assert isinstance(clash, Conflict)
    assert [first, last] == [0, 1]
    assert size(store) == 2


def filled(folder: Path) -> Store:
    """Return a store whose database may grow no further from the moment that an effect is wanted."""

    def full(connection: sa.Connection, *_: object) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count=1")

    return same_store(folder, hint=full)


def overflow(tx: Transaction) -> None:
    tx.want(Effect("pr_1", 1, Step.COPY))
    for version in range(3, 200):
        say(tx, published(version))


def test_where_the_database_is_full_every_command_of_the_commit_learns_so(store: Store, tmp_path: Path) -> None:
    outcomes = together(filled(tmp_path), publishing(1), overflow, publishing(500))
    assert [type(outcome) for outcome in outcomes] == [Unreachable] * 3
    assert all("the disk is full; free some space" in str(outcome) for outcome in outcomes)
    assert size(store) == 0


def test_after_a_failed_commit_the_next_command_works(store: Store, tmp_path: Path) -> None:
    full = filled(tmp_path)
    with pytest.raises(Unreachable):
        full.transact(overflow)
    assert store.transact(publishing(1)) == 0
    assert size(full) == 1


def test_a_command_within_a_command_is_a_mistake_of_ours(store: Store) -> None:
    with pytest.raises(RuntimeError, match="must not run another"):
        store.transact(lambda tx: store.transact(publishing(1)))


def test_a_query_cannot_write(store: Store) -> None:
    with pytest.raises(Unreachable):
        store.read(lambda view: view.openings.put(Opening("comment", "words", bytes(32))))
    store.transact(lambda tx: tx.openings.put(Opening("comment", "words", bytes(32))))


def test_a_query_sees_one_snapshot(store: Store) -> None:
    def query(view: View) -> tuple[int, int]:
        before = view.ledger.frontier().size
        store.transact(publishing(1))
        return before, view.ledger.frontier().size

    assert store.read(query) == (0, 0)
    assert size(store) == 1


def test_now_is_the_databases_clock_read_once(store: Store) -> None:
    first, second = store.transact(lambda tx: (tx.now, tx.now))
    assert first == second
    assert abs(first - datetime.now(UTC)) < timedelta(minutes=5)
    assert first.microsecond % 1000 == 0


def test_chance_is_not_repeated(store: Store) -> None:
    assert len({store.transact(lambda tx: tx.chance(16)) for _ in range(5)}) == 5


def test_a_nonce_is_good_once(store: Store) -> None:
    store.transact(lambda tx: tx.once.nonce("n"))
    with pytest.raises(Conflict, match="already submitted"):
        store.transact(lambda tx: tx.once.nonce("n"))


def test_the_first_promotion_that_a_request_made_stays_its_answer(store: Store) -> None:
    assert store.read(lambda view: view.once.answered("n")) is None
    store.transact(lambda tx: tx.once.answer("n", "pr_1", tx.now))
    store.transact(lambda tx: tx.once.answer("n", "pr_2", tx.now))
    assert store.read(lambda view: view.once.answered("n")) == "pr_1"


def test_words_are_found_behind_their_commitment(store: Store) -> None:
    opening = Opening("comment", "too old", bytes(range(32)))
    for _ in range(2):
        store.transact(lambda tx: tx.openings.put(opening))
    assert store.read(lambda view: view.openings.find(opening.commitment)) == opening


def test_two_open_promotions_of_one_image_in_one_place_are_a_conflict(store: Store) -> None:
    store.transact(request)
    with pytest.raises(Conflict, match="there already"):
        store.transact(request)
    store.transact(lambda tx: request(tx, "another"))


def test_a_held_write_lock_is_unreachable_and_names_who_holds_it(store: Store, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    impatient = Store(open_engine(url(tmp_path), lock_wait_ms=50))
    with pytest.raises(Unreachable, match=r"held by process \d+ \(.*py"):
        impatient.transact(publishing(1))
    holder.execute("ROLLBACK")
    assert impatient.transact(publishing(1)) == 0


def test_readers_do_not_wait_for_a_writer(store: Store, tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert size(Store(open_engine(url(tmp_path), lock_wait_ms=50))) == 0
    holder.close()


def test_closing_finishes_what_was_asked_for_and_a_later_command_opens_again(store: Store) -> None:
    assert store.transact(publishing(1)) == 0
    store.close()
    assert store.transact(publishing(2)) == 1


def test_an_oversized_event_is_refused_before_it_takes_an_index(store: Store) -> None:
    with pytest.raises(Exception, match="expected at most 16384 bytes"):
        store.transact(lambda tx: say(tx, published(1), image=digest("i"), application="x" * 20_000))
    assert size(store) == 0


def test_an_engine_speaks_to_no_other_database() -> None:
    for wrong in ("postgresql://host/db", "sqlite://", "sqlite:///:memory:", "no url"):
        with pytest.raises(Exception, match="expected sqlite:///PATH"):
            open_engine(wrong)


def test_every_connection_is_durable(tmp_path: Path, store: Store) -> None:
    with open_engine(url(tmp_path)).connect() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() for pragma in pragmas]
    assert found == ["wal", 2, 1, 30_000]


def test_an_events_moment_is_that_of_its_transaction(store: Store) -> None:
    made = store.transact(lambda tx: (event(tx, published(1)).at, tx.now))
    assert made[0] == made[1]


def test_a_connection_that_wrote_and_then_reads_cannot_write(store: Store) -> None:
    def command(view: View) -> None:
        view.ledger.append(written)

    for number in (1, 2):
        written = store.transact(partial(event, data=published(number)))
        store.close()  # lets go of the writer's connection, which the next reader gets
        with pytest.raises(Unreachable, match="cannot be written"):
            store.read(command)
    assert size(store) == 0
