"""Statements on the way of every event, handed to the driver itself.

SQLAlchemy needs fifteen microseconds and more to hand a statement on; SQLite then needs two. That bounds how many
events a second a fast disk can take, so what every command says is said here. Errors are the driver's own;
``failure`` reads those as well.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


def say(connection: sa.Connection, text: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Any:
    """Execute a statement in the driver's own spelling, and return the driver's cursor."""
    driver: Any = connection.connection.driver_connection
    return driver.execute(text, values)


class Direct:
    """A statement that is compiled once for each kind of database."""

    def __init__(self, statement: sa.ClauseElement) -> None:
        """Take a statement all of whose parameters have names and are given when it is executed."""
        self._statement = statement
        self._compiled: dict[str, tuple[str, list[str] | None]] = {}

    def run(self, connection: sa.Connection, **values: Any) -> Any:
        """Execute it with values by name, and return the driver's cursor."""
        text, places = self._for(connection.dialect)
        # By place where the driver knows places: sqlite3 takes as long to find eleven names as to insert the row.
        return say(connection, text, values if places is None else [values[name] for name in places])

    def _for(self, dialect: sa.Dialect) -> tuple[str, list[str] | None]:
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._statement.compile(dialect=dialect)
            found = self._compiled[dialect.name] = (str(compiled), getattr(compiled, "positiontup", None))
        return found
