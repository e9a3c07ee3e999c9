"""The Merkle tree of a log: leaf and node hashes, and the root kept up to date as the log grows.

An odd subtree at the right edge moves up unchanged; it is never paired with itself. SHA-256 only.

Source: RFC 6962 section 2.1, which RFC 9162 section 2.1.1 repeats.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Self

from pratique.errors import Malformed
from pratique.tlog.lines import HASH_BYTES, MAX_NUMBER
from pratique.values.dataclass import dataclass

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves."""

MAX_SIZE = MAX_NUMBER

_SIZE_BYTES = 8


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry; the entry may be empty."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees, each 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def parents(row: Sequence[bytes]) -> list[bytes]:
    """Return the nodes above a row of perfect subtrees; an odd last one has no parent yet."""
    return [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]


def fold(subtrees: Sequence[bytes]) -> bytes:
    """Return the hash over perfect subtrees that stand side by side, largest first, at least one."""
    found = subtrees[-1]
    for subtree in reversed(subtrees[:-1]):
        found = node_hash(subtree, found)
    return found


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed of a tree to append to it and to know its root.

    Attributes:
        size: Leaves so far.
        stack: The perfect subtrees that the tree consists of, largest first: one for each 1 bit of ``size``.
    """

    size: int = 0
    stack: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise Malformed(f"frontier: expected a size from 0 to 2^63-1, found {self.size}")
        if self.size.bit_count() != len(self.stack):
            raise Malformed(
                f"frontier: a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees, "
                f"found {len(self.stack)}; rebuild it from the leaf hashes"
            )
        if not set(map(len, self.stack)) <= {HASH_BYTES}:
            raise Malformed(f"frontier: expected hashes of {HASH_BYTES} bytes each")

    def append(self, leaf: bytes) -> Self:
        """Return the tree with one more leaf hash, for one node hash on average."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Self:
        """Return the tree with these leaf hashes appended in order.

        Raises:
            Malformed: A leaf hash is not 32 bytes long, or the tree would grow beyond ``MAX_SIZE``.
        """
        row = list(leaves)
        size = self.size + len(row)
        if not set(map(len, row)) <= {HASH_BYTES}:
            raise Malformed(f"frontier: expected leaf hashes of {HASH_BYTES} bytes each")

        # Row by row from the leaves up: a subtree that waited for its right neighbour joins in front, and one
        # without neighbour stays behind. What stands higher than the last row touched is as it was.
        waiting, staying, height = list(self.stack), list[bytes](), 0
        while row:
            if self.size >> height & 1:
                row.insert(0, waiting.pop())
            if len(row) % 2:
                staying.append(row.pop())
            row = parents(row)
            height += 1
        return type(self)(size, (*waiting, *reversed(staying)))

    def root(self) -> bytes:
        """Return the root of the whole tree, for at most one node hash per subtree."""
        return fold(self.stack) if self.stack else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Return the size as 8 bytes, big-endian, and then the stack: at most 2,024 bytes."""
        return self.size.to_bytes(_SIZE_BYTES) + b"".join(self.stack)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote.

        Raises:
            Malformed: The length is wrong, or does not agree with the size.
        """
        size, hashes = content[:_SIZE_BYTES], content[_SIZE_BYTES:]
        if len(size) != _SIZE_BYTES or len(hashes) % HASH_BYTES:
            raise Malformed(f"frontier: expected 8 + n × {HASH_BYTES} bytes, found {len(content)}")
        stack = tuple(hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES))
        return cls(int.from_bytes(size), stack)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes, in order."""
    return Frontier().extend(leaves).root()
