"""A process that appends events as fast as it can and says which ones it was told are recorded.

``python -m tests.storage.hammer FOLDER NAME THREADS COUNT`` prints ``INDEX EVENT-ID`` for each.
"""

import os
import sys
import threading
from functools import partial
from pathlib import Path

from tests.storage.builders import digest, event, same_store

from pratique.errors import Unreachable
from pratique.promotion.events import Entry
from pratique.promotion.happenings import DirectoryPublished
from pratique.storage.transaction import Transaction


def publish(data: DirectoryPublished, tx: Transaction) -> Entry:
    return tx.append(event(tx, data))


def main(folder: str, name: str, threads: int, count: int) -> None:
    store = same_store(Path(folder))

    def hammer(thread: int) -> None:
        for number in range(count):
            version = int(name) * 1_000_000 + thread * 10_000 + number + 1
            data = DirectoryPublished(version, digest(version), None)
            try:
                entry = store.transact(partial(publish, data))
            except Unreachable as error:
                os.write(1, f"failed {str(error)[:60]!r}\n".encode())
                return
            os.write(1, f"{entry.index} {entry.event.id}\n".encode())

    running = [threading.Thread(target=hammer, args=(thread,)) for thread in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
