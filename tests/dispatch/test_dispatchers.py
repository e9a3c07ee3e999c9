"""What a dispatcher's interface promises, kept by DBOS; and that nothing depends on more than that."""

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.dispatch.worker import TOGETHER
from tests.storage.builders import FILE, new_store, same_store, url

from pratique.dispatch.dbos import DbosDispatcher
from pratique.dispatch.interface import Dispatcher
from pratique.dispatch.reconcile import reconcile
from pratique.errors import Refused, Unreachable
from pratique.promotion.plan import Effect, Step
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction

Calls = queue.Queue[tuple[str, int]]
PATIENCE_SECONDS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dispatch")
    new_store(made).close()
    return made


@pytest.fixture(scope="module")
def calls() -> Calls:
    return queue.Queue()


@pytest.fixture(scope="module")
def dispatcher(folder: Path, calls: Calls) -> Iterator[Dispatcher]:
    made = DbosDispatcher(url(folder), TOGETHER)
    made.start(lambda effect, attempt: calls.put((effect, attempt)))
    yield made
    made.stop()


@pytest.fixture
def store(folder: Path, dispatcher: Dispatcher) -> Iterator[Store]:
    made = same_store(folder, hint=dispatcher.enqueue)
    yield made
    made.close()


def effect(number: int) -> Effect:
    return Effect("pr_1", number, Step.COPY)


def test_a_hint_is_heard_after_the_commit(store: Store, calls: Calls) -> None:
    store.transact(lambda tx: tx.want(effect(1)))
    assert calls.get(timeout=PATIENCE_SECONDS) == (effect(1).id, 1)


def test_a_hint_vanishes_with_what_was_rolled_back(store: Store, calls: Calls) -> None:
    def command(tx: Transaction) -> None:
        tx.want(effect(2))
        raise Refused("no")

    with pytest.raises(Refused):
        store.transact(command)
    store.transact(lambda tx: tx.want(effect(3)))
    assert calls.get(timeout=PATIENCE_SECONDS) == (effect(3).id, 1)
    time.sleep(0.3)
    assert calls.empty()


def test_a_delayed_hint_is_heard_later(store: Store, calls: Calls) -> None:
    delay = timedelta(milliseconds=800)
    begun = time.monotonic()
    store.transact(lambda tx: tx.effects.want(effect(4), not_before=tx.now + delay))
    assert calls.get(timeout=PATIENCE_SECONDS) == (effect(4).id, 1)
    assert time.monotonic() - begun >= 0.75


def test_an_attempt_may_be_hinted_at_more_than_once(folder: Path, dispatcher: Dispatcher, calls: Calls) -> None:
    impatient = same_store(folder, Patience(lease=timedelta(0)), dispatcher.enqueue)
    impatient.transact(lambda tx: tx.want(effect(5)))
    impatient.transact(lambda tx: tx.effects.attend())
    heard: list[tuple[str, int]] = []
    while heard.count((effect(5).id, 1)) < 2:
        heard.append(calls.get(timeout=PATIENCE_SECONDS))


def test_jobs_are_json_of_two_arguments_for_any_version_of_the_program(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    store = same_store(tmp_path, hint=DbosDispatcher(url(tmp_path), TOGETHER).enqueue)
    store.transact(lambda tx: tx.want(effect(6)))
    with sqlite3.connect(tmp_path / FILE) as connection:
        columns = "serialization, application_version, queue_name, status"
        jobs = connection.execute(f"SELECT {columns} FROM workflow_status").fetchall()
        ((inputs,),) = connection.execute("SELECT inputs FROM workflow_input").fetchall()
    assert jobs == [("portable_json", "effects-1", "effects", "ENQUEUED")]
    assert json.loads(inputs) == {"positionalArgs": [effect(6).id, 1], "namedArgs": {}}


def test_a_second_dispatcher_in_one_process_is_refused(folder: Path, dispatcher: Dispatcher) -> None:
    with pytest.raises(RuntimeError, match="already"):
        DbosDispatcher(url(folder), TOGETHER).start(lambda effect, attempt: None)


def test_the_reconciler_goes_on_when_the_database_was_unreachable() -> None:
    ticks: list[int] = []
    stop = threading.Event()

    def tick() -> None:
        ticks.append(len(ticks))
        if len(ticks) == 3:
            stop.set()
        raise Unreachable("locked")

    reconcile(tick, stop, every_seconds=0.01)
    assert ticks == [0, 1, 2]
