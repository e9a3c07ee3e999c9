"""A worker whose effects only take time: it claims, waits, records, and writes down what it did.

``python -m tests.dispatch.worker FOLDER NAME LEASE_MS WORK_MS`` runs until it is ended.
"""

import os
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from tests.storage.builders import digest, same_store, say, url

from pratique.dispatch.dbos import DbosDispatcher
from pratique.dispatch.interface import Dispatcher
from pratique.dispatch.reconcile import reconcile
from pratique.errors import Conflict
from pratique.promotion.happenings import DirectoryPublished
from pratique.storage.patience import Patience
from pratique.storage.transaction import Transaction

LOG = "log"
TOGETHER = {"effects": 4}


class Worker:
    """One process's store and dispatcher, and the effects that it performs."""

    def __init__(self, folder: Path, name: str, dispatcher: Dispatcher, lease_ms: int, work_ms: int) -> None:
        lease = timedelta(milliseconds=lease_ms)
        patience = Patience(lease=lease, unhinted=timedelta(milliseconds=200), attempts=100)
        self.store = same_store(folder, patience, dispatcher.enqueue)
        self._log = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._name = name
        self._work_seconds = work_ms / 1000

    def run(self, effect: str, attempt: int) -> None:
        if self.store.transact(lambda tx: tx.effects.claim(effect, attempt, self._name)) is None:
            return
        self._say("begun", effect, attempt)
        time.sleep(self._work_seconds)
        try:
            self.store.transact(lambda tx: record(tx, effect, attempt))
        except Conflict:
            self._say("fenced", effect, attempt)
        else:
            self._say("recorded", effect, attempt)

    def tick(self) -> None:
        if self.store.read(lambda view: view.effects.neglected()):
            self.store.transact(lambda tx: tx.effects.attend())

    def _say(self, what: str, effect: str, attempt: int) -> None:
        os.write(self._log, f"{self._name} {what} {effect} {attempt}\n".encode())


def record(tx: Transaction, effect: str, attempt: int) -> None:
    """Record an effect, with an event that can be there once only."""
    tx.effects.finish(effect, attempt, None)
    number = int(effect.split("/")[1])
    say(tx, DirectoryPublished(number, digest(number), None))


def main(folder: str, name: str, lease_ms: int, work_ms: int) -> None:
    dispatcher = DbosDispatcher(url(Path(folder)), TOGETHER)
    worker = Worker(Path(folder), name, dispatcher, lease_ms, work_ms)
    dispatcher.start(worker.run)
    reconcile(worker.tick, threading.Event(), every_seconds=0.2)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
