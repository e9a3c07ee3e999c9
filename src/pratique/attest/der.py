"""DER: the one spelling of ASN.1 values in bytes, as far as timestamps need it.

Strict: definite lengths in their shortest form, low tag numbers, nothing behind a value. Source: ITU-T X.690, 8 and 10.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pratique.errors import Malformed
from pratique.values.dataclass import dataclass

BOOLEAN, INTEGER, OCTETS, OID, SEQUENCE, SET, TIME = 0x01, 0x02, 0x04, 0x06, 0x30, 0x31, 0x18
_LONG = 0x80
_HIGH_TAG = 0x1F
_MAX_LENGTH_BYTES = 4


def context(number: int) -> int:
    """Return the tag of a constructed value that its context names by this number."""
    return 0xA0 | number


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag, what is in it, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> tuple["Value", ...]:
        """Return the values in it, in order; raises ``Malformed``."""
        return tuple(_values(self.content))


def parse_der(content: bytes) -> Value:
    """Return the one value that these bytes spell.

    Raises:
        Malformed: They spell none, or more follows.
    """
    value = _first(content)
    if len(value.whole) != len(content):
        raise Malformed(f"DER: expected nothing behind the value, found {len(content) - len(value.whole)} bytes")
    return value


def _values(content: bytes) -> Iterator[Value]:
    at = 0
    while at < len(content):
        value = _first(content[at:])
        yield value
        at += len(value.whole)


def _first(content: bytes) -> Value:
    if len(content) < 2:
        raise Malformed(f"DER: expected a tag and a length, found {len(content)} bytes")
    tag, first = content[0], content[1]
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise Malformed(f"DER: expected a tag number below 31, found {tag:#04x}")
    start, length = (2, first) if first < _LONG else _long_length(content, first - _LONG)
    if len(content) < start + length:
        raise Malformed(f"DER: expected {length} bytes, found {len(content) - start}")
    return Value(tag, content[start : start + length], content[: start + length])


def _long_length(content: bytes, count: int) -> tuple[int, int]:
    """Return where the content starts and its length, which takes this many bytes to write."""
    spelt = content[2 : 2 + count]
    length = int.from_bytes(spelt)
    if not 1 <= count <= _MAX_LENGTH_BYTES or len(spelt) < count or not spelt[0] or length < _LONG:
        raise Malformed("DER: expected a definite length in its shortest form")
    return 2 + count, length


class Reader:
    """Takes the parts of one value in order, each of the tag that it must or may have."""

    def __init__(self, value: Value, tag: int, where: str) -> None:
        """Read the parts of a value that has this tag; ``where`` names it in errors."""
        if value.tag != tag:
            raise Malformed(f"{where}: expected the tag {tag:#04x}, found {value.tag:#04x}")
        self._left = list(reversed(value.parts()))
        self._where = where

    def take(self, tag: int) -> Value:
        """Return the next part; raises ``Malformed`` where it is another one or none."""
        found = self.maybe(tag)
        if found is None:
            there = f"{self._left[-1].tag:#04x}" if self._left else "the end"
            raise Malformed(f"{self._where}: expected the tag {tag:#04x}, found {there}")
        return found

    def maybe(self, tag: int) -> Value | None:
        """Return the next part if it has this tag."""
        return self._left.pop() if self._left and self._left[-1].tag == tag else None

    def end(self) -> None:
        """Return if nothing is left; raises ``Malformed``."""
        if self._left:
            raise Malformed(f"{self._where}: expected the end, found the tag {self._left[-1].tag:#04x}")


def integer(value: Value) -> int:
    """Return a number; raises ``Malformed`` where it is not in its shortest form."""
    digits = value.content
    if not digits or (len(digits) > 1 and (digits[0], digits[1] >> 7) in ((0, 0), (0xFF, 1))):
        raise Malformed("DER: expected a number in its shortest form")
    return int.from_bytes(digits, signed=True)


def oid(value: Value) -> str:
    """Return an object identifier in dots."""
    arcs, arc = [], 0
    for place, byte in enumerate(value.content):
        if not arc and byte == _LONG and (place == 0 or value.content[place - 1] < _LONG):
            raise Malformed("DER: expected an object identifier in its shortest form")
        arc = arc << 7 | byte & 0x7F
        if byte < _LONG:
            arcs.append(arc)
            arc = 0
    if not arcs or value.content[-1] >= _LONG:
        raise Malformed("DER: expected a whole object identifier")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def moment(value: Value) -> datetime:
    """Return a time, UTC, cut to microseconds: ``YYYYMMDDhhmmss[.f…]Z``; raises ``Malformed``."""
    text = value.content.decode("ascii", "replace")
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    digits = whole + fraction
    good = text.endswith("Z") and digits.isascii() and digits.isdigit() and len(whole) == 14
    if not good or bool(dot) != bool(fraction) or fraction.endswith("0"):
        raise Malformed(f"DER: expected a time such as 20261124140000Z, found {text[:40]!r}")
    year, (month, day, hour, minute, second) = int(whole[:4]), (int(whole[at : at + 2]) for at in range(4, 14, 2))
    try:
        read = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Malformed(f"DER: expected a time, found {text[:40]!r}: {error}") from error
    return read + timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
