"""Writing events: the envelope around what happened, and the objects it names put in place first."""

from dataclasses import dataclass, replace

from pratique.promotion.events import Class, Entry, Event, EventObject
from pratique.promotion.happenings import Happening
from pratique.promotion.states import Promotion
from pratique.storage.blobs import BlobStore
from pratique.storage.transaction import Transaction
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor

RECORDER = Actor("service:record")
"""The actor of what the machine does by itself."""


def keep(
    blobs: BlobStore, role: str, media_type: str, content: bytes, class_: Class = Class.RECORD
) -> EventObject:
    """Store an object and return how an event names it; when this returns, the bytes are on disk."""
    digest = blobs.put(content)
    return EventObject(role=role, sha256=digest.hex, size=len(content), media_type=media_type, class_=class_)


@dataclass(frozen=True, slots=True)
class Scribe:
    """Appends events to one transaction, for one actor and, where there is one, about one promotion."""

    tx: Transaction
    actor: Actor = RECORDER
    promotion: Promotion | None = None

    def append(self, data: Happening, *objects: EventObject) -> Entry:
        """Append one event; raises as :meth:`Transaction.append`."""
        return self.tx.append(self._about(self._event(data, objects)))

    def _event(self, data: Happening, objects: tuple[EventObject, ...]) -> Event:
        number = build_id(Kind.EVENT, self.tx.now, self.tx.chance(10))
        return Event(id=number, at=self.tx.now, actor=self.actor, data=data, objects=objects)

    def _about(self, event: Event) -> Event:
        if self.promotion is None:
            return event
        return replace(
            event,
            promotion=self.promotion.id,
            application=self.promotion.application,
            environment=self.promotion.to,
            image=self.promotion.image,
        )
