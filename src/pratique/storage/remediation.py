"""What must be repaired or looked back at: one row for each item, open or closed.

``storage.promotion`` writes them, as the events of promotions say.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pratique.promotion.events import Entry
from pratique.promotion.happenings import RemediationClosed, RemediationOpened
from pratique.promotion.post_mortem import CHECK
from pratique.promotion.states import Promotion
from pratique.storage.schema import PROMOTION, REMEDIATION
from pratique.values.moment import parse_moment, render_moment


@dataclass(frozen=True, slots=True)
class Remediation:
    """One thing to be repaired; ``closed_at`` is None while it is open."""

    id: str
    index: int
    promotion: str
    check: str
    term: str
    owner: str
    due: datetime | None
    severity: str | None
    message: str
    remedy: str | None
    opened_at: datetime
    closed_at: datetime | None
    because: str | None


class RemediationRows:
    """What must be repaired, as one transaction sees it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def of_promotion(self, promotion: str) -> tuple[Remediation, ...]:
        """Return every item of a promotion, in the order they were opened."""
        return self._items(REMEDIATION.c.promotion == promotion)

    def open(self) -> tuple[Remediation, ...]:
        """Return the items that wait for somebody: looking back, and what is open of promotions that have not ended."""
        alive = REMEDIATION.c.promotion.in_(sa.select(PROMOTION.c.id).where(PROMOTION.c.open == 1))
        return self._items(REMEDIATION.c.closed_at.is_(None) & (alive | (REMEDIATION.c.check_id == CHECK)))

    def _items(self, which: sa.ColumnElement[bool]) -> tuple[Remediation, ...]:
        rows = self._connection.execute(sa.select(REMEDIATION).where(which).order_by(REMEDIATION.c.idx))
        return tuple(map(_remediation, rows))


def write_item(connection: sa.Connection, promotion: Promotion, entry: Entry, data: RemediationOpened) -> None:
    """Write down what a promotion leaves to be repaired."""
    row = {
        "id": data.remediation,
        "idx": entry.index,
        "promotion": promotion.id,
        "check_id": data.check,
        "term": data.term,
        "owner": data.owner,
        "due": _moment_text(data.due),
        "severity": data.severity,
        "message": data.message,
        "remedy": data.remedy,
        "opened_at": render_moment(entry.event.at),
    }
    connection.execute(sa.insert(REMEDIATION), row)


def close_item(connection: sa.Connection, entry: Entry, data: RemediationClosed) -> None:
    """Write down that something is done, and why."""
    closed = {"closed_at": render_moment(entry.event.at), "because": data.because}
    connection.execute(sa.update(REMEDIATION).where(REMEDIATION.c.id == data.remediation), closed)


def _remediation(row: sa.Row[Any]) -> Remediation:
    return Remediation(
        row.id,
        row.idx,
        row.promotion,
        row.check_id,
        row.term,
        row.owner,
        _moment(row.due),
        row.severity,
        row.message,
        row.remedy,
        parse_moment(row.opened_at),
        _moment(row.closed_at),
        row.because,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_moment(text)


def _moment_text(moment: datetime | None) -> str | None:
    return None if moment is None else render_moment(moment)
