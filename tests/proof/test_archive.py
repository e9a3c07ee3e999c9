"""A proof's tar says one thing to every reader; what could be read in two ways is refused."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.proof.archive import BLOCK_BYTES, END, build_header, padding, parse_header
from pratique.proof.layout import INDEX_FILE, MARK_FILE, blob_name
from pratique.service.proof_layout import write_tar
from pratique.service.proof_shelf import open_shelf
from pratique.values.digest import Digest

NAMES = st.sampled_from([MARK_FILE, INDEX_FILE, blob_name(Digest.of(b"x"))])


@given(NAMES, st.integers(0, 8**11 - 1))
def test_a_header_that_is_written_is_read_back(name: str, size: int) -> None:
    assert parse_header(build_header(name, size)) == (name, size)


@given(st.binary(min_size=BLOCK_BYTES, max_size=BLOCK_BYTES))
def test_no_block_breaks_the_reader(block: bytes) -> None:
    try:
        found = parse_header(block)
    except Malformed:
        return
    assert found is None or build_header(*found) == block


@given(NAMES, st.integers(0, 1000), st.integers(0, BLOCK_BYTES * 8 - 1))
def test_a_header_with_a_flipped_bit_is_refused(name: str, size: int, bit: int) -> None:
    block = bytearray(build_header(name, size))
    block[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Malformed):
        parse_header(bytes(block))


FILES = (
    (MARK_FILE, b"{}"),
    (INDEX_FILE, b"x" * BLOCK_BYTES),
    (blob_name(Digest.of(b"")), b""),
    (blob_name(Digest.of(b"y" * 700)), b"y" * 700),
)


def written(tmp_path: Path) -> Path:
    target = tmp_path / "proof.tar"
    write_tar(target, FILES)
    return target


def test_other_peoples_tar_reads_the_same_files(tmp_path: Path) -> None:
    with tarfile.open(written(tmp_path)) as archive:
        found = [(member.name, member.isreg(), member.mode) for member in archive]
        bodies = tuple(taken.read() for member in archive if (taken := archive.extractfile(member)))
    assert found == [(name, True, 0o644) for name, _ in FILES]
    assert bodies == tuple(body for _, body in FILES)


def test_the_files_are_read_back(tmp_path: Path) -> None:
    with open_shelf(written(tmp_path)) as shelf:
        assert dict(shelf.sizes) == {name: len(body) for name, body in FILES}
        assert {name: shelf.read(name) for name in shelf.sizes} == dict(FILES)


def refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "spoilt.tar"
    path.write_bytes(content)
    with pytest.raises(Malformed, match=message), open_shelf(path):
        pass


def member(name: str, body: bytes) -> bytes:
    return build_header(name, len(body)) + body + padding(len(body))


WHOLE = b"".join(member(name, body) for name, body in FILES)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (WHOLE, "it is cut off"),
        (WHOLE + END + END, "nothing follows a proof"),
        (WHOLE + END + member(INDEX_FILE, b"hidden") + END, "nothing follows a proof"),
        (WHOLE + END[:BLOCK_BYTES], "expected it to end after its last file"),
        (WHOLE[:-10] + END, "found more, or less; nothing follows a proof"),
        (WHOLE + member(INDEX_FILE, b"{}") + END, "expected each name once, found 'index.json' twice"),
        (member("../etc/passwd", b"") + END, r"the name '\.\./etc/passwd' does not belong here"),
        (member("/etc/passwd", b"") + END, "the name '/etc/passwd' does not belong here"),
        (build_header(INDEX_FILE, 3) + b"abc" + b"x" * 509 + END, "expected zeros to fill its last block"),
        (build_header(INDEX_FILE, 8**11 - 1) + END, "expected at most"),
        (b"", "it is cut off"),
        (b"PK\x03\x04" + bytes(600), "expected a plain file, found a member of the kind"),
    ],
)
def test_what_is_no_such_tar_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    refused(tmp_path, content, message)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (tarfile.SYMTYPE, "found a symbolic link"),
        (tarfile.LNKTYPE, "found a hard link"),
        (tarfile.DIRTYPE, "found a folder"),
        (tarfile.FIFOTYPE, "found a member of the kind b'6'"),
        (tarfile.REGTYPE, "expected a header as `pratique proof export --tar` writes it"),
    ],
)
def test_a_member_of_another_kind_or_of_another_writer_is_refused(
    tmp_path: Path, kind: bytes, message: str
) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo(INDEX_FILE)
        info.type, info.linkname, info.mtime = kind, "/etc/passwd" if kind in (b"1", b"2") else "", 1
        archive.addfile(info)
    refused(tmp_path, content.getvalue(), message)


def test_an_extended_header_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(INDEX_FILE)
        info.pax_headers = {"path": "elsewhere"}
        archive.addfile(info)
    refused(tmp_path, content.getvalue(), "found an extended header")
