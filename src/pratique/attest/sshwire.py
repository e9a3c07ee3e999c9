"""Values as SSH writes them, taken off the front of some bytes.

Source: RFC 4251 section 5. Read strictly: a value has one spelling, and nothing may be left over.
"""

from pratique.errors import Malformed

_MAX_BYTES = 8192  # the largest key or signature that we accept stays well below


class Reader:
    """Takes SSH values off the front of some bytes; raises ``Malformed`` where they do not fit."""

    def __init__(self, content: bytes, what: str) -> None:
        if len(content) > _MAX_BYTES:
            raise Malformed(f"{what}: expected at most {_MAX_BYTES} bytes, found {len(content)}")
        self._content = content
        self._at = 0
        self._what = what

    def take(self, size: int) -> bytes:
        """Return exactly this many bytes."""
        taken = self._content[self._at : self._at + size]
        if len(taken) != size:
            raise Malformed(f"{self._what}: expected {size} bytes at {self._at}, found {len(taken)}")
        self._at += size
        return taken

    def uint32(self) -> int:
        """Return a big-endian number of four bytes."""
        return int.from_bytes(self.take(4))

    def string(self) -> bytes:
        """Return bytes that follow their length."""
        return self.take(self.uint32())

    def text(self) -> str:
        """Return a string of printable ASCII."""
        raw = self.string()
        if not all(0x20 < byte < 0x7F for byte in raw):
            raise Malformed(f"{self._what}: expected printable ASCII, found {raw[:40]!r}")
        return raw.decode("ascii")

    def mpint(self) -> int:
        """Return a positive number written in as few bytes as possible."""
        raw = self.string()
        number = int.from_bytes(raw, signed=True)
        if number <= 0 or raw != number.to_bytes(number.bit_length() // 8 + 1):
            raise Malformed(f"{self._what}: expected a positive mpint in its shortest form")
        return number

    def end(self) -> None:
        """Return if nothing is left."""
        if self._at != len(self._content):
            raise Malformed(f"{self._what}: {len(self._content) - self._at} unexpected bytes at the end")
