"""rpm's database in its own form (``Packages.db``), which SUSE's images have: the header of every package.

A table of slots says where each header lies, in blocks of 16 bytes; numbers are little-endian. Whoever wrote it is
not believed: a slot that points outside, at another's blocks, or at what is no header is refused.

Source: rpm, lib/backend/ndb/rpmpkg.c.
"""

import struct
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.surface.rpm import MAX_PACKAGES

_WHAT: Final = "rpm database (ndb)"
_MAGIC, _SLOT_MAGIC, _HEAD_MAGIC, _TAIL_MAGIC = b"RpmP", b"Slot", b"BlbS", b"BlbE"
_VERSION: Final = 0
_PAGE: Final = 4096
_BLOCK: Final = 16
_FIRST: Final = 32
"""The first slot; the file's own head stands before it."""
_HEAD: Final = struct.Struct("<4sIII")
_AROUND: Final = 16 + 12


def ndb_headers(content: bytes) -> tuple[bytes, ...]:
    """Return the header of every package, in the order of the slots.

    Raises:
        Malformed: It is no such database, or damaged.
    """
    slots = _slots(content)
    _refuse_overlap(slots, _pages(content) * _PAGE // _BLOCK, len(content) // _BLOCK)
    if len({package for package, _, _ in slots}) != len(slots):
        raise _damaged("two slots are of one package")
    return tuple(_blob(content, *slot) for slot in slots)


Slot = tuple[int, int, int]
"""A package's number, its first block, and how many blocks it has."""


def _pages(content: bytes) -> int:
    if len(content) < _FIRST or content[:4] != _MAGIC:
        raise Malformed(f"{_WHAT}: expected a database of rpm; look at the file in the image")
    version, _, pages = struct.unpack_from("<III", content, 4)
    if version != _VERSION or not 1 <= pages <= len(content) // _PAGE:
        raise _damaged("its head states what it has not")
    return int(pages)


def _slots(content: bytes) -> tuple[Slot, ...]:
    end = _pages(content) * _PAGE
    found = []
    for magic, package, block, count in _HEAD.iter_unpack(content[_FIRST:end]):
        if magic != _SLOT_MAGIC:
            raise _damaged("a slot is none")
        if block:
            found.append((package, block, count))
        if len(found) > MAX_PACKAGES:
            raise _damaged(f"expected at most {MAX_PACKAGES} packages, found more")
    return tuple(found)


def _refuse_overlap(slots: tuple[Slot, ...], first: int, end: int) -> None:
    """Return if every slot has blocks of its own, behind the table and within the file."""
    for package, block, count in sorted(slots, key=lambda slot: slot[1]):
        if not package or not count or block < first or block + count > end:
            raise _damaged("a slot points at blocks that are not its own")
        first = block + count


def _blob(content: bytes, package: int, block: int, count: int) -> bytes:
    begin, end = block * _BLOCK, (block + count) * _BLOCK
    magic, owner, _, length = _HEAD.unpack_from(content, begin)
    if (magic, owner) != (_HEAD_MAGIC, package) or count != -(-(length + _AROUND) // _BLOCK):
        raise _damaged("a header does not begin where its slot says")
    _, again, tail = struct.unpack_from("<II4s", content, end - 12)
    if (tail, again) != (_TAIL_MAGIC, length):
        raise _damaged("a header does not end where its slot says")
    return content[begin + 16 : begin + 16 + length]


def _damaged(how: str) -> Malformed:
    return Malformed(f"{_WHAT}: {how}; look at the file in the image")
