"""A folder that was handed over is read without following anything in it, and written whole or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pratique.errors import Absent, Conflict, Malformed, Unreachable
from pratique.proof.layout import INDEX_FILE, MARK_FILE, blob_name
from pratique.service.proof_layout import write_file, write_folder, write_tar
from pratique.service.proof_shelf import open_shelf
from pratique.values.digest import Digest

BLOB = blob_name(Digest.of(b"blob"))
FILES = ((MARK_FILE, b"mark"), (INDEX_FILE, b"index"), (BLOB, b"blob"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "full.proof"
    write_folder(target, FILES)
    return target


def refused(folder: Path, message: str) -> None:
    with pytest.raises(Malformed, match=message), open_shelf(folder):
        pass


def test_what_was_written_is_read_back(folder: Path) -> None:
    with open_shelf(folder) as shelf:
        assert {name: shelf.read(name) for name in shelf.sizes} == dict(FILES)


@pytest.mark.parametrize("name", [INDEX_FILE, BLOB, "blobs", "blobs/sha256"])
def test_a_link_is_refused_wherever_it_stands(folder: Path, name: str) -> None:
    kept = (folder / name).rename(folder.parent / "kept")
    (folder / name).symlink_to(kept)
    refused(folder, f"'{name}' is a symbolic link")


def test_a_link_put_there_after_listing_is_not_followed(folder: Path) -> None:
    with pytest.raises(Unreachable):
        read_through_a_late_link(folder)


def read_through_a_late_link(folder: Path) -> bytes:
    with open_shelf(folder) as shelf:
        (folder / BLOB).unlink()
        (folder / BLOB).symlink_to("/etc/passwd")
        return shelf.read(BLOB)


def test_a_device_is_refused(folder: Path) -> None:
    (folder / BLOB).unlink()
    os.mkfifo(folder / BLOB)
    refused(folder, "is no plain file")


@pytest.mark.parametrize("name", ["more.txt", "blobs/sha512", "blobs/sha256/short", "blobs/more", ".hidden"])
def test_a_strange_name_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    refused(folder, f"the name '{name}' does not belong here")


def test_a_strange_folder_is_refused(folder: Path) -> None:
    (folder / "blobs" / "sha1").mkdir()
    refused(folder, "the name 'blobs/sha1' does not belong here")


def test_a_file_that_grows_while_it_is_read_is_refused(folder: Path) -> None:
    with open_shelf(folder) as shelf:
        (folder / BLOB).write_bytes(b"a longer blob")
        with pytest.raises(Malformed, match="changed while it was read"):
            shelf.read(BLOB)


def test_nothing_at_the_path_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent), open_shelf(tmp_path / "nothing"):
        pass


def broken() -> Iterator[tuple[str, bytes]]:
    yield FILES[0]
    raise Absent("evidence: it is not kept here any more")


@pytest.mark.parametrize("write", [write_folder, write_tar])
def test_what_cannot_be_finished_leaves_nothing_behind(tmp_path: Path, write: type) -> None:
    with pytest.raises(Absent):
        write(tmp_path / "full.proof", broken())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_never_overwritten(folder: Path) -> None:
    with pytest.raises(Conflict, match="exists; name another place"):
        write_folder(folder, FILES)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "proof.json"
    write_file(target, (b"one",))

    def torn() -> Iterator[bytes]:
        yield b"tw"
        raise Absent("gone")

    with pytest.raises(Absent):
        write_file(target, torn())
    assert target.read_bytes() == b"one"
    with pytest.raises(Unreachable, match="cannot be written"):
        write_file(tmp_path / "nowhere" / "proof.json", (b"x",))
