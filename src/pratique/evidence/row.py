"""Many versions of one package against its advisories, without walking every pair.

Between two events of an advisory all versions have one answer, so one of each such stretch is asked, in the words of
:mod:`pratique.evidence.affected`. Stretches are cut from versions whose order can be relied on; every other version
is asked by itself.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pratique.evidence.affected import FIRST, UNBOUNDED, Verdict, by_ranges, concerns, spellings
from pratique.evidence.ecosystem import Ecosystem
from pratique.evidence.formats.osv import Affected
from pratique.evidence.version_order import Key, key
from pratique.evidence.versions import Scheme

_Answers = dict[str, Verdict | None]


class Row:
    """The distinct versions of one package, sorted once for every advisory that is asked about them."""

    def __init__(self, ecosystem: Ecosystem, versions: Iterable[str]) -> None:
        """Take the versions in; each can be compared with some other of its ecosystem."""
        self._ecosystem = ecosystem
        self._versions = tuple(dict.fromkeys(versions))
        self._spelled: dict[str, list[str]] = {}
        self._orders: dict[Scheme, _Order] = {}
        for version in self._versions:
            for text in spellings(version, ecosystem):
                self._spelled.setdefault(text, []).append(version)

    def concerned(self, affected: Affected) -> _Answers:
        """Return what :func:`concerns` says of each version; those that are not affected are left out."""
        answers: _Answers = dict(self._within(affected)) if affected.ranges else {}
        for text in affected.versions & self._spelled.keys():
            answers |= {version: concerns(version, affected) for version in self._spelled[text]}
        return answers

    def _within(self, affected: Affected) -> Iterator[tuple[str, Verdict | None]]:
        for versions in self._stretches(affected):
            verdict = by_ranges(versions[0], affected)
            if verdict is None or verdict.hit:
                yield from ((version, verdict) for version in versions)

    def _stretches(self, affected: Affected) -> Iterator[tuple[str, ...]]:
        """Yield every version once, with those that no event of these ranges comes between."""
        schemes = {said.scheme for said in affected.ranges if said.scheme}
        scheme = schemes.pop() if len(schemes) == 1 and len(self._versions) > 1 else None
        events = None if scheme is None else _places(scheme, affected)
        if scheme is None or events is None:
            yield from ((version,) for version in self._versions)
            return
        order = self._orders.get(scheme) or self._orders.setdefault(scheme, _Order(scheme, self._versions))
        yield from order.stretches(events)
        yield from ((version,) for version in order.strays)


class _Order:
    """Versions in the order of one scheme; ``strays`` have no place in it."""

    def __init__(self, scheme: Scheme, versions: tuple[str, ...]) -> None:
        placed = [(version, _place(scheme, version)) for version in versions]
        row = sorted(((version, place) for version, place in placed if place is not None), key=lambda one: one[1])
        self.strays = tuple(version for version, place in placed if place is None)
        self._versions = tuple(version for version, _ in row)
        self._places = [place for _, place in row]

    def stretches(self, events: set[Key]) -> Iterator[tuple[str, ...]]:
        """Yield the versions cut before and behind each event, but for stretches without a version."""
        cuts = {bisect(self._places, event) for event in events for bisect in (bisect_left, bisect_right)}
        for begin, end in pairwise(sorted({0, len(self._places)} | cuts)):
            yield self._versions[begin:end]


def _places(scheme: Scheme, affected: Affected) -> set[Key] | None:
    """Return where the events of all ranges stand, or nothing where one of them cannot be placed."""
    events = [event for said in affected.ranges for event in said.events]
    bounds = {event.version for event in events if (event.kind, event.version) != ("limit", UNBOUNDED)}
    places = {version: () if version == FIRST else _place(scheme, version) for version in bounds}
    known = {place for place in places.values() if place is not None}
    return known if None not in places.values() else None


def _place(scheme: Scheme, version: str) -> Key | None:
    found = key(scheme, version)
    if found is None:
        return None
    return () if version == FIRST else (found,)
