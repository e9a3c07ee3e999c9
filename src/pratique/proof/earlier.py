"""Which earlier promotions a decision rests on: where this image was before, and what the environment held.

A part of ``proof.contents``: one answer for whoever makes a proof and whoever verifies it. Of every time that the
image came somewhere, of what then took its place in this environment, and of what the environment held, a proof shows
the request, the seal and the arrival; of both images also when they were first asked for.

What is chosen from what was chosen is the same again.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from pratique.attest.seal import Level
from pratique.promotion.events import Entry
from pratique.promotion.happenings import PromotionRequested
from pratique.promotion.past import Arrival
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionPromoted, PromotionRecalled, PromotionSealed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Came:
    """An earlier promotion that came to its environment; ``sealed`` is the seal that stood when it did."""

    requested: Entry
    sealed: Entry
    promoted: Entry
    arrival: Arrival
    recalled: Entry | None = None
    """What took it back, where that was before the decision."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of it, in order."""
        return (self.requested, self.sealed, self.promoted, *((self.recalled,) if self.recalled else ()))

    def stood(self, moment: int) -> bool:
        """Tell whether it had come before this index, and nobody had taken it back."""
        return self.arrival.index < moment and (self.recalled is None or self.recalled.index > moment)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came before, in order, and every request that is shown, this promotion's own among them."""

    came: tuple[Came, ...] = ()
    asked: tuple[Entry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of it, each entry once, in order."""
        every = {entry.index: entry for one in self.came for entry in one.entries}
        every.update((entry.index, entry) for entry in self.asked)
        return tuple(entry for _, entry in sorted(every.items()))

    def stood(self, moment: int) -> tuple[Arrival, ...]:
        """Return what had come anywhere before an index of the ledger, and stood."""
        return tuple(one.arrival for one in self.came if one.stood(moment))

    def first_asked(self, image: Digest) -> Entry | None:
        """Return the first request for an image, for whatever environment, among those that are shown."""
        return next((entry for entry in self.asked if entry.event.image == image), None)


def earlier_of(entries: Iterable[Entry], standing: Promotion, moments: tuple[int, ...]) -> Earlier:
    """Return what belongs into the proof of a promotion, out of at least that.

    Args:
        entries: Entries of the ledger, in its order.
        standing: The promotion.
        moments: The indexes at which it was judged.
    """
    every = _every(tuple(entries), standing, max(moments))
    indexes: set[int] = set()
    images = {standing.image}
    for moment in moments:
        stood = every.stood(moment)
        place = place_of(stood, standing)
        images.update(one.image for one in place[-1:])
        indexes.update(one.index for one in stood if one.image == standing.image)
        indexes.update(later.index for one, later in pairwise(place) if one.image == standing.image)
        indexes.update(one.index for one in place if one.image == place[-1].image)
    came = tuple(one for one in every.came if one.arrival.index in indexes)
    firsts = {entry.index for image in images if (entry := every.first_asked(image)) is not None}
    shown = {standing.index, *firsts, *(one.requested.index for one in came)}
    return Earlier(came, tuple(entry for entry in every.asked if entry.index in shown))


def place_of(stood: tuple[Arrival, ...], standing: Promotion) -> tuple[Arrival, ...]:
    """Return what came to where this promotion goes."""
    return tuple(one for one in stood if one.environment == standing.to)


def _every(entries: tuple[Entry, ...], standing: Promotion, last: int) -> Earlier:
    """Return everything that was asked for and came under the name of the image, as far as entries tell."""
    requests = {
        entry.event.promotion: entry
        for entry in entries
        if isinstance(data := entry.event.data, PromotionRequested)
        and (entry.event.application, data.image_name) == (standing.application, standing.image_name)
    }
    before = tuple(entry for entry in entries if entry.index < last)
    asked = tuple(entry for entry in requests.values() if entry.index < last)
    return Earlier(tuple(_came(before, requests, standing)), asked)


def _came(entries: tuple[Entry, ...], requests: Mapping[str | None, Entry], standing: Promotion) -> Iterator[Came]:
    seals: dict[str | None, Entry] = {}
    recalled = {
        entry.event.promotion: entry for entry in entries if isinstance(entry.event.data, PromotionRecalled)
    }
    for entry in entries:
        name = entry.event.promotion
        if isinstance(entry.event.data, PromotionSealed):
            seals[name] = entry
        request = requests.get(name)
        data = entry.event.data
        if isinstance(data, PromotionPromoted) and request and name in seals and name != standing.id:
            arrival = _arrival(request, entry, data.level)
            if arrival is not None:
                yield Came(request, seals[name], entry, arrival, recalled.get(name))


def _arrival(request: Entry, promoted: Entry, level: Level) -> Arrival | None:
    asked, data = request.event, request.event.data
    if not isinstance(data, PromotionRequested) or asked.image is None or asked.promotion is None:
        return None
    return Arrival(
        index=promoted.index,
        promotion=asked.promotion,
        application=asked.application or "",
        image_name=data.image_name,
        environment=data.to,
        image=asked.image,
        level=level,
        at=promoted.event.at,
    )
