"""The blob store: what has a name is whole, and every write may fail, also after it was carried out."""

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.builders import digest

from pratique.errors import Absent, Refused, Unreachable, Unverified
from pratique.storage.blobs import CHUNK_BYTES, BlobStore
from pratique.values.digest import Digest

CONTENT = b"evidence" * 1000


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@given(st.binary(max_size=300))
def test_what_was_put_is_got(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    blobs = BlobStore(tmp_path_factory.mktemp("blobs"))
    found = blobs.put(content)
    assert found == Digest.of(content)
    assert blobs.get(found) == content
    assert blobs.size(found) == len(content)
    assert blobs.has(found)


def test_a_blob_lies_where_its_digest_says(tmp_path: Path) -> None:
    found = BlobStore(tmp_path).put(CONTENT)
    assert files(tmp_path) == [tmp_path / "sha256" / found.hex[:2] / found.hex]


def test_putting_again_keeps_one(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    assert blobs.put(CONTENT) == blobs.put(CONTENT) == blobs.put_stream([CONTENT], max_bytes=len(CONTENT))
    assert len(files(tmp_path)) == 1


def test_a_large_blob_is_streamed_both_ways(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    chunks = [bytes([number]) * CHUNK_BYTES for number in range(3)] + [b"end"]
    found = blobs.put_stream(iter(chunks), max_bytes=4 * CHUNK_BYTES, expected=Digest.of(b"".join(chunks)))
    assert list(blobs.stream(found)) == chunks


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    blobs, unknown = BlobStore(tmp_path), digest("unknown")
    assert not blobs.has(unknown)
    for ask in (blobs.get, blobs.size):
        with pytest.raises(Absent, match=f"blob {unknown}: not in"):
            ask(unknown)


def test_bytes_that_rotted_are_unverified_and_healed_by_putting_them_again(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    found = blobs.put(CONTENT)
    (path,) = files(tmp_path)
    path.chmod(0o644)
    path.write_bytes(b"X" + CONTENT[1:])
    with pytest.raises(Unverified, match="the disk gives bytes with sha256:"):
        blobs.get(found)
    blobs.put(CONTENT)
    assert blobs.get(found) == CONTENT


def test_more_than_allowed_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="expected at most 10 bytes"):
        BlobStore(tmp_path).put_stream([b"12345", b"67890", b"1"], max_bytes=10)
    assert files(tmp_path) == []


def test_bytes_of_another_digest_are_unverified_and_nothing_is_kept(tmp_path: Path) -> None:
    with pytest.raises(Unverified, match="expected sha256:"):
        BlobStore(tmp_path).put_stream([CONTENT], max_bytes=len(CONTENT), expected=digest("another"))
    assert files(tmp_path) == []


def test_where_the_source_breaks_off_nothing_is_kept(tmp_path: Path) -> None:
    def source() -> Iterator[bytes]:
        yield b"half"
        raise Unreachable("registry away")

    with pytest.raises(Unreachable, match="registry away"):
        BlobStore(tmp_path).put_stream(source(), max_bytes=100)
    assert files(tmp_path) == []


def refuses_to_answer(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call is not carried out."""

    def failing(*_args: Any, **_options: Any) -> Any:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    return failing


def answers_wrongly(call: Callable[..., Any]) -> Callable[..., Any]:
    """The call is carried out, and says that it was not."""

    def failing(*args: Any, **options: Any) -> Any:
        call(*args, **options)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    return failing


CALLS = ("open", "mkdir", "write", "fsync", "rename")
Fault = Callable[[Callable[..., Any]], Callable[..., Any]]


@contextmanager
def breaking(monkeypatch: pytest.MonkeyPatch, name: str, at: int, fault: Fault) -> Iterator[list[int]]:
    """Break the n-th call of one function of the operating system; yields how often it was called."""
    true, count = getattr(os, name), [0]

    def counted(*args: Any, **options: Any) -> Any:
        count[0] += 1
        return (fault(true) if count[0] == at else true)(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, counted)
        yield count


@pytest.mark.parametrize("fault", [refuses_to_answer, answers_wrongly])
@pytest.mark.parametrize("name", CALLS)
def test_whichever_write_fails_nothing_half_done_is_visible_and_the_next_try_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault
) -> None:
    failures = broken = calls = 0
    while calls >= broken:
        broken += 1
        blobs, failed = BlobStore(tmp_path / str(broken)), False
        with breaking(monkeypatch, name, broken, fault) as count:
            try:
                blobs.put(CONTENT)
            except Unreachable:
                failed = True
        assert failed or blobs.has(Digest.of(CONTENT))
        for path in files(tmp_path / str(broken) / "sha256"):
            assert Digest.of(path.read_bytes()).hex == path.name
        assert files(tmp_path / str(broken) / "incoming") == []
        assert blobs.get(blobs.put(CONTENT)) == CONTENT
        failures, calls = failures + failed, count[0]
    assert failures > 0 or (name, fault) == ("mkdir", answers_wrongly)  # the folder is there: that will do


# A full disk is a small one: a tmpfs of a few pages, in a mount namespace of its own, which ends with the process.
SMALL_DISK = """
import sys
from pathlib import Path
from pratique.errors import Unreachable
from pratique.storage.blobs import BlobStore
from pratique.values.digest import Digest
blobs, large = BlobStore(Path(sys.argv[1])), bytes(300_000)
kept = blobs.put(b"small")
for attempt in range(2):
    try:
        blobs.put(large)
    except Unreachable as error:
        print(error)
assert not blobs.has(Digest.of(large))
assert blobs.get(kept) == b"small"
print(sorted(path.name for path in Path(sys.argv[1]).rglob("*") if path.is_file()) == [kept.hex])
"""


def test_a_full_disk_is_unreachable_and_leaves_only_what_was_there(tmp_path: Path) -> None:
    mount = 'mount -t tmpfs -o size=128k none "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    arguments = [*command, str(tmp_path), sys.executable, SMALL_DISK]
    run = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if run.returncode == 1 and "unshare" in run.stderr:
        pytest.skip(f"no small disk here: {run.stderr.strip()}")
    assert run.stdout.splitlines() == [
        f"blob store {tmp_path}: No space left on device; free some space, then try again",
        f"blob store {tmp_path}: No space left on device; free some space, then try again",
        "True",
    ], run.stderr


def test_what_a_killed_writer_left_is_swept_and_what_others_write_stays(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    left, locked, young = (incoming / name for name in ("left", "locked", "young"))
    for path in (left, locked, young):
        path.write_bytes(b"half")
    for path in (left, locked):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    with locked.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        BlobStore(tmp_path).put(b"whole")
        assert sorted(incoming.iterdir()) == [locked, young]
