"""What may happen once only: a signed statement, by its nonce; and which promotion answers a request's nonce."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from pratique.errors import Conflict
from pratique.storage.schema import ANSWER, NONCE
from pratique.values.moment import render_moment


class OnceRows:
    """Nonces and answers as one transaction sees and adds them."""

    def __init__(self, connection: sa.Connection, now: Callable[[], datetime]) -> None:
        """Use this connection; ``now`` returns its transaction's moment."""
        self._connection = connection
        self._now = now

    def nonce(self, nonce: str) -> None:
        """Use up a nonce, for ever.

        Raises:
            Conflict: It was used before.
        """
        known = sa.select(NONCE.c.at).where(NONCE.c.nonce == nonce)
        before = self._connection.execute(known).scalar_one_or_none()
        if before is not None:
            raise Conflict(f"nonce {nonce[:80]!r}: this was already submitted at {before}; sign a new one")
        self._connection.execute(sa.insert(NONCE), {"nonce": nonce, "at": render_moment(self._now())})

    def remember(self, nonce: str, at: datetime) -> None:
        """Know a nonce as used up at a moment, as a restored ledger tells; one that is known stays."""
        known = sa.select(NONCE.c.at).where(NONCE.c.nonce == nonce)
        if self._connection.execute(known).scalar_one_or_none() is None:
            self._connection.execute(sa.insert(NONCE), {"nonce": nonce, "at": render_moment(at)})

    def answer(self, nonce: str, promotion: str, at: datetime) -> None:
        """Remember which promotion a request with this nonce made; of a release, its first part stays."""
        if self.answered(nonce) is None:
            self._connection.execute(
                sa.insert(ANSWER), {"key": nonce, "result": promotion, "at": render_moment(at)}
            )

    def answered(self, nonce: str) -> str | None:
        """Return the id of the promotion that a request with this nonce made, ``None`` if none did."""
        known = sa.select(ANSWER.c.result).where(ANSWER.c.key == nonce)
        return self._connection.execute(known).scalar_one_or_none()
