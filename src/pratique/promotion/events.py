"""Events as the ledger keeps them: canonical bytes, and the values that they spell.

An event says who did what, when and on which digest, and names every object it speaks of; it holds no evidence.
Its place in the ledger is not part of it. A type that this version does not know is read as
:class:`~pratique.promotion.catalogue.Unknown`: kept, shown, and it changes nothing.

Source: decisions.md, "Events and storage".
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from pratique.errors import Malformed
from pratique.promotion.catalogue import TYPES, Happening, Unknown, name_of
from pratique.promotion.form import read, write
from pratique.values.canonical import Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.names import Actor, Environment

SCHEMA = "pratique/event/1"
MAX_BYTES = 16 * 1024  # decisions.md; a leaf of the tree may be four times as large


class Class(StrEnum):
    """How long an object is kept, and who may see it."""

    RECORD = "record"
    EVIDENCE = "evidence"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class EventObject:
    """Bytes that an event speaks of, by digest; ``role`` says what they are to it."""

    role: str
    sha256: str
    size: int
    media_type: str = field(metadata={"key": "mediaType"})
    class_: Class

    def __post_init__(self) -> None:
        Digest(self.sha256)

    @property
    def digest(self) -> Digest:
        """The digest of the bytes."""
        return Digest(self.sha256)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. What does not concern one promotion leaves ``promotion`` and its like ``None``."""

    id: str
    at: datetime
    actor: Actor
    data: Happening
    promotion: str | None = None
    application: str | None = None
    environment: Environment | None = None
    image: Digest | None = None
    objects: tuple[EventObject, ...] = ()

    @property
    def type(self) -> str:
        """The name of its type, for example ``review.given/1``."""
        return name_of(self.data)

    def object(self, role: str) -> EventObject | None:
        """Return the first object in this role, if there is one."""
        return next((item for item in self.objects if item.role == role), None)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at its place in the ledger."""

    index: int
    event: Event


@dataclass(frozen=True, slots=True)
class _Envelope:
    """The closed form of an event around its data."""

    schema: str
    type: str
    id: str
    at: datetime
    actor: Actor
    promotion: str | None = None
    application: str | None = None
    environment: Environment | None = None
    image: Digest | None = None
    objects: tuple[EventObject, ...] = ()


def build_event(event: Event) -> bytes:
    """Return the canonical bytes of an event.

    Raises:
        Malformed: Larger than ``MAX_BYTES``: shorten its sentences, or name an object instead.
    """
    envelope = _Envelope(
        SCHEMA,
        event.type,
        event.id,
        event.at,
        event.actor,
        event.promotion,
        event.application,
        event.environment,
        event.image,
        event.objects,
    )
    content = canonical({**write(envelope), "data": _data(event.data)})
    if len(content) > MAX_BYTES:
        raise Malformed(f"event {event.type}: expected at most {MAX_BYTES} bytes, found {len(content)}")
    return content


def _data(data: Happening) -> Json:
    return parse_object(data.data.encode(), "event.data") if isinstance(data, Unknown) else write(data)


def parse_event(content: bytes) -> Event:
    """Read the bytes of one event.

    Raises:
        Malformed: Not the canonical bytes of an event, too large, or a known type with other fields than its own.
    """
    fields = parse_object(content, "event", max_bytes=MAX_BYTES)
    data = fields.pop("data", None)
    envelope = read(_Envelope, fields, "event")
    if envelope.schema != SCHEMA:
        raise Malformed(
            f"event.schema: expected {SCHEMA!r}, found {envelope.schema[:80]!r}; a newer version reads it"
        )
    event = Event(
        parse_id(envelope.id, Kind.EVENT),
        envelope.at,
        envelope.actor,
        _happening(envelope.type, data),
        envelope.promotion,
        envelope.application,
        envelope.environment,
        envelope.image,
        envelope.objects,
    )
    if build_event(event) != content:
        raise Malformed("event: expected RFC 8785 bytes, found another spelling of the same event")
    return event


def _happening(name: str, data: object) -> Happening:
    kind = TYPES.get(name)
    if kind:
        return read(kind, data, "event.data")
    if not isinstance(data, dict):
        raise Malformed(f"event.data: expected an object, found {type(data).__name__}")
    return Unknown(name, canonical(data).decode())
