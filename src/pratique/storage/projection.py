"""Events into rows: what each one changes, and the proof that the rows hold nothing else.

The tables named here can be emptied and folded again from the ledger alone; :func:`differences` does so beside
them and compares, which is the restore drill's core.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from pratique.promotion.events import Entry, parse_event
from pratique.storage.promotion import project_promotion
from pratique.storage.published import project_published
from pratique.storage.schema import (
    ARRIVAL,
    DIRECTORY_VERSION,
    EVENT,
    METADATA,
    POLICY_VERSION,
    PROMOTION,
    REMEDIATION,
    SIGNAL,
)
from pratique.storage.signal import project_signal

TABLES = (DIRECTORY_VERSION, POLICY_VERSION, PROMOTION, ARRIVAL, REMEDIATION, SIGNAL)


def project(connection: sa.Connection, entry: Entry) -> None:
    """Write down what an event changes.

    Raises:
        Conflict: It cannot follow what is there; nothing of the command may be committed then.
    """
    project_published(connection, entry)
    project_promotion(connection, entry)
    project_signal(connection, entry)


def fold(connection: sa.Connection) -> None:
    """Empty the projections and fold every event into them anew.

    Raises:
        Conflict, Malformed: An event cannot be read or cannot follow; nothing of the transaction may be committed.
    """
    for table in TABLES:
        connection.execute(sa.delete(table))
    for entry in _entries(connection):
        project(connection, entry)


def differences(connection: sa.Connection) -> tuple[str, ...]:
    """Fold every event anew and return the rows that the projections have otherwise: none, if all is well.

    Each is one line that names the table and the row; ``+`` stands only in the database, ``-`` only in the fold.
    """
    with folded(connection) as again:
        return tuple(line for table in TABLES for line in _compared(table, connection, again))


@contextmanager
def folded(connection: sa.Connection, size: int | None = None) -> Iterator[sa.Connection]:
    """Fold the events, or the first ``size`` of them, into empty projections in memory."""
    fresh = sa.create_engine("sqlite://")
    METADATA.create_all(fresh, tables=TABLES)
    with fresh.begin() as again:
        for entry in _entries(connection):
            if size is None or entry.index < size:
                project(again, entry)
        yield again


def _entries(connection: sa.Connection) -> Iterable[Entry]:
    query = sa.select(EVENT.c.idx, EVENT.c.body).order_by(EVENT.c.idx)
    for index, body in connection.execute(query).yield_per(1000):
        yield Entry(index, parse_event(body))


def _compared(table: sa.Table, stored: sa.Connection, folded: sa.Connection) -> list[str]:
    rows, again = (set(map(tuple, source.execute(sa.select(table)))) for source in (stored, folded))
    return [f"+ {table.name} {row}" for row in sorted(rows - again, key=repr)] + [
        f"- {table.name} {row}" for row in sorted(again - rows, key=repr)
    ]
