"""The chain of custody of one digest: from the source commit to the environments that hold it.

Two kinds of line, in this order: what signed evidence says of the time before the first request, and what the ledger
says of everything since. A line that rests on an unsigned document says so.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pratique.evidence.model import Evidence
from pratique.promotion.events import Entry
from pratique.promotion.sentences import describe
from pratique.promotion.telling import tell
from pratique.values.dataclass import dataclass
from pratique.values.names import Actor, Environment


class Link(StrEnum):
    """Which part of the chain a line is."""

    SOURCE = "source"
    BUILD = "build"
    EVIDENCE = "evidence"
    REQUEST = "request"
    JUDGEMENT = "judgement"
    REVIEW = "review"
    REPAIR = "repair"
    MOVE = "move"
    SEAL = "seal"
    END = "end"
    STOP = "stop"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chain; ``index`` is its place in the ledger, None for what evidence says."""

    link: Link
    text: str
    at: datetime | None = None
    index: int | None = None
    actor: Actor | None = None
    environment: Environment | None = None
    promotion: str | None = None


_LINKS = {
    "evidence.added/1": Link.EVIDENCE,
    "evidence.synced/1": Link.EVIDENCE,
    "promotion.requested/1": Link.REQUEST,
    "promotion.retried/1": Link.REQUEST,
    "promotion.gathered/1": Link.EVIDENCE,
    "promotion.judged/1": Link.JUDGEMENT,
    "promotion.rechecked/1": Link.JUDGEMENT,
    "review.given/1": Link.REVIEW,
    "review.voided/1": Link.REVIEW,
    "remediation.opened/1": Link.REPAIR,
    "remediation.closed/1": Link.REPAIR,
    "promotion.approved/1": Link.JUDGEMENT,
    "promotion.copied/1": Link.MOVE,
    "promotion.sealed/1": Link.SEAL,
    "promotion.attached/1": Link.SEAL,
    "promotion.pointed/1": Link.MOVE,
    "promotion.promoted/1": Link.MOVE,
    "promotion.failed/1": Link.END,
    "promotion.vetoed/1": Link.END,
    "promotion.withdrawn/1": Link.END,
    "promotion.expired/1": Link.END,
    "promotion.superseded/1": Link.END,
    "promotion.recalled/1": Link.END,
    "hold.placed/1": Link.STOP,
    "hold.lifted/1": Link.STOP,
}


def trail(entries: Iterable[Entry], evidence: tuple[Evidence, ...]) -> tuple[Line, ...]:
    """Return the chain of custody.

    Args:
        entries: Every event that names the digest, in the ledger's order.
        evidence: What is known about the image, bound and verified; what is about another image is left out.
    """
    told = (Line(Link(one.kind.value), one.text, one.at) for one in tell(evidence))
    return (*told, *map(_line, entries))


def _line(entry: Entry) -> Line:
    event = entry.event
    return Line(
        link=_LINKS.get(event.type, Link.OTHER),
        text=describe(event),
        at=event.at,
        index=entry.index,
        actor=event.actor,
        environment=event.environment,
        promotion=event.promotion,
    )
