"""Comparing two databases row by row: the one that is in use, and the one that was restored from its export."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from pratique.storage.projection import TABLES, differences, folded
from pratique.storage.schema import EVENT, NONCE, OPENING, TREE_NODE

_TOLD = 50  # of one table; the first say where to begin


def compare(living: sa.Connection, restored: sa.Connection, size: int) -> tuple[str, ...]:
    """Return the rows that differ, as far as the first ``size`` entries of the ledger go; nothing, if all is well.

    Each is one line that names the table; ``+`` stands only in the living database, ``-`` only in the restored one.
    Projections are compared as the events up to there make them, because the living database may have gone on; its
    own are held against its own events.
    """
    with folded(living, size) as then:
        projections = [line for table in TABLES for line in _compared(table, then, restored, _every)]
    events = _compared(EVENT, living, restored, lambda row: row.idx < size)
    nodes = _compared(TREE_NODE, living, restored, lambda row: row.position + 1 << row.height <= size)
    own = differences(living)
    return (*own, *projections, *events, *nodes, *_nonces(living, restored, size), *_openings(living, restored))


Which = Callable[[Any], bool]


def _every(_row: object) -> bool:
    return True


def _compared(table: sa.Table, one: sa.Connection, other: sa.Connection, which: Which) -> tuple[str, ...]:
    ours, theirs = (set(map(tuple, filter(which, each.execute(sa.select(table))))) for each in (one, other))
    return _told(table, ours, theirs)


def _told(table: sa.Table, ours: set[Any], theirs: set[Any]) -> tuple[str, ...]:
    lines = (
        *(f"+ {table.name} {row!r:.200}" for row in sorted(ours - theirs, key=repr)),
        *(f"- {table.name} {row!r:.200}" for row in sorted(theirs - ours, key=repr)),
    )
    return lines[:_TOLD]


def _nonces(living: sa.Connection, restored: sa.Connection, size: int) -> tuple[str, ...]:
    """Compare the nonces that were used up by then; later ones are no difference."""
    last = living.execute(sa.select(sa.func.max(EVENT.c.at)).where(EVENT.c.idx < size)).scalar_one()
    return _compared(NONCE, living, restored, lambda row: row.at <= last)


def _openings(living: sa.Connection, restored: sa.Connection) -> tuple[str, ...]:
    """Compare the openings that both have; whether one is missing, only the ledger can tell."""
    ours, theirs = (
        {row.commitment: row.content for row in each.execute(sa.select(OPENING))} for each in (living, restored)
    )
    both = ours.keys() & theirs.keys()
    return tuple(f"± {OPENING.name} {each}" for each in sorted(both) if ours[each] != theirs[each])
