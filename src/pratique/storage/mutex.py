"""Who may write alone to a place outside: a row with its holder, and an end by the database's clock.

A living holder moves the end on; a dead one's passes, and the next takes over.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from pratique.storage.schema import MUTEX
from pratique.values.moment import render_moment

_log = logging.getLogger(__name__)


class MutexRows:
    """The mutexes as one transaction sees and changes them."""

    def __init__(self, connection: sa.Connection, now: Callable[[], datetime]) -> None:
        """Use this connection; ``now`` returns its transaction's moment."""
        self._connection = connection
        self._now = now

    def take(self, name: str, holder: str, lease: timedelta) -> str | None:
        """Take a mutex that is free or whose holder is silent; return who holds it otherwise."""
        known = sa.select(MUTEX.c.holder, MUTEX.c.until).where(MUTEX.c.name == name)
        row = self._connection.execute(known).one_or_none()
        mine = {"holder": holder, "until": render_moment(self._now() + lease)}
        if row is None:
            self._connection.execute(sa.insert(MUTEX), {"name": name, **mine})
            return None
        if row.until > render_moment(self._now()):
            return str(row.holder)
        _log.warning("%s: %s is silent; taken over", name, row.holder)
        self._connection.execute(sa.update(MUTEX).where(MUTEX.c.name == name).values(**mine))
        return None

    def renew(self, name: str, holder: str, lease: timedelta) -> bool:
        """Move the end on; tell whether the mutex is still this holder's."""
        until = render_moment(self._now() + lease)
        change = sa.update(MUTEX).where(MUTEX.c.name == name, MUTEX.c.holder == holder).values(until=until)
        return self._connection.execute(change).rowcount == 1

    def release(self, name: str, holder: str) -> bool:
        """Let go of a mutex; tell whether it was this holder's until now."""
        gone = sa.delete(MUTEX).where(MUTEX.c.name == name, MUTEX.c.holder == holder)
        return self._connection.execute(gone).rowcount == 1
