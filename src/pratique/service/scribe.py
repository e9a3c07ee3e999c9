"""Writing events: the envelope around what happened, and the objects it names put in place first."""

from dataclasses import dataclass

from pratique.promotion.catalogue import Happening
from pratique.promotion.events import Class, Entry, Event, EventObject
from pratique.promotion.states import Promotion
from pratique.storage.blobs import BlobStore
from pratique.storage.transaction import Transaction
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

RECORDER = Actor("service:record")
"""The actor of what the machine does by itself."""


def keep(
    blobs: BlobStore, role: str, media_type: str, content: bytes, class_: Class = Class.RECORD
) -> EventObject:
    """Store an object and return how an event names it; when this returns, the bytes are on disk."""
    digest = blobs.put(content)
    return EventObject(role=role, sha256=digest.hex, size=len(content), media_type=media_type, class_=class_)


@dataclass(frozen=True, slots=True)
class About:
    """What the events of one promotion speak of."""

    promotion: str | None
    application: str | None
    environment: Environment | None
    image: Digest | None


NOTHING = About(None, None, None, None)


def about(promotion: Promotion) -> About:
    """Return what the events of this promotion speak of."""
    return About(promotion.id, promotion.application, promotion.to, promotion.image)


@dataclass(frozen=True, slots=True)
class Scribe:
    """Appends events to one transaction, for one actor and about one promotion, image or nothing in particular."""

    tx: Transaction
    actor: Actor = RECORDER
    about: About = NOTHING

    def append(self, data: Happening, *objects: EventObject) -> Entry:
        """Append one event; raises as :meth:`Transaction.append`."""
        event = Event(
            id=build_id(Kind.EVENT, self.tx.now, self.tx.chance(10)),
            at=self.tx.now,
            actor=self.actor,
            data=data,
            promotion=self.about.promotion,
            application=self.about.application,
            environment=self.about.environment,
            image=self.about.image,
            objects=objects,
        )
        return self.tx.append(event)
