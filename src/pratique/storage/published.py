"""Which directories and policies were published, and which one is in force: folded from the events."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pratique.errors import Absent
from pratique.promotion.events import Entry
from pratique.promotion.happenings import DirectoryPublished, PolicyPublished
from pratique.storage.schema import DIRECTORY_VERSION, POLICY_VERSION
from pratique.values.digest import Digest
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class Published:
    """A document that was published by the event at this index."""

    version: int
    digest: Digest
    index: int


class PublishedRows:
    """The published documents as one transaction sees them."""

    def __init__(self, connection: sa.Connection) -> None:
        """Use this connection, in a transaction."""
        self._connection = connection

    def directory(self) -> Published:
        """Return the directory in force, the last one, or raise ``Absent`` where none was published."""
        query = sa.select(DIRECTORY_VERSION).order_by(DIRECTORY_VERSION.c.version.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise Absent("directory: none was published yet; run `pratique init`")
        return _published(row)

    def directories(self) -> tuple[Published, ...]:
        """Return every directory, by version."""
        query = sa.select(DIRECTORY_VERSION).order_by(DIRECTORY_VERSION.c.version)
        return tuple(map(_published, self._connection.execute(query)))

    def policy(self, bundle: str, now: datetime) -> Published:
        """Return the policy in force: of those whose day has come, the one published last.

        Raises:
            Absent: None of this name is in force.
        """
        of_bundle = POLICY_VERSION.c.bundle == bundle
        effective = POLICY_VERSION.c.effective_on <= render_moment(now)
        query = sa.select(POLICY_VERSION).where(of_bundle, effective)
        row = self._connection.execute(query.order_by(POLICY_VERSION.c.idx.desc()).limit(1)).one_or_none()
        if row is None:
            raise Absent(f"policy: expected one in force named {bundle[:80]!r}, found none; publish it")
        return _published(row)

    def policies(self, bundle: str) -> tuple[Published, ...]:
        """Return every policy of this name, by version."""
        query = sa.select(POLICY_VERSION).where(POLICY_VERSION.c.bundle == bundle)
        return tuple(map(_published, self._connection.execute(query.order_by(POLICY_VERSION.c.version))))


def project_published(connection: sa.Connection, entry: Entry) -> None:
    """Write down a published document; raises ``Conflict`` where its version is there already."""
    match entry.event.data:
        case DirectoryPublished() as data:
            row = {"version": data.version, "digest": str(data.digest), "idx": entry.index}
            connection.execute(sa.insert(DIRECTORY_VERSION), row)
        case PolicyPublished() as data:
            row = {"version": data.version, "digest": str(data.digest), "idx": entry.index}
            start = render_moment(data.effective_on or entry.event.at)
            connection.execute(sa.insert(POLICY_VERSION), {**row, "bundle": data.bundle, "effective_on": start})
        case _:
            pass  # every other event is of a promotion


def _published(row: sa.Row[Any]) -> Published:
    return Published(row.version, Digest.parse(row.digest), row.idx)
