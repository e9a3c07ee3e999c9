"""Proofs that a log holds an entry (inclusion) and that it only grew (consistency).

Proofs are made from a *node source*, a function that knows the perfect subtrees of a tree, wherever they are kept:
a list of leaf hashes, a database or published tiles. Verifying needs nothing but the proof.

Source: RFC 9162 sections 2.1.3 and 2.1.4; size 0, which it leaves open, as in c2sp.org/tlog-witness.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from pratique.errors import Absent, Unverified
from pratique.tlog.lines import HASH_BYTES
from pratique.tlog.tree import EMPTY_ROOT, MAX_SIZE, fold, node_hash, parents

NodeSource = Callable[[int, int], bytes]
"""``(height, index)`` → the hash of the perfect subtree over 2^height leaves from leaf ``index << height`` on.

It is asked only for subtrees that lie wholly inside the tree.
"""

MAX_PROOF_HASHES = 63  # one for each bit of the largest size


def nodes_of(leaves: Sequence[bytes]) -> NodeSource:
    """Return a node source over leaf hashes in memory; it hashes the whole tree once, here."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        rows.append(parents(rows[-1]))
    return lambda height, index: rows[height][index]


def root_at(size: int, nodes: NodeSource) -> bytes:
    """Return the root that the tree had at this size."""
    return _range_hash(0, size, nodes) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, nodes: NodeSource) -> tuple[bytes, ...]:
    """Return the proof that the tree of this size holds the entry, from the leaf's sibling upwards.

    Raises:
        Absent: The tree has no such entry.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise Absent(f"inclusion proof: expected an index from 0 to below the tree's size {size}, found {index}")
    low, high = 0, size
    path: list[bytes] = []
    while high - low > 1:
        middle = _split(low, high)
        if index < middle:
            path.append(_range_hash(middle, high, nodes))
            high = middle
        else:
            path.append(_range_hash(low, middle, nodes))
            low = middle
    return tuple(reversed(path))


def prove_consistency(old_size: int, new_size: int, nodes: NodeSource) -> tuple[bytes, ...]:
    """Return the proof that the tree of the new size begins with the tree of the old size.

    It is empty where there is nothing to prove: from size 0, and between equal sizes.

    Raises:
        Absent: The old tree is larger than the new one.
    """
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise Absent(f"consistency proof: expected an old size from 0 to {new_size}, found {old_size}")
    low, high = 0, new_size
    path: list[bytes] = []
    while 0 < old_size < high:
        middle = _split(low, high)
        if old_size <= middle:
            path.append(_range_hash(middle, high, nodes))
            high = middle
        else:
            path.append(_range_hash(low, middle, nodes))
            low = middle
    if low:  # else the subtree is the old tree itself, whose root the verifier has
        path.append(_range_hash(low, high, nodes))
    return tuple(reversed(path))


def _split(low: int, high: int) -> int:
    """Return where the tree over ``[low, high)`` divides: after the largest power of two smaller than its size."""
    return low + (1 << (high - low - 1).bit_length() - 1)


def _range_hash(low: int, high: int, nodes: NodeSource) -> bytes:
    """Return the hash over ``[low, high)``, a subtree of the tree: ``low`` is aligned to its size."""
    subtrees: list[bytes] = []
    while low < high:
        height = (high - low).bit_length() - 1
        subtrees.append(nodes(height, low >> height))
        low += 1 << height
    return fold(subtrees)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Return if the tree with this size and root holds the leaf hash at this index (RFC 9162 section 2.1.3.2).

    Raises:
        Unverified: It does not, or the proof does not show it.
    """
    what = f"inclusion of entry {index} in a tree of {size}"
    if not 0 <= index < size <= MAX_SIZE:
        raise Unverified(f"{what}: expected an index from 0 to below the size; the proof is for no such tree")
    _check_hashes(what, (leaf, root, *proof))
    sides = tuple(_sides(index, size - 1))
    _check_length(what, len(sides), len(proof))

    found = leaf
    for side, sibling in zip(sides, proof, strict=True):
        found = node_hash(sibling, found) if side is _Side.LEFT else node_hash(found, sibling)
    _check_root(what, root, found)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Return if the tree with the new size and root begins with the old one (RFC 9162 section 2.1.4.2).

    Raises:
        Unverified: It does not, or the proof does not show it.
    """
    what = f"consistency of a tree of {old_size} with one of {new_size}"
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise Unverified(f"{what}: expected 0 ≤ old ≤ new < 2^63; a log never shrinks")
    _check_hashes(what, (old_root, new_root, *proof))
    if old_size == 0:
        _check_root(f"{what}, root of the empty tree", EMPTY_ROOT, old_root)
    if old_size == new_size:
        _check_root(what, old_root, new_root)
    if old_size in (0, new_size):  # nothing left to prove
        _check_length(what, 0, len(proof))
        return

    # The proof leaves its first hash out where the verifier has it: where the old tree is one perfect subtree.
    perfect = old_size & (old_size - 1) == 0
    sides = _consistency_sides(old_size, new_size)
    _check_length(what, len(sides) + (0 if perfect else 1), len(proof))
    old, *siblings = (old_root, *proof) if perfect else proof

    new = old
    for side, sibling in zip(sides, siblings, strict=True):
        if side is _Side.LEFT:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        else:
            new = node_hash(new, sibling)
    _check_root(f"{what}, old root", old_root, old)
    _check_root(f"{what}, new root", new_root, new)


class _Side(Enum):
    LEFT = "left"
    RIGHT = "right"


def _sides(first: int, last: int) -> Iterator[_Side]:
    """Tell, from the bottom up, on which side of the path from node ``first`` each hash of its proof stands.

    The loop of RFC 9162 sections 2.1.3.2 and 2.1.4.2 without its hashing: ``first`` and ``last`` are fn and sn.
    It ends when sn is 0, so a proof of any other length than what it yields is too long or too short.
    """
    while last:
        if first & 1 or first == last:
            yield _Side.LEFT
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            yield _Side.RIGHT
        first, last = first >> 1, last >> 1


def _consistency_sides(old_size: int, new_size: int) -> tuple[_Side, ...]:
    """Tell the sides along the path from the old tree's last perfect subtree, with which the proof begins."""
    first, last = old_size - 1, new_size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    return tuple(_sides(first, last))


def _check_hashes(what: str, hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise Unverified(f"{what}: expected hashes of {HASH_BYTES} bytes, found one of {len(value)}")


def _check_length(what: str, expected: int, found: int) -> None:
    if found != expected:
        raise Unverified(f"{what}: expected a proof of {expected} hashes, found {found}; ask for the proof anew")


def _check_root(what: str, expected: bytes, found: bytes) -> None:
    if found != expected:
        raise Unverified(f"{what}: expected {expected.hex()}, found {found.hex()}; do not trust the log on this")
