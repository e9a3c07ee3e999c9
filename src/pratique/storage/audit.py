"""Checking the database's ledger against itself: every row, leaf, subtree and checkpoint follows from the events.

What is found here was changed behind the program's back, or is a bug: nothing else writes these rows.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from pratique.errors import Malformed
from pratique.promotion.events import parse_event
from pratique.storage.ledger import row_of
from pratique.storage.schema import CHECKPOINT, EVENT, LEDGER_HEAD, TREE_NODE
from pratique.storage.tree import STEP
from pratique.tlog.fault import Fault
from pratique.tlog.proofs import NodeSource, root_at
from pratique.tlog.tree import Frontier, leaf_hash, parents

_BATCH = 1000  # rows that are in memory at once
_TOLD = 100  # faults of one kind; the first says where to begin


def audit(connection: sa.Connection) -> tuple[Fault, ...]:
    """Return what is wrong with the ledger's rows, the first entry first; nothing, if all is well."""
    leaves: list[bytes] = []
    found = [*_told(_events(connection, leaves))]
    rows = _tree(leaves)
    found += _told(_nodes(connection, rows))
    found += _told(_head(connection, leaves))
    found += _told(_checkpoints(connection, len(leaves), lambda height, index: rows[height][index]))
    return tuple(found)


def _told(faults: Iterator[Fault]) -> Iterator[Fault]:
    for number, fault in enumerate(faults):
        if number == _TOLD:
            yield Fault(fault.place, "and more of the same kind")
            return
        yield fault


def _events(connection: sa.Connection, leaves: list[bytes]) -> Iterator[Fault]:
    """Yield what is wrong with the events; their leaf hashes are appended to ``leaves``."""
    rows = connection.execute(sa.select(EVENT).order_by(EVENT.c.idx)).yield_per(_BATCH)
    for row in rows.mappings():
        expected, index = len(leaves), row["idx"]
        if index != expected:
            yield Fault("event", f"expected the index {expected}, found {index}: rows are missing", expected)
            return
        leaf = leaf_hash(row["body"])
        leaves.append(leaf)
        try:
            again = row_of(parse_event(row["body"]), index, leaf, row["body"])
        except Malformed as error:
            yield Fault("event", str(error), index)
            continue
        wrong = [name for name, value in again.items() if row[name] != value]
        if wrong:
            yield Fault("event", f"its columns {', '.join(wrong)} say otherwise than its body", index)


def _tree(leaves: list[bytes]) -> list[list[bytes]]:
    rows = [leaves]
    while len(rows[-1]) > 1:
        rows.append(parents(rows[-1]))
    return rows


def _nodes(connection: sa.Connection, rows: list[list[bytes]]) -> Iterator[Fault]:
    kept = {(height, position) for height in range(STEP, len(rows), STEP) for position in range(len(rows[height]))}
    stored = connection.execute(sa.select(TREE_NODE).order_by(TREE_NODE.c.height, TREE_NODE.c.position))
    for height, position, found in stored.yield_per(_BATCH):
        if (height, position) not in kept:
            yield Fault("tree_node", f"expected no subtree at height {height}, position {position}")
        elif found != rows[height][position]:
            yield Fault("tree_node", f"height {height}: differs from what the entries give", position << height)
        kept.discard((height, position))
    yield from (
        Fault("tree_node", f"height {height}: expected a subtree, found none", position << height)
        for height, position in sorted(kept)
    )


def _head(connection: sa.Connection, leaves: list[bytes]) -> Iterator[Fault]:
    expected = Frontier().extend(leaves)
    size, frontier = connection.execute(sa.select(LEDGER_HEAD.c.size, LEDGER_HEAD.c.frontier)).one()
    if (size, bytes(frontier)) != (expected.size, expected.to_bytes()):
        yield Fault("ledger_head", f"expected the tree over {expected.size} entries, found another over {size}")


def _checkpoints(connection: sa.Connection, size: int, nodes: NodeSource) -> Iterator[Fault]:
    for signed, root in connection.execute(
        sa.select(CHECKPOINT.c.size, CHECKPOINT.c.root).order_by(CHECKPOINT.c.size)
    ):
        if signed > size:
            yield Fault(
                "checkpoint", f"over {signed} entries was signed, and {size} are here: it was rolled back", size
            )
        elif root_at(signed, nodes) != root:
            yield Fault("checkpoint", f"the first {signed} entries differ from those that were signed")
