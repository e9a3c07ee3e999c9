"""Tiles and entry bundles: how a log is published as files that never change.

A tile holds up to 256 neighbouring hashes of one level; the hashes of level L + 1 are the roots of full tiles of
level L. A bundle holds the entries under a tile of level 0. At the right edge both are partial, and their path
says how wide they are. Whoever finds a partial one gone asks for the full one and takes its first entries.

Source: c2sp.org/tlog-tiles v0.1.0.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from pratique.errors import Absent, Malformed
from pratique.tlog.lines import HASH_BYTES
from pratique.tlog.proofs import NodeSource
from pratique.tlog.tree import MAX_SIZE, parents
from pratique.values.dataclass import dataclass

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 65_535  # "uint16 length-prefixed"

_PREFIX_BYTES = 2
_PATH = re.compile(r"tile/(\d{1,2}|entries)/((?:x\d{3}/){0,6}\d{3})(?:\.p/(\d{1,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Hashes ``index * 256`` to ``index * 256 + width`` of a level; hash i there stands over 256^level leaves."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise Malformed(f"tile: expected a level from 0 to {MAX_LEVEL}, found {self.level}")
        _check_place("tile", self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is published, under the log's prefix."""
        return f"tile/{self.level}/{_render_place(self.index, self.width)}"


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """Entries ``index * 256`` to ``index * 256 + width`` of the log."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        _check_place("entry bundle", self.index, self.width)

    @property
    def path(self) -> str:
        """Where it is published, under the log's prefix."""
        return f"tile/entries/{_render_place(self.index, self.width)}"


def _check_place(what: str, index: int, width: int) -> None:
    if not 0 <= index <= MAX_SIZE // TILE_WIDTH:
        raise Malformed(f"{what}: expected an index from 0 to {MAX_SIZE // TILE_WIDTH}, found {index}")
    if not 1 <= width <= TILE_WIDTH:
        raise Malformed(f"{what}: expected a width from 1 to {TILE_WIDTH}, found {width}")


def _render_place(index: int, width: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + (f".p/{width}" if width < TILE_WIDTH else "")


def parse_path(path: str) -> Tile | Bundle:
    """Read a path under the log's prefix.

    Raises:
        Malformed: It is not the one way to write a tile or a bundle.
    """
    found = _PATH.fullmatch(path)
    if not found:
        raise Malformed(f"tile path: expected tile/<level or entries>/<index>[.p/<width>], found {path[:80]!r}")
    index = int(re.sub(r"[x/]", "", found[2]))
    width = int(found[3] or TILE_WIDTH)
    place = Bundle(index, width) if found[1] == "entries" else Tile(int(found[1]), index, width)
    if place.path != path:  # leading zeros, or a partial tile of width 256
        raise Malformed(f"tile path: expected {place.path!r}, found {path[:80]!r}")
    return place


def new_tiles(old_size: int, size: int) -> Iterator[Tile]:
    """Yield the tiles of the tree of ``size`` that the tree of ``old_size`` has not, lowest level first.

    From old size 0 these are all its tiles. A partial tile that has grown is another tile.
    """
    for level in range(MAX_LEVEL + 1):
        shift = TILE_HEIGHT * level
        if not size >> shift:
            return
        for index, width in _new_places(old_size >> shift, size >> shift):
            yield Tile(level, index, width)


def new_bundles(old_size: int, size: int) -> Iterator[Bundle]:
    """Yield the entry bundles of the log of ``size`` that the log of ``old_size`` has not, in order."""
    for index, width in _new_places(old_size, size):
        yield Bundle(index, width)


def _new_places(old_count: int, count: int) -> Iterator[tuple[int, int]]:
    if count <= old_count:
        return
    for index in range(old_count // TILE_WIDTH, -(-count // TILE_WIDTH)):
        yield index, min(TILE_WIDTH, count - index * TILE_WIDTH)


def build_tile(tile: Tile, nodes: NodeSource) -> bytes:
    """Return the bytes of a tile."""
    first = tile.index * TILE_WIDTH
    height = TILE_HEIGHT * tile.level
    return b"".join(nodes(height, index) for index in range(first, first + tile.width))


def parse_tile(tile: Tile, content: bytes) -> tuple[bytes, ...]:
    """Read the hashes of a tile, or raise ``Malformed`` if their number differs from its width."""
    if len(content) != tile.width * HASH_BYTES:
        raise Malformed(f"{tile.path}: expected {tile.width * HASH_BYTES} bytes, found {len(content)}")
    return tuple(content[start : start + HASH_BYTES] for start in range(0, len(content), HASH_BYTES))


def nodes_from_tiles(size: int, fetch: Callable[[Tile], bytes]) -> NodeSource:
    """Return a node source over the published tiles of a tree.

    Nothing is authenticated here: a forged tile gives hashes that do not add up to the root of the checkpoint, so
    verify what is made of them.

    Args:
        size: The size of the tree; it says which tiles are partial, and how wide.
        fetch: Returns the bytes of a tile, exactly as wide as asked for. It is asked again for each node, so let
            it remember.
    """

    def node(height: int, index: int) -> bytes:
        level, rise = divmod(height, TILE_HEIGHT)
        first = index << rise  # of the 2^rise neighbours in the tile's row that stand under the node
        tile = _tile_of(size, level, first, 1 << rise)
        start = first % TILE_WIDTH
        row: Sequence[bytes] = parse_tile(tile, fetch(tile))[start : start + (1 << rise)]
        for _ in range(rise):
            row = parents(row)
        return row[0]

    return node


def _tile_of(size: int, level: int, first: int, count: int) -> Tile:
    """Return the tile of the tree that holds these hashes of a level, or raise ``Absent``."""
    in_level = size >> TILE_HEIGHT * level
    if first + count > in_level:
        raise Absent(f"tiles: a tree of {size} has {in_level} hashes at level {level}, asked for {first + count}")
    index = first // TILE_WIDTH
    return Tile(level, index, min(TILE_WIDTH, in_level - index * TILE_WIDTH))


def build_bundle(entries: Sequence[bytes]) -> bytes:
    """Return the bytes of the bundle of 1 to 256 entries.

    Raises:
        Malformed: None or too many, or an entry is longer than ``MAX_ENTRY_BYTES``.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise Malformed(f"entry bundle: expected 1 to {TILE_WIDTH} entries, found {len(entries)}")
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise Malformed(
                f"entry bundle: expected entries of at most {MAX_ENTRY_BYTES} bytes, found {len(entry)}"
            )
    return b"".join(len(entry).to_bytes(_PREFIX_BYTES) + entry for entry in entries)


def parse_bundle(bundle: Bundle, content: bytes) -> tuple[bytes, ...]:
    """Read the entries of a bundle.

    Raises:
        Malformed: It ends inside an entry, or holds more or fewer entries than its width.
    """
    entries: list[bytes] = []
    start = 0
    for _ in range(bundle.width):
        body = start + _PREFIX_BYTES
        end = body + int.from_bytes(content[start:body])
        if end > len(content):
            raise Malformed(f"{bundle.path}: expected {bundle.width} whole entries, found {len(entries)}")
        entries.append(content[body:end])
        start = end
    if start != len(content):
        raise Malformed(f"{bundle.path}: expected {bundle.width} entries, found {len(content) - start} bytes more")
    return tuple(entries)
