"""Tiles and bundles: paths, which of them a tree has, known files, and hashes read back from them.

Vectors: path examples of c2sp.org/tlog-tiles (CC BY 4.0); the files of a tree over 70,000 counters, whose tiles
golang.org/x/mod/sumdb/tlog (BSD-3-Clause) made byte for byte alike.
"""

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Absent, Malformed
from pratique.tlog.proofs import NodeSource, nodes_of, prove_consistency, prove_inclusion, root_at
from pratique.tlog.tile import (
    Bundle,
    Tile,
    build_bundle,
    build_tile,
    new_bundles,
    new_tiles,
    nodes_from_tiles,
    parse_bundle,
    parse_path,
    parse_tile,
)
from pratique.tlog.tree import leaf_hash, root_of

CT_ENTRIES = tuple(
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
CT_BUNDLE = bytes.fromhex(
    "00000001000001100002202100023031000440414243000850515253545556570010606162636465666768696a6b6c6d6e6f"
)
SIZE = 70_000

widths = st.integers(1, 256)
indexes = st.integers(0, 2**55 - 1)
places = st.builds(Tile, st.integers(0, 63), indexes, widths) | st.builds(Bundle, indexes, widths)


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [leaf_hash(number.to_bytes(8)) for number in range(SIZE)]


@pytest.fixture(scope="module")
def nodes(leaves: list[bytes]) -> NodeSource:
    return nodes_of(leaves)


@pytest.fixture(scope="module")
def published(nodes: NodeSource) -> dict[str, bytes]:
    return {tile.path: build_tile(tile, nodes) for tile in new_tiles(0, SIZE)}


@pytest.mark.parametrize(
    ("place", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(3, 7), "tile/3/007"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(0, 1000), "tile/0/x001/000"),
        (Tile(0, 1_234_067), "tile/0/x001/x234/067"),
        (Tile(63, 1_234_067, 8), "tile/63/x001/x234/067.p/8"),
        (Bundle(123_456_789), "tile/entries/x123/x456/789"),
        (Bundle(0, 255), "tile/entries/000.p/255"),
    ],
)
def test_paths_are_written_as_the_specification_shows(place: Tile | Bundle, path: str) -> None:
    assert place.path == path
    assert parse_path(path) == place


@given(places)
def test_every_path_is_read_back(place: Tile | Bundle) -> None:
    assert parse_path(place.path) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "/tile/0/000",
        "tile/0/000/",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/x001",
        "tile/0/../../checkpoint",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000.p/",
        "tile/0/000.p/8 ",
        "tile/0/000\n",
        "tile/8/0/000",
        "tile/0/٠٠٠",
        "tile/entries/00",
        "tile/data/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_another_spelling_is_no_path(path: str) -> None:
    with pytest.raises(Malformed, match="tile"):
        parse_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 2**55, 1), (0, 0, 0), (0, 0, 257)]
)
def test_a_place_outside_every_tree_cannot_be_named(level: int, index: int, width: int) -> None:
    with pytest.raises(Malformed, match="expected"):
        Tile(level, index, width)


def test_a_tree_of_70_000_has_the_tiles_of_the_specification() -> None:
    paths = [tile.path for tile in new_tiles(0, SIZE)]
    assert paths == [
        *(f"tile/0/{index:03}" for index in range(273)),
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert [bundle.path for bundle in new_bundles(0, SIZE)][-2:] == ["tile/entries/272", "tile/entries/273.p/112"]


def test_a_full_tile_is_the_first_of_the_level_above() -> None:
    assert [tile.path for tile in new_tiles(0, 256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert [tile.path for tile in new_tiles(0, 255)] == ["tile/0/000.p/255"]
    assert not list(new_tiles(0, 0))
    assert not list(new_bundles(0, 0))


@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=5).map(sorted))
def test_what_is_new_from_size_to_size_adds_up_to_the_whole_tree(sizes: list[int]) -> None:
    steps = [*pairwise([0, *sizes])]
    assert set(new_tiles(0, sizes[-1])) <= {tile for old, new in steps for tile in new_tiles(old, new)}
    assert set(new_bundles(0, sizes[-1])) <= {bundle for old, new in steps for bundle in new_bundles(old, new)}


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_nothing_is_new_that_the_old_tree_had(old: int, more: int) -> None:
    assert set(new_tiles(old, old + more)) == set(new_tiles(0, old + more)) - set(new_tiles(0, old))
    assert set(new_bundles(old, old + more)) == set(new_bundles(0, old + more)) - set(new_bundles(0, old))


def test_the_tiles_of_a_tree_of_70_000_are_the_known_files(published: dict[str, bytes]) -> None:
    known = {
        "tile/0/000": (8192, "20cd0859c7fb4ae9eeac1d244887e6f9342d86ce0b1a1c7bb244915d3d0dc971"),
        "tile/0/272": (8192, "f33da3aeeb4da30453ed750cea6fd7a46dbb364aaf65b9747d180a316fdf6571"),
        "tile/0/273.p/112": (3584, "c7ebb1581fb37d08e8c14ef23ce02ebd07d79d783b6515c740d8b9f566ef0289"),
        "tile/1/000": (8192, "dbf848d70619481ec09adf64ff73d027ffd27f3cab12570d5087d7e9fede902a"),
        "tile/1/001.p/17": (544, "4fd210567f39abfd6af3acd3f895698cbaaf1b83bd764f98d7d81f431454aa54"),
        "tile/2/000.p/1": (32, "2f3d7b72e1ccbf31e77e4c41d731da9c94fa1a6c08249fd49e5d4aded052b16b"),
    }
    assert {path: (len(published[path]), sha256(published[path]).hexdigest()) for path in known} == known
    assert len(published) == 277


@pytest.mark.parametrize(
    ("bundle", "size", "known"),
    [
        (Bundle(0), 2560, "f4bae1960a3cedc6303230167918d50a56329bea77c58fbc22445dc195b60774"),
        (Bundle(273, 112), 1120, "d0948a54de15d727a997b2d243bf342e57f1ebdb01afea25232e1492fef0a899"),
    ],
)
def test_the_bundles_of_70_000_counters_are_the_known_files(bundle: Bundle, size: int, known: str) -> None:
    first = bundle.index * 256
    content = build_bundle([number.to_bytes(8) for number in range(first, first + bundle.width)])
    assert (len(content), sha256(content).hexdigest()) == (size, known)


def test_everything_is_proved_from_tiles_as_from_the_leaves(
    nodes: NodeSource, published: dict[str, bytes]
) -> None:
    tiled = nodes_from_tiles(SIZE, lambda tile: published[tile.path])
    assert root_at(SIZE, tiled) == root_at(SIZE, nodes)
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        assert prove_inclusion(index, SIZE, tiled) == prove_inclusion(index, SIZE, nodes)
    for old in (1, 255, 256, 257, 65_535, 65_536, 65_537, 69_999):
        assert prove_consistency(old, SIZE, tiled) == prove_consistency(old, SIZE, nodes)


@given(st.integers(1, 1_000), st.data())
def test_tiles_of_any_tree_give_its_proofs(size: int, data: st.DataObject) -> None:
    nodes = nodes_of([leaf_hash(number.to_bytes(2)) for number in range(size)])
    tiles = {tile: build_tile(tile, nodes) for tile in new_tiles(0, size)}
    index = data.draw(st.integers(0, size - 1))
    tiled = nodes_from_tiles(size, tiles.__getitem__)
    assert prove_inclusion(index, size, tiled) == prove_inclusion(index, size, nodes)


def test_a_node_beyond_the_tree_is_in_no_tile() -> None:
    tiled = nodes_from_tiles(300, lambda tile: bytes(32 * tile.width))
    for height, index in [(0, 300), (8, 1), (2, 75), (16, 0)]:
        with pytest.raises(Absent, match="tree of 300"):
            tiled(height, index)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(63), bytes(65), bytes(96)])
def test_a_tile_of_another_length_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match=r"tile/0/000\.p/2: expected 64 bytes"):
        parse_tile(Tile(0, 0, 2), content)


def test_the_bundle_of_the_eight_entries_is_the_known_one() -> None:
    assert build_bundle(CT_ENTRIES) == CT_BUNDLE
    assert parse_bundle(Bundle(0, 8), CT_BUNDLE) == CT_ENTRIES


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_entries_come_back_from_a_bundle(entries: list[bytes]) -> None:
    bundle = Bundle(0, len(entries))
    assert parse_bundle(bundle, build_bundle(entries)) == tuple(entries)


def test_the_hashes_of_a_bundle_are_the_tile_beside_it(leaves: list[bytes], published: dict[str, bytes]) -> None:
    content = build_bundle([number.to_bytes(8) for number in range(256)])
    hashes = tuple(map(leaf_hash, parse_bundle(Bundle(0), content)))
    assert hashes == parse_tile(Tile(0, 0), published["tile/0/000"])
    assert root_of(hashes) == parse_tile(Tile(1, 0), published["tile/1/000"])[0]


@pytest.mark.parametrize(
    "content",
    [b"", CT_BUNDLE[:-1], CT_BUNDLE[:-18], CT_BUNDLE + b"\x00", CT_BUNDLE + b"\x00\x00", b"\x00" + CT_BUNDLE],
)
def test_a_bundle_that_ends_early_or_late_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed, match=r"tile/entries/000\.p/8"):
        parse_bundle(Bundle(0, 8), content)


@given(st.binary(max_size=60), st.integers(1, 5))
def test_bytes_are_a_bundle_or_malformed(content: bytes, width: int) -> None:
    try:
        entries = parse_bundle(Bundle(0, width), content)
    except Malformed:
        return
    assert build_bundle(entries) == content


def test_an_entry_of_65_535_bytes_is_the_longest() -> None:
    longest = bytes(65_535)
    assert parse_bundle(Bundle(0, 1), build_bundle([longest])) == (longest,)
    with pytest.raises(Malformed, match="65535 bytes"):
        build_bundle([longest + b"\x00"])


@pytest.mark.parametrize("count", [0, 257])
def test_a_bundle_holds_1_to_256_entries(count: int) -> None:
    with pytest.raises(Malformed, match="1 to 256"):
        build_bundle([b""] * count)
