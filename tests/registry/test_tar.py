"""Tar archives from whoever built an image: read as runtimes read them, or refused."""

import io
import tarfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.pictures import Entry, file, folder, hard_link, symlink, tar

from pratique.errors import Malformed, PratiqueError
from pratique.evidence.surface.member import Member, MemberKind
from pratique.registry.tar import LIMITS, TarLimits, members

FORMS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
SMALL = TarLimits(members=3, path_bytes=20, header_bytes=2000, member_bytes=1000)


class Bytes(io.BytesIO):
    """Bytes in memory as a stream."""

    def skip(self, count: int) -> int:
        return len(self.read(count))


def read(archive: bytes, limits: TarLimits = LIMITS) -> list[tuple[Member, bytes]]:
    """Every member with its content."""
    return [(each, content.take(each.size)) for each, content in members(Bytes(archive), "layer", limits)]


def paths(archive: bytes, limits: TarLimits = LIMITS) -> list[str]:
    """Their paths."""
    return [each.path for each, _ in read(archive, limits)]


@pytest.mark.parametrize("form", FORMS)
def test_what_another_program_wrote_is_read_in_every_form(form: int) -> None:
    archive = tar(
        file("./a/b", b"content", 0o4755, uid=7, gid=8, mtime=1_700_000_000),
        folder("./a/"),
        symlink("l", "../x"),
        hard_link("h", "./a/b"),
        form=form,
    )
    found = [each for each, _ in read(archive)]
    assert found[0] == Member("a/b", MemberKind.FILE, 0o4755, 7, 8, 7, 1_700_000_000)
    assert [(each.path, each.kind, each.target) for each in found[1:]] == [
        ("a", MemberKind.FOLDER, ""),
        ("l", MemberKind.SYMLINK, "../x"),
        ("h", MemberKind.HARD_LINK, "a/b"),
    ]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_large_numbers_and_times_before_1970_are_read(form: int) -> None:
    path, target = "/".join(["folder"] * 60), "t" * 300
    entries = (file(path, b"x", uid=3_000_000), symlink("l", target), file("old", mtime=-5))
    found = [each for each, _ in read(tar(*entries, form=form))]
    assert (found[0].path, found[0].uid, found[1].target, found[2].mtime) == (path, 3_000_000, target, -5)


NAMES = st.lists(
    st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=20), min_size=1
)
SAFE = NAMES.filter(lambda parts: not {".", ".."} & set(parts)).map("/".join)


@given(
    st.lists(
        st.tuples(SAFE, st.binary(max_size=2000), st.integers(0, 0o7777)), max_size=5, unique_by=lambda e: e[0]
    )
)
def test_whatever_is_written_is_read_back(entries: list[tuple[str, bytes, int]]) -> None:
    archive = tar(*(file(name, content, mode) for name, content, mode in entries))
    found = [(each.path, content, each.mode) for each, content in read(archive)]
    assert found == entries


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/..", "a/..", ".."])
def test_a_path_that_leads_out_of_the_image_is_refused(path: str) -> None:
    with pytest.raises(Malformed, match="inside the image"):
        read(tar(file(path)))
    with pytest.raises(Malformed, match="inside the image"):
        read(tar(hard_link("h", path)))


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([file(name) for name in "abcd"], "at most 3 members"),
        ([file("a" * 21)], "at most 20 bytes"),
        ([symlink("a", "b" * 21)], "at most 20 bytes"),
        ([file("a", bytes(1001))], "at most 1000 bytes"),
        ([file("a", pax_headers={"comment": "x" * 3000})], "extended header of at most 2000 bytes"),
    ],
)
def test_what_exceeds_a_limit_is_refused(entries: list[Entry], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read(tar(*entries), SMALL)


def test_headers_that_state_a_gigantic_size_are_refused_before_anything_is_held() -> None:
    archive = bytearray(tar(file("a", pax_headers={"comment": "x"})))
    archive[124:136] = b"77777777777\0"
    with pytest.raises(Malformed, match="extended header"):
        read(_summed(archive))


def test_an_unknown_type_is_refused() -> None:
    archive = bytearray(tar(file("a")))
    archive[156:157] = b"?"
    with pytest.raises(Malformed, match="unknown type"):
        read(_summed(archive))


def test_a_wrong_checksum_is_refused() -> None:
    archive = bytearray(tar(file("a")))
    archive[0] ^= 1
    with pytest.raises(Malformed, match="checksum"):
        read(bytes(archive))


def test_what_follows_the_end_mark_is_not_part_of_the_archive() -> None:
    assert paths(tar(file("a")) + tar(file("b"))) == ["a"]


def test_half_an_end_mark_is_refused() -> None:
    one, two = tar(file("a")), tar(file("b"))
    with pytest.raises(Malformed, match="half an end mark"):
        paths(one[:512] + bytes(512) + two)


def test_an_archive_without_end_mark_ends_where_it_ends() -> None:
    assert paths(tar(file("a"))[:512]) == ["a"]


@pytest.mark.parametrize("cut", [1, 511, 513, 700])
def test_an_archive_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(Malformed, match="ends inside"):
        read(tar(file("a", bytes(600)))[:cut])


def test_a_name_that_is_no_utf_8_is_shown_and_not_left_out() -> None:
    archive = bytearray(tar(file("aX"), form=tarfile.GNU_FORMAT))
    archive[1] = 0xFF
    assert paths(_summed(archive)) == ["a\\xff"]


def test_a_global_header_holds_for_all_that_follow_and_an_own_one_wins() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"uid": "9"}) as archive:
        for name, headers in (("a", {}), ("b", {"uid": "4"})):
            entry: Any = file(name, pax_headers=headers)
            archive.addfile(entry[0])
    assert [each.uid for each, _ in read(packed.getvalue())] == [9, 4]


@pytest.mark.parametrize(
    "record", [{"path": "tmp/a"}, {"linkpath": "tmp/a"}, {"size": "0"}, {"GNU.sparse.name": "a"}]
)
def test_a_global_header_that_renames_what_follows_is_refused_because_runtimes_ignore_it(
    record: dict[str, str],
) -> None:
    archive = tarfile.TarInfo.create_pax_global_header(record) + tar(file("usr/bin/nc", b"x", 0o755))
    with pytest.raises(Malformed, match="a header for all members states"):
        read(archive)


def test_a_global_header_after_a_members_own_one_is_refused_because_runtimes_forget_that_one() -> None:
    own = tar(file("usr/bin/nc", b"x", 0o755, pax_headers={"path": "tmp/a"}))
    archive = own[:1024] + tarfile.TarInfo.create_pax_global_header({"comment": "x"}) + own[1024:]
    with pytest.raises(Malformed, match="stands between"):
        read(archive)


def test_two_long_names_that_differ_are_refused_because_runtimes_take_the_other_one() -> None:
    long = "usr/bin/" + "n" * 100
    named = tar(file(long, b"x"), form=tarfile.GNU_FORMAT)[:1024]
    archive = named + tar(file("b", b"x", pax_headers={"path": "tmp/a"}))
    with pytest.raises(Malformed, match="two names"):
        read(archive)


def test_a_sparse_file_in_pax_form_is_refused() -> None:
    with pytest.raises(Malformed, match="--sparse"):
        read(tar(file("usr/bin/nc", b"x", pax_headers={"GNU.sparse.name": "tmp/a"})))


def test_a_file_named_like_a_folder_has_no_content_that_could_be_taken_for_members() -> None:
    archive = bytearray(tar(file("aX", tar(file("b")))))
    archive[1:2] = b"/"
    with pytest.raises(Malformed, match="folder with content"):
        read(_summed(archive))


def test_a_prefix_ends_where_star_keeps_the_times() -> None:
    archive = bytearray(tar(file("nc", b"x"), form=tarfile.USTAR_FORMAT))
    archive[345:476] = b"usr/" + b"./" * 62 + b"bin"
    archive[476:487] = b"00000000000"
    archive[508:512] = b"tar\0"
    assert paths(_summed(archive)) == ["usr/bin/nc"]


def test_a_prefix_where_gnu_tar_keeps_the_times_is_refused_because_runtimes_take_it_for_one() -> None:
    archive = bytearray(tar(file("nc", b"x"), form=tarfile.GNU_FORMAT))
    archive[345:352] = b"usr/bin"
    with pytest.raises(Malformed, match="octal"):
        read(_summed(archive))


@pytest.mark.parametrize("number", [b"0o00010", b"0000_10", b"+000010"])
def test_a_number_is_octal_digits_and_nothing_that_one_language_reads_besides(number: bytes) -> None:
    archive = bytearray(tar(file("a", b"x")))
    archive[124:131] = number
    with pytest.raises(Malformed, match="octal"):
        read(_summed(archive))


def _summed(header: bytearray) -> bytes:
    """Return the archive with its first header's checksum put right."""
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


WHOLE = tar(
    file("a/b", b"x" * 700, pax_headers={"SCHILY.xattr.user.x": "y"}),
    symlink("l", "t" * 200),
    hard_link("h", "a/b"),
    form=tarfile.PAX_FORMAT,
)


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_hostile_archive_raises_nothing_but_our_errors(changes: list[tuple[int, int]]) -> None:
    archive = bytearray(WHOLE)
    for at, value in changes:
        archive[at] = value
    for start in range(0, len(archive) - 511, 512):  # so that the change is reached, and not only its checksum
        block = archive[start : start + 512]
        if block[257:262] == b"ustar":
            archive[start : start + 512] = _summed(block)
    with suppress(PratiqueError):
        read(bytes(archive))


@given(st.binary(max_size=1500))
def test_noise_raises_nothing_but_our_errors(noise: bytes) -> None:
    with suppress(PratiqueError):
        read(noise)
