"""Headers of a tar archive that say more about the member after them: pax records, and GNU's long names.

Programs disagree about which of several names counts, and an image's builder could have one path examined here and
another one unpacked where it runs. What runtimes (Go, ``archive/tar``) and POSIX tools read differently is refused.

Source: POSIX.1-2001 pax, "pax Extended Header"; GNU tar, "Basic Tar Format" and "Storing Sparse Files".
"""

from typing import Final

from pratique.errors import Malformed

COMMON: Final = b"g"
"""The type of a header that holds for every member after it."""
OWN: Final = (b"x", b"L", b"K")
"""The types of headers that hold for the next member: pax records, a long path, a long target."""
_NAMING: Final = ("path", "linkpath", "size")
_SPARSE: Final = "GNU.sparse."


class Extended:
    """What extended headers say about the next member."""

    def __init__(self) -> None:
        """Begin before any of them."""
        self.records: dict[str, bytes] = {}
        self._long: dict[bytes, bytes] = {}

    def take(self, kind: bytes, content: bytes, what: str) -> None:
        """Take a header of one of the types ``OWN``; ``Malformed`` where it is damaged or ambiguous."""
        if kind != b"x":
            self._long[kind] = content.rstrip(b"\0")
            return
        self.records = read_records(content, what)
        if any(key.startswith(_SPARSE) for key in self.records):
            raise Malformed(
                f"{what}: a sparse file is written as pax records, which programs read differently; build it again "
                "without --sparse"
            )

    def common(self, content: bytes, what: str) -> dict[str, bytes]:
        """Return the records of a header of the type ``COMMON``; ``Malformed`` where it is damaged or ambiguous."""
        records = read_records(content, what)
        named = [key for key in records if key in _NAMING or key.startswith(_SPARSE)]
        if named or self.records or self._long:  # which runtimes do not apply, or after which they forget the rest
            told = f"states {named[0]}" if named else "stands between a member and its own"
            raise Malformed(
                f"{what}: a header for all members {told}, which programs read differently; build it again without it"
            )
        return records

    def path(self, what: str) -> bytes:
        """Return the next member's path, empty where only its own header says."""
        return self._agreed(self.records.get("path", b""), self._long.get(b"L", b""), what)

    def target(self, what: str) -> bytes:
        """Return what the next member links to, empty where only its own header says."""
        return self._agreed(self.records.get("linkpath", b""), self._long.get(b"K", b""), what)

    def _agreed(self, record: bytes, long: bytes, what: str) -> bytes:
        if record and long and record != long:
            raise Malformed(
                f"{what}: a member has the two names {record[:80]!r} and {long[:80]!r}; refused as ambiguous"
            )
        return record or long


def read_records(content: bytes, what: str) -> dict[str, bytes]:
    """Read pax records, each ``"%d %s=%s\\n"`` with its own length in front.

    Raises:
        Malformed: They are damaged.
    """
    found: dict[str, bytes] = {}
    at = 0
    while at < len(content) and content[at] != 0:
        space = content.find(b" ", at, at + 20)
        digits = content[at:space]
        if space < 0 or not digits.isdigit():
            raise Malformed(f"{what}: expected a length in an extended header, found {content[at : at + 20]!r}")
        end = at + int(digits)
        key, equals, value = content[space + 1 : end - 1].partition(b"=")
        if not equals or end > len(content) or content[end - 1 : end] != b"\n":
            raise Malformed(f"{what}: a record of an extended header is cut off; it is damaged")
        found[key.decode("utf-8", "backslashreplace")] = value
        at = end
    return found
