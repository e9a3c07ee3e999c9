"""The ledger's head as one transaction holds it: read once and written once, however many events come between.

Commands that are committed together share it. What one of them appended is let go of when that command is taken back.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from pratique.storage.direct import Direct
from pratique.storage.schema import LEDGER_HEAD
from pratique.tlog.tree import Frontier

_ROW = sa.select(LEDGER_HEAD.c.frontier)  # the table has one row
_READ = Direct(_ROW)
_LOCK = Direct(_ROW.with_for_update())
_WRITE = Direct(sa.update(LEDGER_HEAD).values(size=sa.bindparam("size"), frontier=sa.bindparam("frontier")))


@dataclass(frozen=True, slots=True)
class Mark:
    """How a head stood: the tree that the row says, if it is locked, and the one that the transaction has made."""

    written: Frontier | None = None
    grown: Frontier | None = None


class Head:
    """The tree's right edge in one transaction: nobody else can change it from the first append to the end."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction; nothing is read before it is asked for."""
        self._connection = connection
        self._stands = Mark()

    def frontier(self) -> Frontier:
        """Return the tree as this transaction has it."""
        return self._stands.grown or self._read(_READ)

    def locked(self) -> Frontier:
        """Return the tree, which nobody else can change until the transaction ends."""
        if self._stands.grown is None:
            there = self._read(_LOCK)
            self._stands = Mark(there, there)
            return there
        return self._stands.grown

    def grow(self, frontier: Frontier) -> None:
        """Make this the tree; it is in the table after :meth:`write`."""
        self._stands = Mark(self._stands.written, frontier)

    def write(self) -> None:
        """Write the tree down, where it grew: before the commit, and before anybody reads the table itself."""
        grown = self._stands.grown
        if grown is not None and grown is not self._stands.written:
            _WRITE.run(self._connection, size=grown.size, frontier=grown.to_bytes())
            self._stands = Mark(grown, grown)

    def mark(self) -> Mark:
        """Return how it stands, at a savepoint."""
        return self._stands

    def back_to(self, mark: Mark) -> None:
        """Let it stand as it did at the savepoint that the database went back to."""
        self._stands = mark

    def _read(self, statement: Direct) -> Frontier:
        (row,) = statement.run(self._connection).fetchone()
        return Frontier.from_bytes(row)
