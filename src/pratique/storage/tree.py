"""The ledger's tree beside its events: every fourth row of perfect subtrees is kept, so that proofs read little.

A proof over n entries asks for about log2(n) subtrees; each is hashed from at most fifteen kept ones. The rows at
heights 8, 16, … are the hashes that published tiles hold (c2sp.org/tlog-tiles).
"""

import sqlalchemy as sa

from pratique.errors import Absent
from pratique.storage.direct import Direct
from pratique.storage.schema import EVENT, TREE_NODE
from pratique.tlog.tree import parents

STEP = 4
"""Heights that are multiples of this are kept; height 0 is the leaf hashes in the event table."""

_LEAVES = Direct(
    sa.select(EVENT.c.leaf_hash)
    .where(EVENT.c.idx >= sa.bindparam("start"), EVENT.c.idx < sa.bindparam("end"))
    .order_by(EVENT.c.idx)
)
_NODES = Direct(
    sa.select(TREE_NODE.c.hash)
    .where(
        TREE_NODE.c.height == sa.bindparam("height"),
        TREE_NODE.c.position >= sa.bindparam("start"),
        TREE_NODE.c.position < sa.bindparam("end"),
    )
    .order_by(TREE_NODE.c.position)
)
_KEEP = Direct(sa.insert(TREE_NODE))


def node(connection: sa.Connection, height: int, index: int) -> bytes:
    """Return the hash of the perfect subtree over leaves ``index << height`` to ``(index + 1) << height``.

    Raises:
        Absent: The ledger is too small to hold it.
    """
    rest = height % STEP
    row = list(kept(connection, height - rest, index << rest, index + 1 << rest))
    for _ in range(rest):
        row = parents(row)
    return row[0]


def kept(connection: sa.Connection, height: int, start: int, end: int) -> tuple[bytes, ...]:
    """Return the hashes in ``[start, end)`` of a row whose height is a multiple of ``STEP``, all of them.

    Raises:
        Absent: The ledger is too small to hold them.
    """
    if height:
        rows = _NODES.run(connection, height=height, start=start, end=end)
    else:
        rows = _LEAVES.run(connection, start=start, end=end)
    found = tuple(row for (row,) in rows)
    if len(found) != end - start:
        raise Absent(f"ledger: expected subtrees {start} to {end} at height {height}, found {len(found)} of them")
    return found


def keep(connection: sa.Connection, size: int) -> None:
    """Keep the subtrees that the last leaf of a tree of this size completes; call it after every leaf."""
    height = STEP
    while size % (1 << height) == 0:
        position = (size >> height) - 1
        row = list(kept(connection, height - STEP, position << STEP, position + 1 << STEP))
        for _ in range(STEP):
            row = parents(row)
        _KEEP.run(connection, height=height, position=position, hash=row[0])
        height += STEP


def keep_from(connection: sa.Connection, before: int, size: int) -> None:
    """Keep every subtree that a tree of ``size`` completes and one of ``before`` did not; the leaves are there."""
    height = STEP
    while size >> height:
        first, end = before >> height, size >> height
        for position in range(first, end):
            row = list(kept(connection, height - STEP, position << STEP, position + 1 << STEP))
            for _ in range(STEP):
                row = parents(row)
            _KEEP.run(connection, height=height, position=position, hash=row[0])
        height += STEP
