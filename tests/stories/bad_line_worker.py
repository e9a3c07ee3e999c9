"""A worker that hears of its work over a bad line: ``python -m tests.stories.bad_line_worker WORKSPACE SEED``.

Three hints of ten are lost, three of ten come twice. It runs until it is told to stop, and prints when it is ready.
"""

import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from tests.dispatch.unreliable import Unreliable

from pratique.config.load import load
from pratique.dispatch.dbos import DbosDispatcher
from pratique.service.work import work
from pratique.storage.effects import QUEUE
from pratique.storage.engine import open_engine
from pratique.storage.patience import Patience
from pratique.storage.store import Store
from pratique.wire import assemble

# A lost hint is made up for after a lease.
PATIENCE = Patience(lease=timedelta(seconds=1), unhinted=timedelta(milliseconds=200))


def main(root: str, seed: int) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    config = load(Path(root))
    dispatcher = Unreliable(DbosDispatcher(config.database, {QUEUE: 4}), seed)
    store = Store(open_engine(config.database), hint=dispatcher.enqueue, patience=PATIENCE)
    print("ready", flush=True)
    work(assemble(config, store), dispatcher, stop)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
