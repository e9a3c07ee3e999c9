"""What a store does on a disk that is full; run on a small one: ``python -m tests.storage.small_disk FOLDER``."""

import sys
from functools import partial
from itertools import count
from pathlib import Path

from tests.storage.builders import new_store, published, say

from pratique.errors import Unreachable
from pratique.tlog.tree import leaf_hash, root_of


def main(folder: Path) -> None:
    ballast = folder / "ballast"
    store = new_store(folder)
    ballast.write_bytes(bytes(300_000))
    told = 0
    for version in count(1):
        try:
            told = store.transact(partial(say, data=published(version))).index
        except Unreachable as error:
            print(str(error).replace(str(folder), "FOLDER"))
            break
    frontier = store.read(lambda view: view.ledger.frontier())
    bodies = store.read(lambda view: view.ledger.bodies(0, frontier.size))
    print("whole", frontier.size == told + 1, root_of(map(leaf_hash, bodies)) == frontier.root())
    ballast.unlink()
    print("goes on", store.transact(partial(say, data=published(frontier.size + 1))).index == frontier.size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
