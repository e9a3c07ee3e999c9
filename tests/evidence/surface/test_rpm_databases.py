"""rpm's older databases, Berkeley DB and ndb: what is installed is listed, and what is damaged is refused."""

import gzip
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.test_rpm_database import BASH, GLIBC, KEY, surface

from pratique.errors import Malformed
from pratique.evidence.surface.rpm import rpm_packages
from pratique.evidence.surface.rpm_berkeley import berkeley_headers
from pratique.evidence.surface.rpm_ndb import ndb_headers

VECTORS = Path(__file__).parents[2] / "vectors" / "rpm"
PAGE, BLOCK = 4096, 16


def vector(name: str) -> bytes:
    return gzip.decompress((VECTORS / name).read_bytes())


def ndb(*headers: bytes, pages: int = 1, gap: int = 0) -> bytes:
    """A database as rpm's source describes it, with free slots before each used one and free blocks between."""
    slots, body, block = b"", b"", pages * PAGE // BLOCK
    for number, header in enumerate(headers, 1):
        count = -(-(len(header) + 28) // BLOCK)
        padding = bytes(count * BLOCK - len(header) - 28)
        body += bytes(gap * BLOCK) + struct.pack("<4sIII", b"BlbS", number, 7, len(header)) + header + padding
        body += struct.pack("<II4s", 0, len(header), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", 0, 0, 0)
        slots += struct.pack("<4sIII", b"Slot", number, block + gap, count)
        block += gap + count
    slots += struct.pack("<4sIII", b"Slot", 0, 0, 0) * ((pages * PAGE - 32 - len(slots)) // BLOCK)
    return struct.pack("<4sIIII12x", b"RpmP", 0, 1, pages, len(headers) + 1) + slots + body


FIVE = [f"hello{number}" for number in range(1, 6)]


@pytest.mark.parametrize(("name", "times"), [("Packages.gz", 1), ("Packages.big-endian.gz", 8)])
def test_what_berkeley_db_wrote_is_read_on_either_kind_of_machine(name: str, times: int) -> None:
    headers = berkeley_headers(vector(name))
    assert len(headers) == 5 * times
    assert [(one.name, one.version) for one in rpm_packages(headers)] == [(one, "4:1.2-3") for one in FIVE]


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=12), st.integers(1, 3), st.integers(0, 2))
def test_every_header_of_an_ndb_is_read_back(headers: list[bytes], pages: int, gap: int) -> None:
    assert ndb_headers(ndb(*headers, pages=pages, gap=gap)) == tuple(headers)


@pytest.mark.parametrize(
    ("name", "content", "packages"),
    [
        ("Packages", vector("Packages.gz"), FIVE),
        ("Packages.db", ndb(GLIBC, KEY, BASH), ["bash", "glibc"]),
    ],
)
def test_an_image_of_an_older_system_holds_what_rpm_says(
    tmp_path: Path, name: str, content: bytes, packages: list[str]
) -> None:
    found = surface(tmp_path, **{name: content})
    assert [held.package.name for held in found.packages] == packages
    assert found.packages_unread == ()


READERS: tuple[tuple[Callable[[bytes], tuple[bytes, ...]], bytes], ...] = (
    (berkeley_headers, vector("Packages.gz")),
    (berkeley_headers, vector("Packages.big-endian.gz")),
    (ndb_headers, ndb(BASH, GLIBC)),
)


def changed(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


TABLE = vector("Packages.gz")
PAIRS = next(at for at in range(PAGE, len(TABLE), PAGE) if TABLE[at + 25] == 13)
"""The first page of pairs."""
ITEMS = tuple(PAIRS + start for start in struct.unpack_from("<6H", TABLE, PAIRS + 26))
LARGE, OTHER = (at for at in ITEMS if TABLE[at] == 3)
"""Values that lie on chains of pages."""
LAST = struct.pack("<I", 1_000_000)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a hash table"),
        (changed(TABLE, 12, b"xxxx"), "expected a hash table"),
        (changed(TABLE, 16, b"\x07"), "version 7"),
        (changed(TABLE, 20, struct.pack("<I", 4097)), "pages of 4097"),
        (changed(TABLE, 20, struct.pack("<I", 0)), "pages of 0"),
        (TABLE[:-1], "cut off"),
        (changed(TABLE, PAIRS + 20, b"\x03"), "a key without value"),
        (changed(TABLE, PAIRS + 20, b"\xff\xfe"), "more items than fit"),
        (changed(TABLE, PAIRS + 26, b"\xff\xff"), "items of a page overlap"),
        (changed(TABLE, LARGE, b"\x02"), "of a kind that rpm does not write"),
        (changed(TABLE, LARGE + 4, LAST), "a page that it has not"),
        (changed(TABLE, LARGE + 4, bytes(4)), "a page that it has not"),
        (changed(TABLE, LARGE + 8, LAST), "chain of pages is broken|a page that it has not"),
    ],
)
def test_a_damaged_table_of_berkeley_db_is_malformed(content: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        berkeley_headers(content)


def test_a_chain_of_pages_that_two_values_share_is_refused() -> None:
    shared = changed(TABLE, OTHER + 4, TABLE[LARGE + 4 : LARGE + 12])
    with pytest.raises(Malformed, match="chain of pages is broken"):
        berkeley_headers(shared)


GOOD = ndb(BASH, GLIBC)
SLOT = 32 + BLOCK  # the first that is used


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected a database of rpm"),
        (b"RpmX" + GOOD[4:], "expected a database of rpm"),
        (changed(GOOD, 4, b"\x01"), "states what it has not"),
        (changed(GOOD, 12, bytes(4)), "states what it has not"),
        (changed(GOOD, 12, b"\xff\xff"), "states what it has not"),
        (changed(GOOD, SLOT, b"slot"), "a slot is none"),
        (changed(GOOD, SLOT + 4, bytes(4)), "blocks that are not its own"),
        (changed(GOOD, SLOT + 8, b"\x01\0\0\0"), "blocks that are not its own"),
        (changed(GOOD, SLOT + 12, b"\xff\xff\0\0"), "blocks that are not its own"),
        (changed(GOOD, SLOT + 2 * BLOCK + 8, GOOD[SLOT + 8 : SLOT + 12]), "blocks that are not its own"),
        (changed(GOOD, SLOT + 2 * BLOCK + 4, GOOD[SLOT + 4 : SLOT + 8]), "two slots are of one package"),
        (changed(GOOD, PAGE, b"xxxx"), "does not begin where its slot says"),
        (changed(GOOD, PAGE + 12, b"\xff\xff"), "does not begin where its slot says"),
        (changed(GOOD, len(GOOD) - 4, b"xxxx"), "does not end where its slot says"),
        (GOOD[:-BLOCK], "blocks that are not its own"),
    ],
)
def test_a_damaged_ndb_is_malformed(content: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        ndb_headers(content)


@pytest.mark.parametrize(("reader", "content"), READERS)
@given(changes=st.lists(st.tuples(st.integers(0, 200_000), st.binary(min_size=1, max_size=4)), max_size=6))
def test_a_mutated_database_raises_nothing_but_our_errors_and_never_grows(
    reader: Callable[[bytes], tuple[bytes, ...]], content: bytes, changes: list[tuple[int, bytes]]
) -> None:
    for at, new in changes:
        content = changed(content, at % (len(content) - 4), new)
    with suppress(Malformed):
        headers = reader(content)
        assert sum(map(len, headers)) <= len(content)
        rpm_packages(headers)


@pytest.mark.parametrize("name", ["Packages", "Packages.db"])
def test_a_damaged_database_is_named_as_unread_and_never_empty(tmp_path: Path, name: str) -> None:
    found = surface(tmp_path, **{name: TABLE[:5000] if name == "Packages" else GOOD[:-BLOCK]})
    assert (found.packages, found.packages_unread) == ((), (f"var/lib/rpm/{name}",))


def test_no_database_lists_more_packages_than_anybody_has() -> None:
    slots = b"".join(struct.pack("<4sIII", b"Slot", number, 1, 1) for number in range(1, 100_002))
    pages = -(-(32 + len(slots)) // PAGE)
    head = struct.pack("<4sIIII12x", b"RpmP", 0, 1, pages, 1)
    with pytest.raises(Malformed, match="at most 100000 packages"):
        ndb_headers((head + slots).ljust(pages * PAGE, b"\0"))


def test_no_hash_table_lists_more_packages_than_anybody_has() -> None:
    size, each = 65536, 4
    count = (size - 26) // (2 * (2 + each)) * 2
    starts = [size - each * number for number in range(1, count + 1)]
    page = bytearray(size)
    struct.pack_into("<H", page, 20, count)
    page[25] = 13
    struct.pack_into(f"<{count}H", page, 26, *starts)
    for start in starts:
        page[start : start + each] = b"\x01abc"
    pages = 100_000 // (count // 2) + 1
    first = bytearray(size)
    struct.pack_into("<III", first, 12, 0x061561, 9, size)
    struct.pack_into("<I", first, 32, pages)
    with pytest.raises(Malformed, match="at most 100000 packages"):
        berkeley_headers(bytes(first) + bytes(page) * pages)
