"""The door to the database: commands that change it, queries that read it."""

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

import sqlalchemy as sa

from pratique.storage.beside import Beside, Why, copies, unfinished
from pratique.storage.compare import compare
from pratique.storage.effects import Hint
from pratique.storage.engine import database_file
from pratique.storage.failure import translated
from pratique.storage.group import Group
from pratique.storage.patience import Patience
from pratique.storage.transaction import Transaction, View
from pratique.storage.writer import Writer

T = TypeVar("T")

_PATIENT = Patience()


class Store:
    """One workspace's database. Any number of threads and processes may use it at once."""

    def __init__(self, engine: sa.Engine, *, hint: Hint | None = None, patience: Patience = _PATIENT) -> None:
        """Use a database that ``upgrade.bring_up_to_date`` has returned for, or a new one.

        Args:
            engine: From ``engine.open_engine``.
            hint: Whom to tell of wanted effects, in the transaction that wants them; see ``dispatch.interface``.
            patience: Leases and attempts of effects.
        """
        self._engine = engine
        self._file = database_file(engine)
        self._hint = hint
        self._patience = patience
        self._writer = Writer(engine)

    @property
    def patience(self) -> Patience:
        """How long a worker is believed, and how often an effect is tried."""
        return self._patience

    def transact(self, command: Callable[[Transaction], T]) -> T:
        """Run a command and return its answer once everything it did is on disk.

        It may be run again, so it touches nothing but the transaction; when it raises, nothing of it remains.

        Raises:
            Conflict: Something that may be there once only is there already, or a newer program upgraded the
                database meanwhile.
            Unreachable: The database is locked for longer than anybody waits, full or failing. If the commit
                itself failed, it may have been recorded all the same: look before asking for the same again.
        """
        return self._writer.run(lambda group: command(Transaction(group, self._patience, self._hint)))

    def read(self, query: Callable[[View], T]) -> T:
        """Run a query on one snapshot and return its answer; writers are not waited for.

        Raises:
            Unreachable: The database cannot be read.
        """
        with translated(self._file), self._engine.begin() as connection:
            return query(View(Group(connection), self._patience, self._hint))

    def compare(self, other: "Store", size: int) -> tuple[str, ...]:
        """Return how another database differs from this one in the first ``size`` entries and what they make.

        Raises:
            Unreachable: One of them cannot be read.
        """
        with translated(self._file), self._engine.begin() as ours, other._engine.begin() as theirs:
            return compare(ours, theirs, size)

    def beside(self) -> tuple[Beside, ...]:
        """Return the files beside the database that nobody needs for ever."""
        kept = tuple(Beside(path, Why.UPGRADE) for path in copies(self._file))
        return (*kept, *(Beside(path, Why.RESTORE) for path in unfinished(self._file)))

    def settle(self) -> None:
        """Bring everything into the database's one file, so that what was erased is in no log beside it either.

        Somebody who reads meanwhile holds this up until the next time; nothing is lost by that.
        """
        with translated(self._file), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Finish what was asked for, and let go of the database."""
        self._writer.close()
        self._engine.dispose()
