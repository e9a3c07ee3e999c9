"""A published ledger: checking it, proving from its tiles, restoring it, and finding entries in it."""

import time
from collections.abc import Callable
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figure import AtLeast, AtMost, Figure, in_words, interleaved
from pratique.ledger.checkpoint import sign_checkpoint
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.export import Log, export
from pratique.ledger.fsck import fsck_tree
from pratique.promotion.events import Event, build_event
from pratique.promotion.intake import FeedImported
from pratique.promotion.keys import Key, KeyKind
from pratique.service.restore import Source, looked_at, restore
from pratique.service.scribe import Scribe
from pratique.storage.engine import open_engine
from pratique.storage.migrate import upgrade
from pratique.storage.search import Indexed, SearchIndex, Wanted
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction
from pratique.tlog import policy
from pratique.tlog.key import KeyKind as NoteKind
from pratique.tlog.key import NoteVerifier
from pratique.tlog.proofs import NodeSource, nodes_of, prove_inclusion, verify_inclusion
from pratique.tlog.tile import Tile, build_tile, nodes_from_tiles
from pratique.tlog.tree import Frontier, leaf_hash
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.moment import parse_moment
from pratique.values.names import Actor

ROUNDS = 3
CHECKED = 100_000
FEW, MANY = 1_000, 1_000_000
RESTORED = 20_000  # `make soak` restores 100,000
SEARCHED_FEW, SEARCHED_MANY = 10_000, 1_000_000
_PROOFS = 300
_QUESTIONS = 20
_TOGETHER = 125  # events that are appended in one transaction
_INDEXED = 10_000

_PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
_KEY = NoteVerifier("ledger.example/bench", NoteKind.LOG, _PRIVATE.public_key().public_bytes_raw())
_POLICY = policy.Policy((policy.Log(_KEY, None),), (), (), None)
_AT = parse_moment("2026-11-24T12:00:00.000Z")


def figures(folder: Path) -> tuple[Figure, ...]:
    """Everything of this module, in an empty folder."""
    folder.mkdir()
    bodies = [_event(number) for number in range(CHECKED)]
    _publish(folder / "log", bodies)
    return _fsck(folder / "log", bodies), _proofs(), restoring(folder, RESTORED), _search(folder)


def _event(number: int) -> bytes:
    happened = FeedImported("advisories", Digest.of(number.to_bytes(8)), number)
    return build_event(
        Event(build_id(Kind.EVENT, _AT, number.to_bytes(10)), _AT, Actor("service:record"), happened)
    )


def _publish(target: Path, bodies: list[bytes]) -> None:
    leaves = [leaf_hash(body) for body in bodies]
    tree, nodes = Frontier().extend(leaves), nodes_of(leaves)
    note = sign_checkpoint(tree, (), nodes, _KEY, _PRIVATE.sign)
    export(DirectoryTarget(target), Log(tree, note, (_KEY,), nodes, lambda first, end: bodies[first:end]), ())


def _fsck(log: Path, bodies: list[bytes]) -> Figure:
    def bare() -> None:
        node = bytes(32)
        for body in bodies:
            node = sha256(b"\x01" + sha256(b"\x00" + body).digest() + node).digest()

    def ours() -> None:
        if fsck_tree(DirectoryTarget(log), _POLICY).faults:
            raise AssertionError("the log of the benchmark has faults")

    mine, loop = interleaved(ROUNDS, ours, bare)
    name = f"fsck of {len(bodies):,} published entries, as a speed"
    return Figure(name, in_words(mine), f"two SHA-256 an entry, {in_words(loop)}", loop / mine, AtLeast(0.2))


def _proofs() -> Figure:
    """Inclusion proofs from tiles that are in memory, of a large tree against a small one."""
    few, many = (_prover(size) for size in (FEW, MANY))
    large, small = interleaved(5, many, few)
    name = f"{_PROOFS} proofs from cached tiles, {MANY:,} entries"
    return Figure(name, in_words(large), f"{FEW:,} entries, {in_words(small)}", large / small, AtMost(3))


def _prover(size: int) -> Callable[[], None]:
    leaves = [sha256(number.to_bytes(8)).digest() for number in range(size)]
    root, nodes = Frontier().extend(leaves).root(), nodes_of(leaves)
    tiles: NodeSource = nodes_from_tiles(size, _cached(nodes))

    def prove() -> None:
        for number in range(_PROOFS):
            index = number * 7919 % size
            verify_inclusion(leaves[index], index, size, prove_inclusion(index, size, tiles), root)

    prove()  # the tiles that are needed are read once, before anything is measured
    return prove


def _cached(nodes: NodeSource) -> Callable[[Tile], bytes]:
    return cache(lambda tile: build_tile(tile, nodes))


def restoring(folder: Path, count: int) -> Figure:
    """Restoring everything from an export, against appending the same events in groups."""
    store = _store(folder / "first.db")
    start = time.perf_counter()
    for first in range(0, count, _TOGETHER):
        store.transact(partial(_append, first=first))
    appended = time.perf_counter() - start
    size = store.read(lambda view: view.ledger.frontier().size)
    _publish(folder / "export", list(store.read(lambda view: view.ledger.bodies(0, size))))
    store.close()
    source = Source(DirectoryTarget(folder / "export"), _POLICY)
    start = time.perf_counter()
    restore(source, f"sqlite:///{folder / 'second.db'}", looked_at(source))
    took = time.perf_counter() - start
    name = f"restoring {size:,} events"
    return Figure(
        name, in_words(took), f"appending them in groups, {in_words(appended)}", took / appended, AtMost(3)
    )


def _append(tx: Transaction, first: int) -> None:
    for number in range(first, first + _TOGETHER):
        Scribe(tx).append(FeedImported("advisories", Digest.of(number.to_bytes(8)), number))


def _store(file: Path) -> Store:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    return Store(engine)


def _search(folder: Path) -> Figure:
    """The same questions to a large index and to a small one, twenty answers each."""
    few, many = (_asking(folder / f"{size}.db", size) for size in (SEARCHED_FEW, SEARCHED_MANY))
    large, small = interleaved(5, many, few)
    name = f"search in {SEARCHED_MANY:,} entries"
    yardstick = f"in {SEARCHED_FEW:,} entries, {in_words(small)}"
    return Figure(name, in_words(large), yardstick, large / small, AtMost(3))


def _asking(file: Path, size: int) -> Callable[[], None]:
    index = SearchIndex(file, _KEY.name)
    for first in range(0, size, _INDEXED):
        index.add(first, map(_entry, range(first, min(first + _INDEXED, size))))

    def ask() -> None:
        for number in range(_QUESTIONS):
            rare, common = Key(KeyKind.VULNERABILITY, f"CVE-2026-{number}"), Key(KeyKind.ENVIRONMENT, "prod")
            for wanted in (
                Wanted(keys=((rare,),)),
                Wanted(keys=((common,),)),
                Wanted(keys=((common,), (Key(KeyKind.PACKAGE, f"package-{2 * number + 1}"),))),
                Wanted(text=f"in package-{number} now"),
            ):
                index.find(wanted, 20)

    return ask


def _entry(number: int) -> Indexed:
    package = f"package-{number % 500}"
    keys = (
        Key(KeyKind.DIGEST, sha256(number.to_bytes(8)).hexdigest()),
        Key(KeyKind.VULNERABILITY, f"CVE-2026-{number % 5_000}"),
        Key(KeyKind.PACKAGE, package),
        Key(KeyKind.ENVIRONMENT, "prod" if number % 2 else "dev"),
    )
    return Indexed(number, "2026-11-24T12:00:00.000Z", f"{number % 97} in {package} now", frozenset(keys))
