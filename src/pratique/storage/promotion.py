"""Promotions as they stand, what each environment holds, and what must be repaired: folded from the events.

A row keeps the whole promotion as JSON beside the columns that are asked for. ``promotion.history`` says what an
event means; this module only writes down what it answers.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pratique.attest.seal import Level
from pratique.errors import Absent, Conflict
from pratique.promotion.events import Entry
from pratique.promotion.form import read, write
from pratique.promotion.happenings import RemediationClosed, RemediationOpened
from pratique.promotion.history import fold
from pratique.promotion.past import Arrival
from pratique.promotion.post_mortem import CHECK
from pratique.promotion.release import first_of, is_release
from pratique.promotion.states import MOVING, Promotion, State
from pratique.promotion.steps import PromotionPromoted, PromotionRecalled
from pratique.storage.schema import ARRIVAL, PROMOTION, REMEDIATION
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.ids import Kind
from pratique.values.moment import parse_moment, render_moment
from pratique.values.names import Environment

_DOCUMENT = sa.select(PROMOTION.c.document)
_FIND = _DOCUMENT.where(PROMOTION.c.id == sa.bindparam("promotion")).with_for_update()
_INSERT = sa.insert(PROMOTION)
_CHANGE = sa.update(PROMOTION).where(PROMOTION.c.id == sa.bindparam("promotion"))


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


class PromotionRows:
    """The promotions as one transaction sees them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def find(self, promotion: str) -> Promotion:
        """Return the promotion with this id, or raise ``Absent``. Where one may write, its row is locked."""
        document = self._connection.execute(_FIND, {"promotion": promotion}).scalar_one_or_none()
        if document is None:
            raise Absent(f"promotion: expected the id of one, found {promotion[:80]!r}")
        return _promotion(document)

    def by_prefix(self, text: str) -> Promotion:
        """Return the one promotion whose id begins so; ``pr_`` may be left out.

        Raises:
            Absent: None does; the message names the parts of a release, where it is the id of one.
            Conflict: Several do; the message names two of them.
        """
        if is_release(text):
            raise Absent(f"promotion: expected the id of one, found a release's, {text[:80]}{self._instead(text)}")
        start = text if text.startswith(f"{Kind.PROMOTION}_") else f"{Kind.PROMOTION}_{text}"
        query = sa.select(PROMOTION.c.id).where(PROMOTION.c.id.startswith(start, autoescape=True))
        found = self._connection.scalars(query.order_by(PROMOTION.c.id).limit(2)).all()
        if not found:
            raise Absent(f"promotion: expected an id or the beginning of one, found {text[:80]!r}")
        if len(found) > 1:
            raise Conflict(f"promotion: {text[:80]!r} begins {found[0]} and {found[1]}; write more of it")
        return self.find(found[0])

    def _instead(self, text: str) -> str:
        """Return which promotions somebody may name instead of a release."""
        query = _DOCUMENT.where(PROMOTION.c.id.startswith(first_of(text), autoescape=True)).limit(2)
        found = self._promotions(query)
        if len(found) != 1 or found[0].release is None:
            return "; see `pratique status`"
        return "; name one of " + ", ".join(
            f"{one.promotion} ({one.image_name})" for one in found[0].release.parts
        )

    def latest(self, most: int, *, states: tuple[State, ...] = tuple(State)) -> tuple[Promotion, ...]:
        """Return the promotions requested last, the newest first, in these states."""
        query = _DOCUMENT.where(PROMOTION.c.state.in_(states)).order_by(PROMOTION.c.idx.desc()).limit(most)
        return self._promotions(query)

    def open_at(self, application: str, image_name: str, environment: Environment) -> tuple[Promotion, ...]:
        """Return the promotions that may still come to one place, in the order they were requested."""
        place = _place(PROMOTION, application, image_name, environment)
        return self._promotions(_DOCUMENT.where(*place, PROMOTION.c.open == 1).order_by(PROMOTION.c.idx))

    def open_everywhere(self) -> tuple[Promotion, ...]:
        """Return every promotion that has not ended, in the order they were requested."""
        return self._promotions(_DOCUMENT.where(PROMOTION.c.open == 1).order_by(PROMOTION.c.idx))

    def of_image(self, image: Digest) -> tuple[Promotion, ...]:
        """Return the promotions of one image, in the order they were requested."""
        return self._promotions(_DOCUMENT.where(PROMOTION.c.image == str(image)).order_by(PROMOTION.c.idx))

    def of_name(self, application: str, image_name: str, most: int) -> tuple[Promotion, ...]:
        """Return the promotions of images of one name that were requested last, the newest first."""
        mine = (PROMOTION.c.application == application, PROMOTION.c.image_name == image_name)
        return self._promotions(_DOCUMENT.where(*mine).order_by(PROMOTION.c.idx.desc()).limit(most))

    def _promotions(self, query: sa.Select[Any]) -> tuple[Promotion, ...]:
        return tuple(map(_promotion, self._connection.scalars(query)))


class ArrivalRows:
    """What came to the environments, as one transaction sees it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def current(self, application: str, image_name: str, environment: Environment) -> Arrival | None:
        """Return what came last to one place, if anything did: the environment holds it."""
        place = _place(ARRIVAL, application, image_name, environment)
        query = sa.select(ARRIVAL).where(*place).order_by(ARRIVAL.c.idx.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _arrival(row)

    def at_place(self, application: str, image_name: str, environment: Environment) -> tuple[Arrival, ...]:
        """Return everything that came to one place, in order."""
        place = _place(ARRIVAL, application, image_name, environment)
        query = sa.select(ARRIVAL).where(*place).order_by(ARRIVAL.c.idx)
        return tuple(map(_arrival, self._connection.execute(query)))

    def of_image(self, image: Digest) -> tuple[Arrival, ...]:
        """Return where one image came to, in order."""
        query = sa.select(ARRIVAL).where(ARRIVAL.c.image == str(image)).order_by(ARRIVAL.c.idx)
        return tuple(map(_arrival, self._connection.execute(query)))

    def holding(self) -> tuple[Arrival, ...]:
        """Return what every environment holds now, in the order it came."""
        last = sa.select(sa.func.max(ARRIVAL.c.idx)).group_by(
            ARRIVAL.c.application, ARRIVAL.c.image_name, ARRIVAL.c.environment
        )
        query = sa.select(ARRIVAL).where(ARRIVAL.c.idx.in_(last)).order_by(ARRIVAL.c.idx)
        return tuple(map(_arrival, self._connection.execute(query)))


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


def project_promotion(connection: sa.Connection, entry: Entry) -> None:
    """Write down what an event of a promotion changes; raises ``Conflict`` where it cannot follow."""
    event = entry.event
    if event.promotion is None:
        return
    document = connection.execute(_FIND, {"promotion": event.promotion}).scalar_one_or_none()
    promotion = fold(None if document is None else _promotion(document), entry)
    if document is None:
        connection.execute(_INSERT, _first_row(promotion))
    else:
        connection.execute(_CHANGE, {"promotion": promotion.id, **_standing(promotion)})
    _beside(connection, promotion, entry)


def _beside(connection: sa.Connection, promotion: Promotion, entry: Entry) -> None:
    match entry.event.data:
        case PromotionPromoted() as data:
            connection.execute(sa.insert(ARRIVAL), _arrival_row(promotion, entry, data))
        case PromotionRecalled():  # the place holds what came before it
            connection.execute(sa.delete(ARRIVAL).where(ARRIVAL.c.promotion == promotion.id))
        case RemediationOpened() as data:
            connection.execute(sa.insert(REMEDIATION), _remediation_row(promotion, entry, data))
        case RemediationClosed() as data:
            closed = {"closed_at": render_moment(entry.event.at), "because": data.because}
            connection.execute(sa.update(REMEDIATION).where(REMEDIATION.c.id == data.remediation), closed)
        case _:
            pass  # the promotion's own row says it all


def _first_row(promotion: Promotion) -> dict[str, Any]:
    return {
        "id": promotion.id,
        "idx": promotion.index,
        "application": promotion.application,
        "image_name": promotion.image_name,
        "environment": promotion.to,
        "image": str(promotion.image),
        **_standing(promotion),
    }


def _standing(promotion: Promotion) -> dict[str, Any]:
    return {
        "state": promotion.state,
        "open": int(promotion.open),
        "moving": int(promotion.state in MOVING),
        "document": json.dumps(write(promotion), ensure_ascii=False, separators=(",", ":")),
    }


def _promotion(document: str) -> Promotion:
    return read(Promotion, parse_object(document.encode(), "promotion"), "promotion")


def _place(
    table: sa.Table, application: str, image_name: str, environment: Environment
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        table.c.application == application,
        table.c.image_name == image_name,
        table.c.environment == environment,
    )


def _arrival_row(promotion: Promotion, entry: Entry, data: PromotionPromoted) -> dict[str, Any]:
    return {
        "idx": entry.index,
        "promotion": promotion.id,
        "application": promotion.application,
        "image_name": promotion.image_name,
        "environment": promotion.to,
        "image": str(promotion.image),
        "level": data.level,
        "at": render_moment(entry.event.at),
    }


def _arrival(row: sa.Row[Any]) -> Arrival:
    return Arrival(
        row.idx,
        row.promotion,
        row.application,
        row.image_name,
        Environment(row.environment),
        Digest.parse(row.image),
        Level(row.level),
        parse_moment(row.at),
    )


def _remediation_row(promotion: Promotion, entry: Entry, data: RemediationOpened) -> dict[str, Any]:
    return {
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
