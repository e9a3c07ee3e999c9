"""Writing alone: one at a time, in one process and in several, and nobody waits for the dead for ever."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.storage.builders import new_store, same_store

from pratique.errors import Unreachable
from pratique.storage.alone import Waiting, mutexes
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction

PATIENT = Waiting(timedelta(minutes=1), timedelta(minutes=2), timedelta(milliseconds=5))
SHORT = Waiting(timedelta(seconds=2), timedelta(minutes=2), timedelta(milliseconds=5))
IMPATIENT = Waiting(timedelta(minutes=1), timedelta(milliseconds=50), timedelta(milliseconds=5))


def test_one_writes_at_a_time_from_any_thread_of_any_process(tmp_path: Path) -> None:
    stores = (new_store(tmp_path), same_store(tmp_path))
    counter = {"value": 0}

    def count(number: int) -> None:
        with mutexes(stores[number % 2])("list"):
            found = counter["value"]
            time.sleep(0.002)
            counter["value"] = found + 1

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(24)))

    assert counter["value"] == 24


def test_other_names_are_not_waited_for(tmp_path: Path) -> None:
    lock = mutexes(new_store(tmp_path), IMPATIENT)
    with lock("one"), lock("two"):
        pass


def test_who_waits_too_long_is_told_who_holds_it(tmp_path: Path) -> None:
    lock = mutexes(new_store(tmp_path), IMPATIENT)
    with lock("list"), pytest.raises(Unreachable, match=r"list: .*/\d+/[0-9a-f]+ holds it"), lock("list"):
        pass


def test_what_a_dead_process_held_is_taken_over(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    assert store.transact(lambda tx: tx.mutexes.take("list", "the dead", timedelta(milliseconds=200))) is None

    with mutexes(store, PATIENT)("list"):
        taken = store.transact(lambda tx: tx.mutexes.take("list", "another", PATIENT.lease))

    assert taken
    assert taken != "the dead"


def test_a_living_holder_is_not_overtaken_however_long_it_takes(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    other = threading.Event()

    def wait() -> None:
        with mutexes(store, SHORT)("list"):
            other.set()

    with mutexes(store, SHORT)("list"):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(1.5 * SHORT.lease.total_seconds())
        assert not other.is_set()
    thread.join()
    assert other.is_set()


def test_who_was_overtaken_learns_it_at_the_end(tmp_path: Path) -> None:
    store = new_store(tmp_path)

    with pytest.raises(Unreachable, match="took over"), mutexes(store)("list"):
        overtake(store)

    assert store.transact(lambda tx: tx.mutexes.take("list", "a third", SHORT.lease)) == "another"


def overtake(store: Store) -> None:
    """Take over, as if the holder had slept for longer than its lease."""

    def command(tx: Transaction) -> None:
        holder = tx.mutexes.take("list", "nobody", timedelta(0))
        assert holder
        assert tx.mutexes.release("list", holder)
        assert tx.mutexes.take("list", "another", timedelta(minutes=1)) is None

    store.transact(command)


def test_what_fails_lets_go_at_once(tmp_path: Path) -> None:
    lock = mutexes(new_store(tmp_path), IMPATIENT)
    with pytest.raises(KeyError), lock("list"):
        raise KeyError
    with lock("list"):
        pass
