"""What an operator carries in: read within limits, never unpacked, and refused as a whole where it is hostile."""

import gzip
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pratique.errors import Absent, Malformed
from pratique.service import feed_files
from pratique.service.feed import gather
from pratique.service.feed_files import files_in

RECORD = {"id": "PYSEC-1", "modified": "2026-01-01T00:00:00Z", "affected": []}
KEV = {"catalogVersion": "1", "vulnerabilities": [{"cveID": "CVE-2026-1"}]}
EPSS = "#model_version:v1,score_date:2026-01-01\ncve,epss,percentile\nCVE-2026-1,0.5,0.9\n"


def archive(folder: Path, *members: tuple[str, bytes]) -> Path:
    path = folder / "drop.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../up.json", "/etc/x.json", "a/../../b.json", "c:/x.json"])
def test_a_zip_whose_names_lead_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed, match="expected members inside it"):
        list(files_in((archive(tmp_path, ("a.json", b"{}"), (name, b"{}")),)))


def test_a_member_that_grows_beyond_its_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_files, "MAX_MEMBER_BYTES", 1000)
    with pytest.raises(Malformed, match="expected at most 1000 bytes"):
        list(files_in((archive(tmp_path, ("bomb.json", b"0" * 1001)),)))


def test_a_member_that_lies_about_its_length_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, ("bomb.json", b"0" * 100_000))
    honest = (100_000).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(honest, (10).to_bytes(4, "little")))
    with pytest.raises(Malformed, match="nothing was taken in"):
        list(files_in((path,)))


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_files, "MAX_FILES", 2)
    with pytest.raises(Malformed, match="at most 2"):
        list(files_in((archive(tmp_path, *((f"{n}.json", b"{}") for n in range(3))),)))


@given(st.integers(0, 200), st.integers(1, 255))
@example(162, 1)  # a list that leads to before the beginning of the file
def test_a_damaged_zip_gives_our_error_or_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, place: int, change: int
) -> None:
    path = archive(tmp_path_factory.mktemp("zip"), ("a.json", json.dumps(RECORD).encode()))
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= change
    path.write_bytes(content)
    with suppress(Malformed):
        list(files_in((path,)))


def test_a_damaged_or_growing_gzip_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "epss.csv.gz"
    path.write_bytes(gzip.compress(EPSS.encode())[:-9])
    with pytest.raises(Malformed, match="a damaged one"):
        list(files_in((path,)))
    monkeypatch.setattr(feed_files, "MAX_FILE_BYTES", 1000)
    path.write_bytes(gzip.compress(b"0" * 100_000))
    with pytest.raises(Malformed, match="at most 1000 bytes"):
        list(files_in((path,)))


def test_what_does_not_exist_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        list(files_in((tmp_path / "nothing",)))


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "link.json").symlink_to(tmp_path / "secret")
    assert list(files_in((folder,))) == []


def write_all(folder: Path) -> None:
    (folder / "one.json").write_text(json.dumps(RECORD))
    (folder / "two.yaml").write_text("id: PYSEC-2\nmodified: 2026-01-01T00:00:00Z\naffected: []\n")
    (folder / "kev.json").write_text(json.dumps(KEV))
    (folder / "epss.csv.gz").write_bytes(gzip.compress(EPSS.encode()))


def test_a_folder_may_hold_every_kind_and_what_is_none_is_left_out_and_counted(tmp_path: Path) -> None:
    write_all(tmp_path)
    (tmp_path / "bad.json").write_text('{"id": ')
    (tmp_path / "other.json").write_text("{}")
    taken = gather((tmp_path,))
    assert [(feed.name, feed.records, feed.version) for feed in taken.feeds()] == [
        ("advisories", 2, "2026-01-01T00:00:00+00:00"),
        ("epss", 1, "v1 2026-01-01"),
        ("kev", 1, "1"),
    ]
    assert taken.left_out == (("a file that is no advisory", 2),)


def test_a_file_that_was_named_must_be_readable(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"id": ')
    with pytest.raises(Malformed, match="nothing was taken in"):
        gather((tmp_path / "bad.json",))


@pytest.mark.parametrize("order", [lambda paths: paths, lambda paths: paths[::-1]])
def test_the_order_of_files_changes_nothing(tmp_path: Path, order: Callable[[list[Path]], list[Path]]) -> None:
    write_all(tmp_path)
    newer = {**RECORD, "modified": "2026-02-01T00:00:00Z"}
    (tmp_path / "again.json").write_text(json.dumps(newer))
    taken = gather(tuple(order(sorted(tmp_path.iterdir()))))
    assert taken.feeds() == gather((tmp_path,)).feeds()
    assert taken.left_out == (("an older record of the same name", 1),)
