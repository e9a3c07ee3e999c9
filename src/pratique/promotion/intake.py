"""What came in from outside: evidence that was handed in or brought after, and feeds of outside knowledge.

Source: decisions.md, "Events and storage".
"""

from enum import StrEnum
from typing import ClassVar

from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


class Sync(StrEnum):
    """Why evidence was brought to where an image had been promoted already."""

    LATER = "later"
    """It came after the judgement; nothing was decided by it."""

    REPAIR = "repair"
    """It was there, and the registry had lost it."""


@dataclass(frozen=True, slots=True)
class EvidenceAdded:
    """Somebody handed in evidence about an image, which the event names; the next gathering finds it."""

    TYPE: ClassVar[str] = "evidence.added/1"
    digest: Digest
    media_type: str


@dataclass(frozen=True, slots=True)
class EvidenceSynced:
    """Evidence was brought to a promoted image at its destination; an object lists every digest."""

    TYPE: ClassVar[str] = "evidence.synced/1"
    promotion: str
    destination: str
    why: Sync
    pieces: int
    manifests: int
    blobs: int


@dataclass(frozen=True, slots=True)
class FeedImported:
    """Outside knowledge, such as an advisory database, was taken in; judgements name it by digest.

    The counts compare it with the snapshot before: ``withdrawn`` by its authors since, ``gone`` without a word, and
    ``left_out`` because it could not be read. ``version`` is what the publisher calls this state of it.
    """

    TYPE: ClassVar[str] = "feed.imported/1"
    name: str
    digest: Digest
    records: int
    version: str | None = None
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    gone: int = 0
    left_out: int = 0


Intake = EvidenceAdded | EvidenceSynced | FeedImported
