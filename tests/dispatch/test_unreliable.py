"""Nothing depends on hints: a line that loses and doubles them changes nothing but the time it takes."""

import threading
import time
from pathlib import Path

from tests.dispatch.unreliable import Unreliable
from tests.dispatch.worker import TOGETHER, Worker
from tests.storage.builders import new_store, url

from pratique.dispatch.dbos import DbosDispatcher
from pratique.dispatch.reconcile import reconcile
from pratique.promotion.plan import Effect, Step
from pratique.storage.transaction import Transaction

COUNT = 30
PATIENCE_SECONDS = 60


def test_a_dispatcher_that_drops_and_doubles_hints_changes_nothing(tmp_path: Path) -> None:
    new_store(tmp_path).close()
    dispatcher = Unreliable(DbosDispatcher(url(tmp_path), TOGETHER), seed=7)
    worker = Worker(tmp_path, "a", dispatcher, lease_ms=1000, work_ms=5)
    dispatcher.start(worker.run)

    def command(tx: Transaction) -> None:
        for number in range(1, COUNT + 1):
            tx.want(Effect("pr_1", number, Step.COPY))

    worker.store.transact(command)
    done, deadline = threading.Event(), time.monotonic() + PATIENCE_SECONDS

    def tick() -> None:
        worker.tick()
        if worker.store.read(lambda view: view.effects.open()) == 0 or time.monotonic() > deadline:
            done.set()

    reconcile(tick, done, every_seconds=0.1)
    dispatcher.stop()
    recorded = worker.store.read(lambda view: [found.version for found in view.published.directories()])
    assert recorded == list(range(1, COUNT + 1))
