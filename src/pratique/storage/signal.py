"""Signals as they stand: folded from the events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pratique.errors import Conflict
from pratique.promotion.events import Entry
from pratique.promotion.signal import SignalRaised, SignalReconciled
from pratique.storage.schema import SIGNAL
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment, render_moment
from pratique.values.names import Environment


@dataclass(frozen=True, slots=True)
class Signal:
    """One vulnerability that turned out to concern one image in one environment."""

    id: str
    index: int
    environment: Environment
    image: Digest
    application: str
    image_name: str
    promotion: str
    term: str
    vulnerability: str
    package: str
    severity: str | None
    raised_at: datetime


class SignalRows:
    """The signals as one transaction sees them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def open(self) -> tuple[Signal, ...]:
        """Return every signal that nothing has settled, in the order they were raised."""
        query = sa.select(SIGNAL).where(SIGNAL.c.reconciled_at.is_(None)).order_by(SIGNAL.c.idx)
        return tuple(map(_signal, self._connection.execute(query)))


def project_signal(connection: sa.Connection, entry: Entry) -> None:
    """Write down what an event says of a signal; raises ``Conflict`` where it cannot follow."""
    match entry.event.data:
        case SignalRaised() as data:
            connection.execute(sa.insert(SIGNAL), _row(entry, data))
        case SignalReconciled() as data:
            settled = {"reconciled_at": render_moment(entry.event.at), "because": data.because}
            still = (SIGNAL.c.id == data.signal) & SIGNAL.c.reconciled_at.is_(None)
            if connection.execute(sa.update(SIGNAL).where(still), settled).rowcount != 1:
                raise Conflict(f"signal {data.signal[:40]!r}: expected an open one, found none")
        case _:
            pass  # every other event is of something else


def _row(entry: Entry, data: SignalRaised) -> dict[str, Any]:
    event = entry.event
    if event.environment is None or event.image is None or event.application is None:
        raise Conflict("signal.raised: expected an application, an environment and an image, found none")
    return {
        "id": data.signal,
        "idx": entry.index,
        "environment": event.environment,
        "image": str(event.image),
        "application": event.application,
        "image_name": data.image_name,
        "promotion": data.promotion,
        "term": data.term,
        "vulnerability": data.vulnerability,
        "package": data.package,
        "severity": data.severity,
        "raised_at": render_moment(event.at),
    }


def _signal(row: sa.Row[Any]) -> Signal:
    return Signal(
        row.id,
        row.idx,
        Environment(row.environment),
        Digest.parse(row.image),
        row.application,
        row.image_name,
        row.promotion,
        row.term,
        row.vulnerability,
        row.package,
        row.severity,
        parse_moment(row.raised_at),
    )
