"""rpm's database in SQLite: what is installed is listed, and what somebody tampered with is refused."""

import gzip
import sqlite3
import struct
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.pictures import file, image, layout
from tests.service.test_surface import measured

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.surface.measure import Surface
from pratique.evidence.surface.rpm import rpm_packages
from pratique.registry.rpm_database import read_headers

PATH = "var/lib/rpm/rpmdb.sqlite"


def header(name: str, version: str, release: str, epoch: int | None = None) -> bytes:
    """A header as rpm's manual describes it, with a tag that nobody asks for."""
    index, data = b"", b""
    for tag, text in ((1000, name), (1001, version), (1002, release), (1022, "x86_64")):
        index += struct.pack(">IIII", tag, 6, len(data), 1)
        data += text.encode() + b"\0"
    if epoch is not None:
        data += bytes(-len(data) % 4)
        index += struct.pack(">IIII", 1003, 4, len(data), 1)
        data += struct.pack(">I", epoch)
    return struct.pack(">II", len(index) // 16, len(data)) + index + data


def database(
    *headers: object, schema: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
) -> bytes:
    """A database of these headers."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute(schema)
        for each in headers:
            made.execute("INSERT INTO Packages (blob) VALUES (?)", (each,))
        made.commit()
        return made.serialize()


BASH, GLIBC = header("bash", "5.2.26", "3.fc40"), header("glibc", "2.39", "1.fc40", 2)
KEY = header("gpg-pubkey", "a1b2", "c3d4")


def surface(tmp_path: Path, **files: bytes) -> Surface:
    """The surface of an image with these files in rpm's folder."""
    here = layout(tmp_path)
    entries = tuple(file(f"var/lib/rpm/{name.replace('_', '-')}", content) for name, content in files.items())
    (found,) = measured(here, image(here, "x", entries))
    return found.surface


def test_what_rpm_has_installed_is_listed_with_its_epoch_and_keys_are_none() -> None:
    assert rpm_packages(read_headers(database(GLIBC, KEY, BASH))) == (
        InstalledPackage(Manager.RPM, "bash", "5.2.26-3.fc40"),
        InstalledPackage(Manager.RPM, "glibc", "2:2.39-1.fc40"),
    )


def test_an_image_of_fedora_holds_what_rpm_says(tmp_path: Path) -> None:
    found = surface(
        tmp_path, **{"rpmdb.sqlite": database(BASH), "rpmdb.sqlite_wal": b"", "rpmdb.sqlite_shm": b"x"}
    )
    assert [held.package.name for held in found.packages] == ["bash"]
    assert found.packages_unread == ()


def test_a_log_that_was_not_written_back_leaves_the_database_unread(tmp_path: Path) -> None:
    found = surface(tmp_path, **{"rpmdb.sqlite": database(BASH), "rpmdb.sqlite_wal": b"changes"})
    assert found.packages_unread == ("var/lib/rpm/rpmdb.sqlite-wal",)


def test_a_database_that_is_marked_as_having_a_log_is_read() -> None:
    content = bytearray(database(BASH))
    content[18:20] = b"\x02\x02"
    assert len(read_headers(bytes(content))) == 1


VIEW = "CREATE VIEW Packages AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS blob FROM n"

COMPUTED = database(schema="CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob AS (zeroblob(900000000)))")


def sharing(rows: int) -> bytes:
    """A database whose rows all lie in the pages of the first, as SQLite itself never writes."""
    blob = bytes(37_413)  # of which some 600 bytes stand with the row, and nine pages elsewhere
    content = bytearray(database(*[blob] * rows))
    cells = [struct.unpack_from(">H", content, 4096 + 8 + 2 * row)[0] for row in range(rows)]
    size = cells[0] - cells[1]
    first = content[4096 + cells[0] + size - 4 : 4096 + cells[0] + size]
    for cell in cells:
        content[4096 + cell + size - 4 : 4096 + cell + size] = first
    pages = 2 + 9
    content[28:32] = struct.pack(">I", pages)
    return bytes(content[: pages * 4096])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a database of SQLite"),
        (b"SQLite format 3\0" + bytes(200), "rpm database: "),
        (database(BASH)[:5000], "rpm database: "),
        (database(schema=VIEW), "expected a table of packages"),
        (database(schema="CREATE TABLE other (x)"), "expected a table of packages, found none"),
        (sharing(5), "its packages are larger than it is"),
        (COMPUTED, "found one that is computed: 'blob'"),
        (database(schema="CREATE VIRTUAL TABLE Packages USING fts5(blob)"), "expected a table of packages"),
        (database("text"), "expected headers of bytes"),
        (database(None), "expected headers of bytes"),
        (database(b"short"), "expected a header, found 5 bytes"),
        (database(BASH[:40]), "a header states more than it has"),
        (database(struct.pack(">II", 0, 0)), "none of tag 1000"),
        (database(struct.pack(">II", 1, 1) + struct.pack(">IIII", 1000, 6, 9, 1) + b"x"), "cut off"),
        (database(struct.pack(">II", 1, 1) + struct.pack(">IIII", 1003, 4, 0, 1) + b"x"), "cut off"),
    ],
)
def test_a_damaged_or_hostile_database_is_malformed(content: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        rpm_packages(read_headers(content))


def test_a_damaged_database_is_named_as_unread(tmp_path: Path) -> None:
    found = surface(tmp_path, **{"rpmdb.sqlite": database(BASH[:40])})
    assert (found.packages, found.packages_unread) == ((), (PATH,))


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 255)), max_size=8))
def test_a_mutated_database_raises_nothing_but_our_errors(changes: list[tuple[int, int]]) -> None:
    content = bytearray(database(BASH, GLIBC))
    for at, value in changes:
        content[at % len(content)] = value
    with suppress(Malformed):
        rpm_packages(read_headers(bytes(content)))


@given(st.binary(max_size=200))
def test_noise_as_a_header_raises_nothing_but_our_errors(noise: bytes) -> None:
    with suppress(Malformed):
        rpm_packages((noise,))


@given(st.text("abc-+.", min_size=1), st.text("0123.", min_size=1), st.integers(0, 2**32 - 1))
def test_every_header_is_read_back(name: str, version: str, epoch: int) -> None:
    (found,) = rpm_packages((header(name, version, "1", epoch),))
    assert (found.name, found.version) == (name, f"{version}-1" if epoch == 0 else f"{epoch}:{version}-1")


def test_a_database_that_rpm_itself_wrote_is_read() -> None:
    content = gzip.decompress((Path(__file__).parents[1] / "vectors" / "rpm" / "rpmdb.sqlite.gz").read_bytes())
    assert rpm_packages(read_headers(content)) == (InstalledPackage(Manager.RPM, "hello", "4:1.2-3"),)
