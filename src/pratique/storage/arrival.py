"""What came to the environments, and so what each of them holds: one row for each image that was promoted.

``storage.promotion`` writes them, as the events of promotions say.
"""

from typing import Any

import sqlalchemy as sa

from pratique.attest.seal import Level
from pratique.promotion.events import Entry
from pratique.promotion.past import Arrival
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionPromoted
from pratique.storage.schema import ARRIVAL
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment, render_moment
from pratique.values.names import Environment


class ArrivalRows:
    """What came to the environments, as one transaction sees it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def current(self, application: str, image_name: str, environment: Environment) -> Arrival | None:
        """Return what came last to one place, if anything did: the environment holds it."""
        place = place_of(ARRIVAL, application, image_name, environment)
        query = sa.select(ARRIVAL).where(*place).order_by(ARRIVAL.c.idx.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _arrival(row)

    def at_place(self, application: str, image_name: str, environment: Environment) -> tuple[Arrival, ...]:
        """Return everything that came to one place, in order."""
        place = place_of(ARRIVAL, application, image_name, environment)
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


def place_of(
    table: sa.Table, application: str, image_name: str, environment: Environment
) -> tuple[sa.ColumnElement[bool], ...]:
    """Return that a row is about one place: an environment, as one image name of an application meets it."""
    return (
        table.c.application == application,
        table.c.image_name == image_name,
        table.c.environment == environment,
    )


def write_arrival(connection: sa.Connection, promotion: Promotion, entry: Entry, data: PromotionPromoted) -> None:
    """Write down that a promotion brought its image to its environment."""
    row = {
        "idx": entry.index,
        "promotion": promotion.id,
        "application": promotion.application,
        "image_name": promotion.image_name,
        "environment": promotion.to,
        "image": str(promotion.image),
        "level": data.level,
        "at": render_moment(entry.event.at),
    }
    connection.execute(sa.insert(ARRIVAL), row)


def erase_arrival(connection: sa.Connection, promotion: Promotion) -> None:
    """Erase what a promotion brought: the place holds what came before it."""
    connection.execute(sa.delete(ARRIVAL).where(ARRIVAL.c.promotion == promotion.id))


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
