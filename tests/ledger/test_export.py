"""The exported directory: complete, idempotent, and never a second history."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pratique.errors import Conflict, Unreachable
from pratique.ledger.checkpoint import sign_checkpoint
from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.export import Exported, Log, export
from pratique.ledger.interface import Target
from pratique.tlog.checkpoint import open_checkpoint
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.proofs import nodes_of
from pratique.tlog.tile import Bundle, Tile, nodes_from_tiles, parse_bundle, parse_tile
from pratique.tlog.tree import Frontier, leaf_hash, root_of
from pratique.values.digest import Digest

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEY = NoteVerifier("ledger.example/test", KeyKind.LOG, PRIVATE.public_key().public_bytes_raw())


def entries(count: int, salt: str = "") -> list[bytes]:
    return [f"entry {number}{salt}".encode() for number in range(count)]


def objects(*contents: bytes) -> Iterator[tuple[Digest, Callable[[], bytes]]]:
    return ((Digest.of(content), partial(bytes, content)) for content in contents)


def publish(folder: Path, log: list[bytes], *contents: bytes) -> Exported:
    return publish_to(DirectoryTarget(folder), log, *contents)


def publish_to(target: Target, log: list[bytes], *contents: bytes) -> Exported:
    leaves = [leaf_hash(entry) for entry in log]
    frontier = Frontier().extend(leaves)
    nodes = nodes_of(leaves)
    note = sign_checkpoint(frontier, (), nodes, KEY, PRIVATE.sign)
    whole = Log(frontier, note, (KEY,), nodes, lambda first, end: log[first:end])
    return export(target, whole, objects(*contents))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700])
def test_what_was_exported_is_the_whole_log(tmp_path: Path, size: int) -> None:
    publish(tmp_path, entries(size))
    signed = open_checkpoint((tmp_path / "checkpoint").read_bytes(), (KEY,)).checkpoint
    found = [
        entry
        for index in range(-(-size // 256))
        for bundle in [Bundle(index, min(256, size - index * 256))]
        for entry in parse_bundle(bundle, (tmp_path / bundle.path).read_bytes())
    ]
    assert found == entries(size)
    assert root_of(map(leaf_hash, found)) == signed.root
    nodes = nodes_from_tiles(size, lambda tile: (tmp_path / tile.path).read_bytes())
    assert nodes(0, size - 1) == leaf_hash(found[-1])


def test_a_level_zero_tile_holds_the_leaf_hashes_of_its_bundle(tmp_path: Path) -> None:
    publish(tmp_path, entries(300))
    tile = Tile(0, 1, 44)
    assert parse_tile(tile, (tmp_path / tile.path).read_bytes()) == tuple(map(leaf_hash, entries(300)[256:]))


def test_exporting_twice_writes_nothing_new(tmp_path: Path) -> None:
    publish(tmp_path, entries(300), b"object")
    assert publish(tmp_path, entries(300), b"object") == Exported(300, 0, 0, 0)


def test_a_longer_log_adds_files_and_changes_none(tmp_path: Path) -> None:
    publish(tmp_path, entries(300), b"object")
    before = {
        path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "checkpoint"
    }
    publish(tmp_path, entries(600), b"object", b"another")
    assert all(path.read_bytes() == content for path, content in before.items())


def test_another_history_is_refused_and_the_published_checkpoint_stays(tmp_path: Path) -> None:
    publish(tmp_path, entries(300))
    before = (tmp_path / "checkpoint").read_bytes()
    with pytest.raises(Conflict, match="rewritten"):
        publish(tmp_path, entries(400, " changed"))
    assert (tmp_path / "checkpoint").read_bytes() == before


def test_a_shorter_history_is_refused(tmp_path: Path) -> None:
    publish(tmp_path, entries(300))
    with pytest.raises(Conflict, match="restore the missing 50 entries"):
        publish(tmp_path, entries(250))


def test_a_bundle_that_was_altered_is_found_and_not_overwritten(tmp_path: Path) -> None:
    publish(tmp_path, entries(10))
    (tmp_path / "checkpoint").unlink()
    bundle = tmp_path / Bundle(0, 10).path
    bundle.write_bytes(b"x" + bundle.read_bytes()[1:])
    with pytest.raises(Conflict, match="other bytes"):
        publish(tmp_path, entries(10))


def test_a_directory_that_cannot_be_written_is_said_and_nothing_half_done_stays(tmp_path: Path) -> None:
    (tmp_path / "tile").write_text("a file in the way")
    with pytest.raises(Unreachable, match="cannot be"):
        publish(tmp_path, entries(3))
    assert not (tmp_path / "checkpoint").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_ledger_that_was_rolled_back_is_not_signed() -> None:
    leaves = [leaf_hash(entry) for entry in entries(20)]
    before = open_checkpoint(
        sign_checkpoint(Frontier().extend(leaves), (), nodes_of(leaves), KEY, PRIVATE.sign), (KEY,)
    ).checkpoint
    shorter = leaves[:10]
    with pytest.raises(Conflict, match="rolled back"):
        sign_checkpoint(Frontier().extend(shorter), (before,), nodes_of(shorter), KEY, PRIVATE.sign)
