"""A program for the tests: shows a copy that moves so many bytes in so many seconds, as ``image copy`` shows it.

``python -m tests.cli.slow_copy BYTES SECONDS`` sleeps between its bytes; with SECONDS ``hang`` it moves half of
them and then none, in a thread that nobody can stop.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pratique.cli.display import display_for
from pratique.cli.interrupt import interruptible
from pratique.cli.watching import Watching
from pratique.registry.manifest import Descriptor
from pratique.registry.progress import Watch, Way
from pratique.values.digest import Digest

BLOB = Descriptor("application/octet-stream", Digest.of(b""), 0)
_STEPS = 100


def main() -> None:
    total = int(sys.argv[1])
    watching = Watching(display_for(sys.stderr, "copying this to that", as_json="--json" in sys.argv))
    with interruptible(watching.stop), watching.showing(), ThreadPoolExecutor(1) as pool:
        watching.planned(1, total)
        pool.submit(_hang if sys.argv[2] == "hang" else _move, watching, total).result()
    print("the answer")


def _move(watch: Watch, total: int) -> None:
    for _ in range(_STEPS):
        time.sleep(float(sys.argv[2]) / _STEPS)
        watch.moved(total // _STEPS)
    watch.finished(Descriptor(BLOB.media_type, BLOB.digest, total), Way.MOVED)


def _hang(watch: Watch, total: int) -> None:
    watch.moved(total // 2)
    threading.Event().wait()


if __name__ == "__main__":
    main()
