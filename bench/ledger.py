"""Events into the ledger, against the disk under it, and the tree over them, against bare hashing."""

import statistics
import threading
import time
from hashlib import sha256
from pathlib import Path

from bench.disk import syncs_per_second
from bench.figure import AtLeast, Figure, in_words, interleaved
from pratique.promotion.intake import FeedImported
from pratique.service.scribe import Scribe
from pratique.storage.engine import open_engine
from pratique.storage.migrate import upgrade
from pratique.storage.store import Store
from pratique.tlog.tree import Frontier
from pratique.values.digest import Digest

ROUNDS = 5
CLIENTS = 16
SECONDS = 1.0
LEAVES = 100_000

_DATA = FeedImported("advisories", Digest.of(b"a feed"), 1)


def events(folder: Path) -> tuple[Figure, ...]:
    """Durable events a second by one client and by sixteen that wait, against the disk's own speed."""
    folder.mkdir()
    engine = open_engine(f"sqlite:///{folder / 'ledger.db'}")
    upgrade(engine)
    store = Store(engine)
    try:
        rounds = [(syncs_per_second(folder), _rate(store, 1), _rate(store, CLIENTS)) for _ in range(ROUNDS)]
    finally:
        store.close()
    disk, one, many = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    yardstick = f"{disk:.0f} blocks/s on the same disk"
    together = f"events into the ledger, {CLIENTS} clients"
    return (
        Figure("events into the ledger, one client", f"{one:.0f}/s", yardstick, one / disk, AtLeast(0.4)),
        Figure(together, f"{many:.0f}/s", f"one client, {one:.0f}/s", many / one, AtLeast(3)),
    )


def _rate(store: Store, clients: int) -> float:
    end = time.perf_counter() + SECONDS
    counts = [0] * clients

    def client(number: int) -> None:
        while time.perf_counter() < end:
            store.transact(lambda tx: Scribe(tx).append(_DATA))
            counts[number] += 1

    start = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def frontier() -> Figure:
    """Extending the tree, leaf hashes included, against two SHA-256 an entry in a bare loop."""
    entries = [number.to_bytes(8) * 32 for number in range(LEAVES)]

    def ours() -> None:
        Frontier().extend(sha256(b"\x00" + entry).digest() for entry in entries).root()

    def bare() -> None:
        node = bytes(32)
        for entry in entries:
            leaf = sha256(b"\x00" + entry).digest()
            node = sha256(b"\x01" + leaf + node).digest()

    mine, loop = interleaved(ROUNDS, ours, bare)
    return Figure(
        f"the tree over {LEAVES:,} entries, as a speed",
        in_words(mine),
        f"two SHA-256 an entry, {in_words(loop)}",
        loop / mine,
        AtLeast(0.7),
    )
