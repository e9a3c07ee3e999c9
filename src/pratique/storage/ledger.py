"""The ledger's rows: events in their order, the tree over them, and the checkpoints that were signed.

An index is taken under the head row, in the transaction that says what happened; so indexes have no gaps, and what
is in the ledger is what was committed. Triggers refuse to change or delete an event or a checkpoint.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from pratique.errors import Absent, Conflict
from pratique.promotion.catalogue import Known
from pratique.promotion.events import Entry, Event, build_event, parse_event
from pratique.storage import tree
from pratique.storage.direct import Direct
from pratique.storage.head import Head
from pratique.storage.schema import CHECKPOINT, COSIGNATURE, EVENT, STAMP
from pratique.tlog.key import NoteVerifier, SignatureLine
from pratique.tlog.note import add_lines, parse_line, parse_note, render_line
from pratique.tlog.tree import Frontier, leaf_hash
from pratique.values.digest import Digest
from pratique.values.moment import parse_moment, render_moment

K = TypeVar("K", bound=Known)

# Statements made once are compiled once.
_INSERT = sa.insert(EVENT)
_APPEND = Direct(_INSERT)
_BODIES = sa.select(EVENT.c.idx, EVENT.c.body).order_by(EVENT.c.idx)


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that the ledger's key has signed; ``note`` carries the line of every witness that cosigned it."""

    size: int
    root: bytes
    note: bytes
    at: datetime

    @property
    def text(self) -> str:
        """What was signed, with its final newline: origin, size and root."""
        return parse_note(self.note).text

    @property
    def origin(self) -> str:
        """The name that the ledger had when it was signed."""
        return self.text.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class KeptStamp:
    """A timestamp authority's answer about the checkpoint of this size."""

    size: int
    authority: str
    answer: bytes
    at: datetime


class LedgerRows:
    """The ledger as one transaction sees it, and lets it grow."""

    def __init__(self, connection: sa.Connection, head: Head) -> None:
        """Use this connection, in a transaction, and the head that everybody in it uses."""
        self._connection = connection
        self._head = head

    def frontier(self) -> Frontier:
        """Return the tree's size and all that is needed of it to know its root."""
        return self._head.frontier()

    def append(self, event: Event) -> Entry:
        """Give the event the next index; the ledger is locked from here to the end of the transaction.

        Raises:
            Malformed: The event is too large.
            Conflict: An event with this id is there already.
        """
        body = build_event(event)
        leaf = leaf_hash(body)
        frontier = self._head.locked()
        grown = frontier.append(leaf)
        _APPEND.run(self._connection, **row_of(event, frontier.size, leaf, body))
        self._head.grow(grown)
        tree.keep(self._connection, grown.size)
        return Entry(frontier.size, event)

    def replay(self, bodies: Sequence[bytes]) -> tuple[Entry, ...]:
        """Append events that happened elsewhere, with exactly these bytes; for a database that is being restored.

        Raises:
            Malformed: One is no event.
            Conflict: One with its id is there already.
        """
        frontier = self._head.locked()
        entries = tuple(Entry(index, parse_event(body)) for index, body in enumerate(bodies, frontier.size))
        leaves = [leaf_hash(body) for body in bodies]
        grown = frontier.extend(leaves)
        rows = [
            row_of(entry.event, entry.index, leaf, body)
            for entry, leaf, body in zip(entries, leaves, bodies, strict=True)
        ]
        if rows:
            self._connection.execute(_INSERT, rows)
        self._head.grow(grown)
        tree.keep_from(self._connection, frontier.size, grown.size)
        return entries

    def node(self, height: int, index: int) -> bytes:
        """Return a perfect subtree's hash: the node source that ``tlog.proofs`` asks."""
        return tree.node(self._connection, height, index)

    def body(self, index: int) -> bytes:
        """Return the exact bytes of one event, or raise ``Absent``."""
        query = sa.select(EVENT.c.body).where(EVENT.c.idx == index)
        found: bytes | None = self._connection.execute(query).scalar_one_or_none()
        if found is None:
            raise Absent(f"ledger: expected an index from 0 to below its size, found {index}")
        return found

    def entry(self, index: int) -> Entry:
        """Return one event at its place, or raise ``Absent``."""
        return Entry(index, parse_event(self.body(index)))

    def bodies(self, start: int, end: int) -> tuple[bytes, ...]:
        """Return the exact bytes of the events in ``[start, end)``, as far as there are any."""
        query = sa.select(EVENT.c.body).where(EVENT.c.idx >= start, EVENT.c.idx < end).order_by(EVENT.c.idx)
        return tuple(self._connection.scalars(query))

    def of_promotion(self, promotion: str) -> tuple[Entry, ...]:
        """Return every event of a promotion, in order."""
        return self._entries(EVENT.c.promotion == promotion)

    def of_image(self, image: Digest) -> tuple[Entry, ...]:
        """Return every event about an image, in order."""
        return self._entries(EVENT.c.image == str(image))

    def of_type(self, name: str) -> tuple[Entry, ...]:
        """Return every event of a type such as ``directory.published/1``, in order."""
        return self._entries(EVENT.c.type == name)

    def at_place(self, name: str, application: str, environment: str, start: int) -> tuple[Entry, ...]:
        """Return every event of a type about an application in an environment, from an index on, in order."""
        place = (EVENT.c.application == application) & (EVENT.c.environment == environment)
        return self._entries((EVENT.c.type == name) & (EVENT.c.idx >= start) & place)

    def told(self, kind: type[K]) -> tuple[tuple[Entry, K], ...]:
        """Return every event of a type, each with what happened, in order."""
        found = self.of_type(kind.TYPE)
        return tuple((entry, data) for entry in found if isinstance(data := entry.event.data, kind))

    def newest(self, names: tuple[str, ...]) -> int | None:
        """Return the index of the last event of any of these types, or nothing where there is none."""
        query = sa.select(sa.func.max(EVENT.c.idx)).where(EVENT.c.type.in_(names))
        found: int | None = self._connection.scalar(query)
        return found

    def checkpoint(self) -> SignedCheckpoint | None:
        """Return the last checkpoint that was signed, if there is one."""
        query = sa.select(CHECKPOINT).order_by(CHECKPOINT.c.size.desc()).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._checkpoint(row)

    def checkpoint_covering(self, index: int) -> SignedCheckpoint | None:
        """Return the first checkpoint under which this index stands, if one was signed yet."""
        query = sa.select(CHECKPOINT).where(CHECKPOINT.c.size > index).order_by(CHECKPOINT.c.size).limit(1)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._checkpoint(row)

    def checkpoints(self) -> tuple[SignedCheckpoint, ...]:
        """Return every checkpoint that was signed, smallest first."""
        rows = self._connection.execute(sa.select(CHECKPOINT).order_by(CHECKPOINT.c.size)).all()
        return tuple(map(self._checkpoint, rows))

    def cosigned_size(self, witness: NoteVerifier) -> int:
        """Return the size of the largest checkpoint that this witness cosigned, as far as it told; 0 if none."""
        query = sa.select(sa.func.max(COSIGNATURE.c.size)).where(COSIGNATURE.c.witness == str(witness))
        return self._connection.execute(query).scalar_one() or 0

    def add_cosignature(self, size: int, witness: NoteVerifier, line: SignatureLine, at: datetime) -> None:
        """Keep a witness's line under the checkpoint of this size; where there is one, keep the one there is."""
        named = (COSIGNATURE.c.size == size) & (COSIGNATURE.c.witness == str(witness))
        if self._connection.execute(sa.select(COSIGNATURE.c.size).where(named)).one_or_none() is None:
            said = {"line": render_line(line).encode(), "at": render_moment(at)}
            self._connection.execute(sa.insert(COSIGNATURE), {"size": size, "witness": str(witness), **said})

    def stamps(self) -> tuple[KeptStamp, ...]:
        """Return every timestamp of a checkpoint, smallest first."""
        rows = self._connection.execute(sa.select(STAMP).order_by(STAMP.c.size, STAMP.c.authority))
        return tuple(KeptStamp(row.size, row.authority, row.token, parse_moment(row.at)) for row in rows)

    def add_stamp(self, stamp: KeptStamp) -> None:
        """Keep a timestamp; where this authority stamped this size already, keep the one there is."""
        named = (STAMP.c.size == stamp.size) & (STAMP.c.authority == stamp.authority)
        if self._connection.execute(sa.select(STAMP.c.size).where(named)).one_or_none() is None:
            said = {"token": stamp.answer, "at": render_moment(stamp.at)}
            self._connection.execute(sa.insert(STAMP), {"size": stamp.size, "authority": stamp.authority, **said})

    def add_checkpoint(self, checkpoint: SignedCheckpoint) -> None:
        """Remember that this checkpoint was signed, before anybody else sees it.

        Raises:
            Conflict: One of this size or a larger one was signed already: publish that one.
        """
        last = self.checkpoint()
        if last is not None and last.size >= checkpoint.size:
            raise Conflict(
                f"checkpoint: expected a size above the last one's, {last.size}, found {checkpoint.size}; use that"
            )
        at = render_moment(checkpoint.at)
        row = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note, "at": at}
        self._connection.execute(sa.insert(CHECKPOINT), row)

    def _checkpoint(self, row: sa.Row[Any]) -> SignedCheckpoint:
        query = sa.select(COSIGNATURE.c.line).where(COSIGNATURE.c.size == row.size).order_by(COSIGNATURE.c.witness)
        lines = tuple(parse_line(line.decode().rstrip("\n")) for line in self._connection.scalars(query))
        note = add_lines(row.note, lines) if lines else row.note
        return SignedCheckpoint(row.size, row.root, note, parse_moment(row.at))

    def _entries(self, which: sa.ColumnElement[bool]) -> tuple[Entry, ...]:
        rows = self._connection.execute(_BODIES.where(which))
        return tuple(Entry(index, parse_event(body)) for index, body in rows)


def row_of(event: Event, index: int, leaf: bytes, body: bytes) -> dict[str, Any]:
    """Return the row that an event makes at this place."""
    return {
        "idx": index,
        "id": event.id,
        "type": event.type,
        "at": render_moment(event.at),
        "actor": event.actor,
        "promotion": event.promotion,
        "application": event.application,
        "environment": event.environment,
        "image": None if event.image is None else str(event.image),
        "leaf_hash": leaf,
        "body": body,
    }
