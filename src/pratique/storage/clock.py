"""The database's clock: the only one that events, leases and time limits know.

Two machines disagree about the time; their database does not.
"""

from datetime import datetime

import sqlalchemy as sa

from pratique.storage.direct import say
from pratique.values.moment import parse_moment

_NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"


def database_now(connection: sa.Connection) -> datetime:
    """Return the moment by the database's clock, in whole milliseconds."""
    (now,) = say(connection, _NOW).fetchone()
    return parse_moment(str(now))
