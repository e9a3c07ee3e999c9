"""Words that can be erased: which the ledger commits to, what became of each, and the erasing."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pratique.errors import Malformed, Unverified
from pratique.promotion.events import Entry, parse_event
from pratique.promotion.upkeep import PrivateRedacted
from pratique.service.scribe import Scribe
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.canonical import Json, parse_json
from pratique.values.digest import Digest

_BATCH = 1000


class Fate(StrEnum):
    """What became of words that the ledger commits to."""

    OPENED = "opened"
    """They are here, and are what was committed to."""
    REDACTED = "redacted"
    """They were erased, and an event says so."""
    MISSING = "missing"
    """They are not here, and nothing says why."""
    WRONG = "wrong"
    """Other words are kept for them, or words that were said to be erased."""


@dataclass(frozen=True, slots=True)
class Words:
    """One commitment, the first entry that holds it, and what became of its opening."""

    commitment: Digest
    index: int
    fate: Fate


def words(view: View) -> tuple[Words, ...]:
    """Return every commitment of the ledger with its fate, in the order of the entries."""
    first: dict[Digest, int] = {}
    erased: set[Digest] = set()
    for entry in entries(view):
        if isinstance(entry.event.data, PrivateRedacted):
            erased.add(entry.event.data.erased)
        for commitment in _commitments(parse_json(view.ledger.body(entry.index), "event")):
            first.setdefault(commitment, entry.index)
    return tuple(Words(each, index, _fate(view, each, erased)) for each, index in first.items())


def entries(view: View) -> Iterator[Entry]:
    """Yield every entry of the ledger, in order."""
    size = view.ledger.frontier().size
    for start in range(0, size, _BATCH):
        for index, body in enumerate(view.ledger.bodies(start, min(start + _BATCH, size)), start):
            yield Entry(index, parse_event(body))


def _commitments(value: Json) -> Iterator[Digest]:
    match value:
        case {"commitment": str(text), **more} if not more:
            yield Digest.parse(text)
        case dict():
            for item in value.values():
                yield from _commitments(item)
        case list():
            for item in value:
                yield from _commitments(item)


def _fate(view: View, commitment: Digest, erased: set[Digest]) -> Fate:
    if not view.openings.has(commitment):
        return Fate.REDACTED if commitment in erased else Fate.MISSING
    try:
        view.openings.find(commitment)
    except (Malformed, Unverified):
        return Fate.WRONG
    return Fate.WRONG if commitment in erased else Fate.OPENED


def redact(workspace: Workspace, commitment: Digest, basis: str) -> PrivateRedacted:
    """Erase the words behind a commitment, and record that it was done and on which ground.

    What was copied elsewhere (exports of openings, backups of the database) is not reached from here.

    Raises:
        Absent: There is nothing to erase.
        Malformed: The ground is no code.
    """
    happening = PrivateRedacted(commitment, basis)

    def command(tx: Transaction) -> None:
        tx.openings.erase(commitment)
        Scribe(tx).append(happening)

    workspace.store.transact(command)
    workspace.store.settle()
    return happening
