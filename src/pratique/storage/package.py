"""Which packages the promoted images hold: an index over their bills of materials.

It is no projection, because bills of materials are evidence and lie beside the ledger; it can be thrown away and is
made again from them. Rows made by other rules than today's count as not made.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from pratique.evidence.watch import RULES, Named
from pratique.storage.schema import NAMED, PACKAGE
from pratique.values.digest import Digest

_AT_ONCE = 500  # SQLite takes at most 32,766 parameters in one statement


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package under one of the names that may be asked for, in the image that a promotion brought."""

    promotion: str
    platform: Digest
    evidence: Digest
    bound: str
    named: Named


class PackageRows:
    """The index as one transaction sees it."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def bills(self, promotions: Iterable[str]) -> dict[str, int]:
        """Return how many bills of materials were read of each of these promotions that is indexed."""
        wanted = sorted(set(promotions))
        found: dict[str, int] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = NAMED.c.promotion.in_(wanted[start : start + _AT_ONCE])
            query = sa.select(NAMED.c.promotion, NAMED.c.bills).where(some, NAMED.c.rules == RULES)
            found.update((row.promotion, row.bills) for row in self._connection.execute(query))
        return found

    def put(self, promotion: str, rows: tuple[PackageRow, ...], bills: int) -> None:
        """Index one promotion, in the place of what was there."""
        for table in (PACKAGE, NAMED):
            self._connection.execute(sa.delete(table).where(table.c.promotion == promotion))
        self._connection.execute(sa.insert(NAMED), {"promotion": promotion, "rules": RULES, "bills": bills})
        if rows:
            self._connection.execute(sa.insert(PACKAGE), [_row(number, row) for number, row in enumerate(rows)])

    def forget(self, promotions: Iterable[str]) -> None:
        """Have these promotions indexed anew when somebody next asks: there is more about their images."""
        for promotion in promotions:
            for table in (PACKAGE, NAMED):
                self._connection.execute(sa.delete(table).where(table.c.promotion == promotion))

    def named(self, space: str, name: str) -> tuple[PackageRow, ...]:
        """Return what has this name in this space, in any promoted image that is indexed."""
        which = (PACKAGE.c.name == name) & (PACKAGE.c.space == space)
        query = sa.select(PACKAGE).where(which).order_by(PACKAGE.c.promotion, PACKAGE.c.number)
        return tuple(map(_package, self._connection.execute(query)))


def _row(number: int, row: PackageRow) -> dict[str, Any]:
    return {
        "promotion": row.promotion,
        "number": number,
        "platform": str(row.platform),
        "evidence": str(row.evidence),
        "bound": row.bound,
        **asdict(row.named),
    }


def _package(row: sa.Row[Any]) -> PackageRow:
    return PackageRow(
        row.promotion,
        Digest.parse(row.platform),
        Digest.parse(row.evidence),
        row.bound,
        Named(row.space, row.name, row.package, row.version, row.purl, row.release, row.compared),
    )
