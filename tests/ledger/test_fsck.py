"""A published ledger is checked from its files: nothing wrong passes, and the first bad entry is named."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ledger.test_export import KEY, entries, publish

from pratique.ledger.directory import DirectoryTarget
from pratique.ledger.fsck import Checked, fsck, fsck_tree
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.policy import Log, Policy
from pratique.tlog.tile import Bundle, build_bundle

POLICY = Policy((Log(KEY, None),), (), (), None)


def checked(folder: Path) -> Checked:
    return fsck_tree(DirectoryTarget(folder), POLICY)


def told(folder: Path) -> list[str]:
    return [str(fault) for fault in checked(folder).faults]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 66_000])
def test_a_log_as_it_was_published_has_no_fault(tmp_path: Path, size: int) -> None:
    publish(tmp_path, entries(size))
    found = checked(tmp_path)
    assert found.faults == ()
    assert found.entries == size
    assert found.checkpoint is not None


def test_a_log_that_was_published_several_times_keeps_its_partial_tiles(tmp_path: Path) -> None:
    for size in (3, 200, 256, 300, 513):
        publish(tmp_path, entries(size))
    assert told(tmp_path) == []
    (tmp_path / "tile" / "0" / "000.p" / "200").write_bytes(bytes(200 * 32))
    assert told(tmp_path) == ["tile/0/000.p/200 (entry 0): is no beginning of the tile that stands there now"]


def test_every_flipped_bit_is_found_and_named_by_its_place(tmp_path: Path) -> None:
    publish(tmp_path, entries(600))
    chance = random.Random(20261124)
    files = [path for path in sorted((tmp_path / "tile").rglob("*")) if path.is_file()]
    assert len(files) > 6
    for file in files:
        whole = file.read_bytes()
        for _ in range(12):
            place = chance.randrange(len(whole))
            changed = bytearray(whole)
            changed[place] ^= 1 << chance.randrange(8)
            file.write_bytes(changed)
            assert told(tmp_path), f"{file} byte {place}"
        file.write_bytes(whole)
    assert told(tmp_path) == []


def test_a_changed_entry_is_named_by_its_index(tmp_path: Path) -> None:
    publish(tmp_path, entries(600))
    bundle = Bundle(1, 256)
    changed = entries(512)[256:]
    changed[44] = b"another entry"
    (tmp_path / bundle.path).write_bytes(build_bundle(changed))
    first = told(tmp_path)[0]
    assert first == "tile/0/001 (entry 300): hash 44 differs from what the entries give"
    assert any(line.startswith("checkpoint: expected the root") for line in told(tmp_path))


Harm = Callable[[Path], object]
HARMS: dict[str, tuple[Harm, str]] = {
    "no checkpoint": (lambda folder: (folder / "checkpoint").unlink(), "expected a signed checkpoint"),
    "a missing bundle": (
        lambda folder: (folder / "tile/entries/001").unlink(),
        "expected the bundle, found no file",
    ),
    "a missing tile": (lambda folder: (folder / "tile/0/001").unlink(), "expected the tile, found no file"),
    "a file of another name": (lambda folder: (folder / "tile/0/1").write_bytes(b""), "tile path"),
    "a tile that nobody signed": (
        lambda folder: (folder / "tile/0/007").write_bytes(bytes(8192)),
        "stands beyond the 600 entries",
    ),
    "a longer partial bundle": (
        lambda folder: (folder / "tile/entries/002.p/89").write_bytes(build_bundle(entries(601)[512:])),
        "stands beyond the 600 entries",
    ),
    "an earlier bundle of another history": (
        lambda folder: (folder / "tile/entries/002.p/3").write_bytes(build_bundle([b"a", b"b", b"c"])),
        "is no beginning of the bundle",
    ),
    "an earlier bundle cut off": (
        lambda folder: (folder / "tile/entries/002.p/3").write_bytes(b"\0"),
        "expected 3 whole entries",
    ),
    "bytes behind a tile": (lambda folder: _append(folder / "tile/0/001"), "expected 8192 bytes, found 8193"),
    "bytes behind a partial tile": (
        lambda folder: _append(folder / "tile/0/002.p/88"),
        "expected 2816 bytes, found 2817",
    ),
    "a bundle cut off": (lambda folder: _cut(folder / "tile/entries/000"), "whole entries"),
}


def _append(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"!")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("name", HARMS)
def test_what_was_harmed_is_told(tmp_path: Path, name: str) -> None:
    publish(tmp_path, entries(600))
    harm, message = HARMS[name]
    harm(tmp_path)
    assert any(message in line for line in told(tmp_path)), told(tmp_path)


def test_a_checkpoint_by_another_key_is_a_fault_and_the_directory_is_not_believed(tmp_path: Path) -> None:
    publish(tmp_path, entries(3))
    other = NoteVerifier(KEY.name, KeyKind.LOG, bytes(31) + b"\1")
    (tmp_path / "log.vkey").write_text(f"{other}\n")
    assert told(tmp_path) == []
    found = fsck_tree(DirectoryTarget(tmp_path), Policy((Log(other, None),), (), (), None))
    assert [fault.place for fault in found.faults] == ["checkpoint"]


def test_a_part_that_a_crash_left_is_nobodys(tmp_path: Path) -> None:
    publish(tmp_path, entries(300))
    (tmp_path / "tile/0/.001.p.99.part").write_bytes(b"half")
    assert told(tmp_path) == []


def test_entries_that_are_no_events_are_told_by_the_whole_check(tmp_path: Path) -> None:
    publish(tmp_path, entries(2))
    assert [fault.index for fault in fsck(DirectoryTarget(tmp_path), POLICY).faults] == [0, 1]


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700))
def test_a_full_tile_may_stand_for_a_partial_one(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    folder = tmp_path_factory.mktemp("log")
    publish(folder, entries(size))
    width = size % 256
    if not width:
        return
    more = entries(size + 256)
    partial, whole = Bundle(size // 256, width), Bundle(size // 256, 256)
    (folder / partial.path).unlink()
    (folder / whole.path).write_bytes(build_bundle(more[whole.index * 256 : whole.index * 256 + 256]))
    faults = told(folder)
    assert all("stands beyond" in line for line in faults), faults
