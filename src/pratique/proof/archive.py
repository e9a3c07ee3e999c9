"""The one tar that a proof may be: plain files with short names, one after the other, and nothing that two readers
could understand in two ways.

No links, no folders, no extended headers, no sparse files, no second meaning of a field: every header must be byte
for byte the one that is written here. Source: POSIX.1-1988, ustar.
"""

from pratique.errors import Malformed

BLOCK_BYTES = 512
END = bytes(2 * BLOCK_BYTES)
_KINDS = {b"1": "a hard link", b"2": "a symbolic link", b"5": "a folder", b"x": "an extended header"}


def build_header(name: str, size: int) -> bytes:
    """Return the header of a file.

    Args:
        name: At most 100 bytes of ASCII.
        size: In bytes, less than 8 GiB.
    """
    fields = (
        (name.encode("ascii"), 100),
        (b"0000644\0", 8),
        (b"0000000\0", 8),
        (b"0000000\0", 8),
        (f"{size:011o}\0".encode(), 12),
        (b"00000000000\0", 12),
        (b" " * 8, 8),
        (b"0", 1),
        (b"", 100),
        (b"ustar\00000", 8),
        (b"", 247),
    )
    header = b"".join(value.ljust(width, b"\0") for value, width in fields)
    return header[:148] + f"{sum(header):06o}\0 ".encode() + header[156:]


def parse_header(block: bytes) -> tuple[str, int] | None:
    """Return the name and size in bytes that a header states; None where the archive ends.

    Raises:
        Malformed: It is the header of anything but a plain file, or is written otherwise than :func:`build_header`
            does.
    """
    if len(block) != BLOCK_BYTES:
        raise Malformed("archive: it is cut off; get it again")
    if not any(block):
        return None
    name = block[:100].rstrip(b"\0").decode("latin-1")
    kind = block[156:157]
    if kind != b"0":
        found = _KINDS.get(kind, f"a member of the kind {kind!r}")
        raise Malformed(f"archive, {name[:120]!r}: expected a plain file, found {found}")
    size = _octal(block[124:135], name)
    if not name.isascii() or build_header(name, size) != block:
        raise Malformed(
            f"archive, {name[:120]!r}: expected a header as `pratique proof export --tar` writes it, found another; "
            "unpack it and verify the folder"
        )
    return name, size


def _octal(digits: bytes, name: str) -> int:
    if not digits or digits.strip(b"01234567"):
        raise Malformed(f"archive, {name[:120]!r}: expected its size as 11 octal digits")
    return int(digits, 8)


def padding(size: int) -> bytes:
    """Return what fills the last block of a file with so many bytes."""
    return bytes(-size % BLOCK_BYTES)
