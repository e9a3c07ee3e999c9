"""rpm's database as Berkeley DB keeps it (``Packages``), which images of older Red Hat systems have.

Only what a hash table needs to list its values is read: pages of pairs, and chains of pages for values that are too
large for one. Every page of pairs is looked at, whatever bucket it is of, so that nothing that rpm finds is missed;
no page of a chain counts twice. Numbers are in the order of the machine that wrote them, which the magic tells.

Source: Berkeley DB 5.3, dbinc/db_page.h and dbinc/hash.h; rpm, lib/backend/bdb_ro.c.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.surface.rpm import MAX_PACKAGES

_WHAT: Final = "rpm database (Berkeley DB)"
_MAGIC: Final = 0x061561
"""Of a hash table, at byte 12."""
_VERSIONS: Final = frozenset((8, 9, 10))
_META: Final = 72
_PAGE_HEAD: Final = 26
_UNSORTED, _SORTED, _OVERFLOW = 2, 13, 7
"""Types of pages: of pairs as an older and a newer version keep them, and of a chain."""
_INLINE, _LARGE = 1, 3
"""Types of items: here on the page, or on a chain of pages."""
_COUNTER: Final = b"\0\0\0\0"
"""The key under which rpm keeps the last number that it gave away; its value is no header."""


def berkeley_headers(content: bytes) -> tuple[bytes, ...]:
    """Return the header of every package, in the order of the pages.

    Raises:
        Malformed: It is no such database, or damaged.
    """
    table = _Table(content)
    found = tuple(islice((value for key, value in table.pairs() if key != _COUNTER), MAX_PACKAGES + 1))
    if len(found) > MAX_PACKAGES:
        raise _damaged(f"expected at most {MAX_PACKAGES} packages, found more")
    return found


class _Table:
    """A hash table's pages."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._order = _order(content)
        version, size = struct.unpack_from(f"{self._order}II", content, 16)
        (last,) = struct.unpack_from(f"{self._order}I", content, 32)
        if version not in _VERSIONS or size & (size - 1) or not 512 <= size <= 65536:
            raise _damaged(f"expected a hash table of version 8 to 10, found version {version}, pages of {size}")
        if (last + 1) * size > len(content):
            raise _damaged("it is cut off")
        self._size, self._last = size, last
        self._chained: set[int] = set()

    def pairs(self) -> Iterator[tuple[bytes, bytes]]:
        for number in range(1, self._last + 1):
            page = self._page(number)
            if page[25] in (_UNSORTED, _SORTED):
                items = self._items(page)
                yield from zip(items[::2], items[1::2], strict=True)

    def _page(self, number: int) -> bytes:
        if not 1 <= number <= self._last:
            raise _damaged("it points at a page that it has not")
        return self._content[number * self._size : (number + 1) * self._size]

    def _items(self, page: bytes) -> list[bytes]:
        """Return what a page holds, keys and values in turn; each item ends where the one before begins."""
        count = self._number("H", page, 20)
        if count % 2 or _PAGE_HEAD + 2 * count > self._size:
            raise _damaged("a page has more items than fit, or a key without value")
        starts = struct.unpack_from(f"{self._order}{count}H", page, _PAGE_HEAD)
        ends = (self._size, *starts)
        if any(not _PAGE_HEAD + 2 * count <= start < end for start, end in zip(starts, ends, strict=False)):
            raise _damaged("items of a page overlap")
        return [self._item(page[start:end]) for start, end in zip(starts, ends, strict=False)]

    def _item(self, item: bytes) -> bytes:
        if item[0] == _INLINE:
            return item[1:]
        if item[0] != _LARGE or len(item) != 12:
            raise _damaged(f"a pair of a kind that rpm does not write ({item[0]})")
        return self._chain(self._number("I", item, 4), self._number("I", item, 8))

    def _chain(self, number: int, length: int) -> bytes:
        parts: list[bytes] = []
        while length > 0:
            page = self._page(number)
            held = self._number("H", page, 22)
            if (
                page[25] != _OVERFLOW
                or number in self._chained
                or not 0 < held <= min(length, self._size - _PAGE_HEAD)
            ):
                raise _damaged("a chain of pages is broken")
            self._chained.add(number)
            parts.append(page[_PAGE_HEAD : _PAGE_HEAD + held])
            length -= held
            number = self._number("I", page, 16)
        return b"".join(parts)

    def _number(self, kind: str, content: bytes, at: int) -> int:
        return int(struct.unpack_from(f"{self._order}{kind}", content, at)[0])


def _order(content: bytes) -> str:
    """Return how the machine wrote numbers that wrote this, in the words of ``struct``."""
    if len(content) >= _META:
        for order in "<>":
            if struct.unpack_from(f"{order}I", content, 12)[0] == _MAGIC:
                return order
    raise Malformed(f"{_WHAT}: expected a hash table of Berkeley DB; look at the file in the image")


def _damaged(how: str) -> Malformed:
    return Malformed(f"{_WHAT}: {how}; look at the file in the image")
