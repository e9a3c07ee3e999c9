"""Promotions as they stand, folded from the events.

A row keeps the whole promotion as JSON beside the columns that are asked for. ``promotion.history`` says what an
event means; this module only writes down what it answers.
"""

import json
from typing import Any

import sqlalchemy as sa

from pratique.errors import Absent, Conflict
from pratique.promotion.events import Entry
from pratique.promotion.form import read, write
from pratique.promotion.happenings import RemediationClosed, RemediationOpened
from pratique.promotion.history import fold
from pratique.promotion.release import first_of, is_release
from pratique.promotion.states import MOVING, Promotion, State
from pratique.promotion.steps import PromotionPromoted, PromotionRecalled
from pratique.storage.arrival import erase_arrival, place_of, write_arrival
from pratique.storage.remediation import close_item, write_item
from pratique.storage.schema import PROMOTION
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.ids import Kind
from pratique.values.names import Environment

_DOCUMENT = sa.select(PROMOTION.c.document)
_FIND = _DOCUMENT.where(PROMOTION.c.id == sa.bindparam("promotion")).with_for_update()
_INSERT = sa.insert(PROMOTION)
_CHANGE = sa.update(PROMOTION).where(PROMOTION.c.id == sa.bindparam("promotion"))


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
        place = place_of(PROMOTION, application, image_name, environment)
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
            write_arrival(connection, promotion, entry, data)
        case PromotionRecalled():  # the place holds what came before it
            erase_arrival(connection, promotion)
        case RemediationOpened() as data:
            write_item(connection, promotion, entry, data)
        case RemediationClosed() as data:
            close_item(connection, entry, data)
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
