"""Checking a published ledger from its files alone: every leaf, tile, root and object, and who signed.

Nothing that the files say is believed: leaf hashes are computed from the entries, every tile from the row below
it, the root from all of them, and compared with what is published and signed. Partial tiles of earlier checkpoints
must be the beginning of what stands there now. Source: c2sp.org/tlog-tiles; transparency-dev's fsck does the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pratique.errors import Malformed, Unverified
from pratique.ledger.interface import Target
from pratique.ledger.objects import Objects, Rest
from pratique.ledger.stamp import Authority
from pratique.ledger.stamps import CheckedStamps, check_stamps
from pratique.tlog.checkpoint import Checkpoint
from pratique.tlog.fault import Fault
from pratique.tlog.lines import HASH_BYTES
from pratique.tlog.policy import Policy, VerifiedCheckpoint, verify_checkpoint
from pratique.tlog.tile import MAX_LEVEL, TILE_WIDTH, Bundle, Tile, parse_bundle, parse_path
from pratique.tlog.tree import Frontier, leaf_hash, parents


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked: the checkpoint that holds, how much stands under it, and every fault, first entries first."""

    checkpoint: Checkpoint | None
    witnesses: tuple[str, ...]
    entries: int
    tiles: int
    objects: int
    faults: tuple[Fault, ...]
    stamps: int = 0
    unknown_stamps: int = 0
    """Timestamps by authorities that nobody vouched for here: nothing is known of their time."""
    evidence: int = 0
    """Files beside the records, each hashed."""
    absent_evidence: int = 0
    """Pieces of evidence that entries name, and that were not exported."""


Each = Callable[[int, tuple[bytes, ...]], tuple[Fault, ...]]
"""``(first index, entries)`` → what is wrong with them besides their place in the tree."""


def fsck(target: Target, policy: Policy, authorities: tuple[Authority, ...] = ()) -> Checked:
    """Check an exported ledger, the events and the records that they name included.

    Args:
        target: Where ``ledger export`` wrote to, or a copy of it.
        policy: Whose checkpoints count; from a trust root, never from there.
        authorities: Whose timestamps count; likewise.

    Raises:
        Refused, Unreachable: It cannot be read.
    """
    objects = Objects(target)
    found = _Check(target, objects.check, authorities).run(policy)
    return replace(found, objects=objects.count)


def fsck_whole(target: Target, policy: Policy, authorities: tuple[Authority, ...] = ()) -> Checked:
    """Check an exported ledger as :func:`fsck` does, and every further object that stands there, such as evidence.

    Whoever restores wants the former: a piece of evidence that is spoilt is no reason to restore nothing.
    """
    objects = Objects(target)
    found = _Check(target, objects.check, authorities).run(policy)
    rest = objects.check_rest() if found.checkpoint else Rest(0, 0, ())
    return replace(
        found,
        objects=objects.count,
        evidence=rest.kept,
        absent_evidence=rest.absent,
        faults=(*found.faults, *rest.faults),
    )


def fsck_tree(target: Target, policy: Policy, each: Each = lambda _first, _entries: ()) -> Checked:
    """Check that published entries, whatever they are, stand under their checkpoint; raises as :func:`fsck`.

    Args:
        target: A log as c2sp.org/tlog-tiles has it.
        policy: Whose checkpoints count.
        each: Looks at the entries of every bundle too.
    """
    return _Check(target, each, ()).run(policy)


class _Check:
    """One run; it goes on after a fault, so that a report tells all of them."""

    def __init__(self, target: Target, each: Each, authorities: tuple[Authority, ...]) -> None:
        self._target = target
        self._each = each
        self._authorities = authorities
        self._faults: list[Fault] = []
        self._rows: list[bytearray] = [bytearray()]
        self._tiles: set[str] = set()

    def run(self, policy: Policy) -> Checked:
        verified = self._checkpoint(policy)
        if verified is None:
            return self._done(None, (), 0)
        size = verified.checkpoint.size
        self._leaves(size)
        self._build_rows()
        self._check_tiles()
        self._strays(size)
        self._root(verified.checkpoint)
        stamps = self._stamps(policy)
        found = self._done(verified.checkpoint, tuple(one.witness.name for one in verified.cosignatures), size)
        return replace(found, stamps=stamps.verified, unknown_stamps=stamps.unknown)

    def _done(self, checkpoint: Checkpoint | None, witnesses: tuple[str, ...], size: int) -> Checked:
        order = sorted(self._faults, key=lambda fault: (fault.index is None, fault.index or 0, fault.place))
        return Checked(checkpoint, witnesses, size, len(self._tiles), 0, tuple(order))

    def _fault(self, place: str, problem: object, index: int | None = None) -> None:
        self._faults.append(Fault(place, str(problem), index))

    def _checkpoint(self, policy: Policy) -> VerifiedCheckpoint | None:
        note = self._target.read("checkpoint")
        if note is None:
            self._fault("checkpoint", "expected a signed checkpoint, found none; is this an exported ledger?")
            return None
        try:
            return verify_checkpoint(note, policy)
        except (Malformed, Unverified) as error:
            self._fault("checkpoint", error)
            return None

    def _leaves(self, size: int) -> None:
        """Hash every entry; where a bundle cannot be read, take the hashes of its tile so that the rest is checked."""
        for number in range(-(-size // TILE_WIDTH)):
            first = number * TILE_WIDTH
            bundle = Bundle(number, min(TILE_WIDTH, size - first))
            try:
                entries = self._bundle(bundle)
            except Malformed as error:
                self._fault(bundle.path, error, first)
                self._rows[0] += self._stand_in(bundle)
                continue
            self._rows[0] += b"".join(map(leaf_hash, entries))
            self._faults += self._each(first, entries)

    def _bundle(self, bundle: Bundle) -> tuple[bytes, ...]:
        content = self._target.read(bundle.path)
        if content is None and bundle.width < TILE_WIDTH:
            whole = Bundle(bundle.index, TILE_WIDTH)  # which may stand for a partial one
            content = self._target.read(whole.path)
            if content is not None:
                return parse_bundle(whole, content)[: bundle.width]
        if content is None:
            raise Malformed("expected the bundle, found no file; export again from the database")
        return parse_bundle(bundle, content)

    def _stand_in(self, bundle: Bundle) -> bytes:
        tile = self._target.read(Tile(0, bundle.index, bundle.width).path) or b""
        return tile.ljust(bundle.width * HASH_BYTES, b"\0")[: bundle.width * HASH_BYTES]

    def _build_rows(self) -> None:
        """Compute the hashes of every level from those of the level below: one for each full tile."""
        width = TILE_WIDTH * HASH_BYTES
        while len(self._rows) <= MAX_LEVEL and len(self._rows[-1]) >= width:
            below = self._rows[-1]
            full = range(0, len(below) - len(below) % width, width)
            self._rows.append(bytearray(b"".join(_folded(below[start : start + width]) for start in full)))

    def _check_tiles(self) -> None:
        for level, row in enumerate(self._rows):
            for number in range(-(-len(row) // (TILE_WIDTH * HASH_BYTES))):
                width = min(TILE_WIDTH, len(row) // HASH_BYTES - number * TILE_WIDTH)
                self._tile(Tile(level, number, width))

    def _tile(self, tile: Tile) -> None:
        self._tiles.add(tile.path)
        content = self._target.read(tile.path)
        if content is None and tile.width < TILE_WIDTH:
            whole = self._target.read(Tile(tile.level, tile.index, TILE_WIDTH).path)
            content = None if whole is None else whole[: tile.width * HASH_BYTES]
        if content is None:
            self._fault(tile.path, "expected the tile, found no file; export again", _first_under(tile, 0))
        elif len(content) > tile.width * HASH_BYTES:
            told = f"expected {tile.width * HASH_BYTES} bytes, found {len(content)}"
            self._fault(tile.path, told, _first_under(tile, 0))
        else:
            self._compare(tile, content)

    def _compare(self, tile: Tile, content: bytes) -> None:
        expected = self._expected(tile)
        if content != expected:
            wrong = next(
                (
                    start // HASH_BYTES
                    for start in range(0, len(expected), HASH_BYTES)
                    if _differs(expected, content, start)
                ),
                0,
            )
            self._fault(tile.path, f"hash {wrong} differs from what the entries give", _first_under(tile, wrong))

    def _expected(self, tile: Tile) -> bytes:
        start = tile.index * TILE_WIDTH * HASH_BYTES
        return bytes(self._rows[tile.level][start : start + tile.width * HASH_BYTES])

    def _strays(self, size: int) -> None:
        """Look at every other file: partial tiles of earlier checkpoints, and what does not belong."""
        for path in self._target.list("tile"):
            self._stray(path, size)

    def _stray(self, path: str, size: int) -> None:
        try:
            place = parse_path(path)
        except Malformed as error:
            self._fault(path, error)
            return
        level = place.level if isinstance(place, Tile) else 0
        known = len(self._rows[level]) // HASH_BYTES if level < len(self._rows) else 0
        if place.index * TILE_WIDTH + place.width > known:
            self._fault(path, f"stands beyond the {size} entries under the checkpoint; nobody signed it")
        elif place.width < TILE_WIDTH and path not in self._tiles:
            self._earlier(place, path)

    def _earlier(self, place: Tile | Bundle, path: str) -> None:
        content = self._target.read(path) or b""
        if isinstance(place, Tile):
            if content != self._expected(place):
                self._fault(path, "is no beginning of the tile that stands there now", _first_under(place, 0))
            return
        try:
            leaves = b"".join(map(leaf_hash, parse_bundle(place, content)))
        except Malformed as error:
            self._fault(path, error, place.index * TILE_WIDTH)
            return
        if leaves != self._expected(Tile(0, place.index, place.width)):
            self._fault(path, "is no beginning of the bundle that stands there now", place.index * TILE_WIDTH)

    def _stamps(self, policy: Policy) -> CheckedStamps:
        origins = {log.key.name for log in policy.logs}
        found = check_stamps(self._target, origins, self._root_at, self._authorities)
        self._faults += found.faults
        return found

    def _root_at(self, size: int) -> bytes | None:
        row = self._rows[0][: size * HASH_BYTES]
        leaves = [bytes(row[start : start + HASH_BYTES]) for start in range(0, len(row), HASH_BYTES)]
        return Frontier().extend(leaves).root() if len(leaves) == size else None

    def _root(self, checkpoint: Checkpoint) -> None:
        root = self._root_at(checkpoint.size) or b""
        if root != checkpoint.root:
            self._fault("checkpoint", f"expected the root {checkpoint.root.hex()}, the entries give {root.hex()}")


def _folded(row: bytearray) -> bytes:
    hashes = [bytes(row[start : start + HASH_BYTES]) for start in range(0, len(row), HASH_BYTES)]
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]


def _differs(expected: bytes, found: bytes, start: int) -> bool:
    return expected[start : start + HASH_BYTES] != found[start : start + HASH_BYTES]


def _first_under(tile: Tile, number: int) -> int | None:
    """Return the entry under one hash of a tile; a hash over many names none."""
    return tile.index * TILE_WIDTH + number if tile.level == 0 else None
