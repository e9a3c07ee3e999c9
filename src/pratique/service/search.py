"""Finding entries of the ledger: by exact words first, then by any piece of their sentences."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pratique.errors import PratiqueError
from pratique.promotion.events import Entry, Event, parse_event
from pratique.promotion.keys import Key, key_of, keys_of
from pratique.promotion.sentences import describe
from pratique.service.workspace import Workspace
from pratique.storage.search import SHORTEST, Found, Indexed, SearchIndex, Wanted
from pratique.values.canonical import Json, parse_object
from pratique.values.moment import render_moment

FILE = "search.db"
_BATCH = 2000  # entries that are indexed in one transaction


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, those by exact words before those by text, each part with the newest first.

    ``more`` says that there are older ones: ask again with ``before``.
    """

    exact: tuple[Found, ...]
    by_text: tuple[Found, ...]
    more: bool


def search(workspace: Workspace, words: str | None, wanted: Wanted, limit: int) -> Answer:
    """Find entries.

    Args:
        workspace: Whose ledger.
        words: What somebody typed: a digest, vulnerability, package, person, environment, id, or any text.
        wanted: What the entries must have besides.
        limit: At most so many.

    Raises:
        Malformed: The text is too short to be looked for.
    """
    index = refreshed(workspace)
    if words is None:
        found = index.find(wanted, limit + 1)
        return Answer(found[:limit], (), len(found) > limit)
    exact = index.find(replace(wanted, keys=(key_of(words), *wanted.keys)), limit + 1)
    texts = (
        () if len(exact) > limit or (exact and len(words) < SHORTEST) else _texts(index, words, wanted, limit + 1)
    )
    known = {each.index for each in exact}
    others = tuple(each for each in texts if each.index not in known)
    room = max(limit - len(exact), 0)
    return Answer(exact[:limit], others[:room], len(exact) + len(others) > limit)


def _texts(index: SearchIndex, words: str, wanted: Wanted, limit: int) -> tuple[Found, ...]:
    return index.find(replace(wanted, text=words), limit)


def refreshed(workspace: Workspace) -> SearchIndex:
    """Return the index over everything that is in the ledger by now."""
    index = SearchIndex(workspace.root / FILE, workspace.origin)
    size = workspace.store.read(lambda view: view.ledger.frontier().size)
    done = index.size()
    while done < size:
        end = min(done + _BATCH, size)
        index.add(done, _indexed(workspace, done, end))
        done = max(index.size(), 0)
    return index


def _indexed(workspace: Workspace, start: int, end: int) -> Iterator[Indexed]:
    bodies = workspace.store.read(lambda view: view.ledger.bodies(start, end))
    for entry in (Entry(index, parse_event(body)) for index, body in enumerate(bodies, start)):
        event = entry.event
        keys: frozenset[Key] = keys_of(event, _record(workspace, event))
        yield Indexed(entry.index, render_moment(event.at), describe(event), keys)


def _record(workspace: Workspace, event: Event) -> Json:
    """Return the findings of the decision record that an event names; what is not here any more names nothing."""
    item = event.object("record")
    if item is None or not event.type.startswith("promotion.judged/"):
        return None
    try:
        return parse_object(workspace.blobs.get(item.digest), "record").get("findings")
    except PratiqueError:
        return None
