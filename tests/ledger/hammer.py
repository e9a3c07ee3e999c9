"""A process that works on a workspace's ledger until it is killed: it appends, or it publishes.

``python -m tests.ledger.hammer append WORKSPACE`` prints ``INDEX EVENT-ID`` for each event that it was told of;
``… publish WORKSPACE TARGET`` prints the size of each checkpoint under which everything was exported.
"""

import os
import sys
import threading
import time
from pathlib import Path

from pratique.errors import PratiqueError
from pratique.promotion.intake import FeedImported
from pratique.service.publish import publish
from pratique.service.scribe import Scribe
from pratique.storage.engine import open_engine
from pratique.storage.store import Store
from pratique.values.digest import Digest
from pratique.wire import open_target, open_workspace

THREADS = 3
_DATA = FeedImported("advisories", Digest.of(b"a feed"), 1)


def append(workspace: Path) -> None:
    store = Store(open_engine(f"sqlite:///{workspace / 'pratique.db'}"))

    def hammer() -> None:
        while True:
            entry = store.transact(lambda tx: Scribe(tx).append(_DATA))
            os.write(1, f"{entry.index} {entry.event.id}\n".encode())
            time.sleep(0.02)  # a ledger that grows faster than it can be checked proves nothing more

    for _ in range(THREADS):
        threading.Thread(target=hammer).start()


def publishing(workspace: Path, target: str) -> None:
    with open_workspace(str(workspace)) as opened:
        while True:
            try:
                done = publish(opened, open_target(target), frozenset())
            except PratiqueError as error:  # another process was first, or holds the lock for longer than we wait
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            else:
                os.write(1, f"{done.exported.size}\n".encode())
            time.sleep(0.02)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["append", workspace]:
            append(Path(workspace))
        case ["publish", workspace, target]:
            publishing(Path(workspace), target)
