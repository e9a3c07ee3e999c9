"""The database's clock: the only one that events, leases and time limits know.

Two machines disagree about the time; their database does not.
"""

from datetime import datetime

import sqlalchemy as sa

from pratique.storage.direct import say
from pratique.values.moment import parse_moment

_NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


class Clock:
    """One transaction's moment: asked once, and the same however often it is looked at."""

    def __init__(self, connection: sa.Connection) -> None:
        """Ask through this connection, at the first look."""
        self._connection = connection
        self._now: datetime | None = None

    def now(self) -> datetime:
        """Return the moment by the database's clock, in whole milliseconds."""
        if self._now is None:
            (now,) = say(self._connection, _NOW).fetchone()
            self._now = parse_moment(str(now))
        return self._now
