"""Every object that the ledger names and that is kept by its digest: in an event, or in the evidence list of one.

An event that froze a set of evidence names the list, and the list names each piece: so one small object stands for
thousands. Whoever exports, restores, checks or drills follows it.
"""

from collections.abc import Callable, Iterable, Iterator

from pratique.errors import Absent, Malformed, Unverified
from pratique.promotion.events import Class, Entry, EventObject
from pratique.promotion.evidence_set import parse_list
from pratique.values.digest import Digest
from pratique.values.uris import EVIDENCE_LIST_MEDIA

Fetch = Callable[[Digest], bytes]
"""Returns the bytes of an object, or raises ``Absent`` or ``Unverified``."""


def named_objects(entries: Iterable[Entry], fetch: Fetch) -> Iterator[tuple[int, EventObject]]:
    """Yield every object once, with the first entry that names it.

    A list that is missing or spoilt names nothing here; that it is, is found where it is looked at itself.
    """
    seen: set[Digest] = set()
    for entry in entries:
        for item in entry.event.objects:
            for each in (item, *listed_in(item, fetch)):
                if each.class_ is not Class.PRIVATE and each.digest not in seen:
                    seen.add(each.digest)
                    yield entry.index, each


def listed_in(item: EventObject, fetch: Fetch) -> tuple[EventObject, ...]:
    """Return the pieces that an object lists, none where it is no list of evidence, or none that can be read."""
    if item.media_type != EVIDENCE_LIST_MEDIA:
        return ()
    try:
        pieces = parse_list(fetch(item.digest))
    except (Absent, Malformed, Unverified):
        return ()
    return tuple(
        EventObject("evidence", piece.digest.hex, piece.size, piece.media_type, Class.EVIDENCE) for piece in pieces
    )
