"""When an environment stands still and when people work, as instants; which instants a policy means is worked out
where time zones are known (``service.calendar``), and enters a judgement as a fact.

Every span begins at its ``begin`` and is over at its ``end``.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pratique.policy.freeze import TrackName
from pratique.values.dataclass import dataclass
from pratique.values.moment import render_moment

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which people work."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Frozen:
    """One occurrence of a freeze; only the tracks of ``allow`` move in it, and ``rollback``."""

    name: str
    begin: datetime
    end: datetime
    allow: tuple[TrackName, ...]

    def stops(self, track: str) -> bool:
        """Tell whether what takes this track stands still meanwhile."""
        return track != TrackName.ROLLBACK and track not in self.allow

    @property
    def told(self) -> str:
        """The freeze for people."""
        return f"freeze {self.name!r} from {render_moment(self.begin)} until {render_moment(self.end)}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is known of the times around a judgement; ``hours`` is empty where people may work at any time."""

    freezes: tuple[Frozen, ...] = ()
    hours: tuple[Span, ...] = ()

    def freeze_at(self, track: str, now: datetime) -> Frozen | None:
        """Return the freeze that stops this track now, of several the one that ends last."""
        found = (one for one in self.freezes if one.stops(track) and one.begin <= now < one.end)
        return max(found, key=lambda one: (one.end, one.name), default=None)

    def moves_again(self, track: str, now: datetime) -> datetime:
        """Return from when on nothing stops this track any more; ``now`` where nothing does."""
        while (freeze := self.freeze_at(track, now)) is not None:
            now = freeze.end
        return now

    def stops_at(self, track: str, now: datetime) -> datetime | None:
        """Return when the next freeze begins that stops this track; ``now`` where one does already."""
        ahead = (max(one.begin, now) for one in self.freezes if one.stops(track) and one.end > now)
        return min(ahead, default=None)

    def deadline(self, track: str, now: datetime, window: timedelta) -> datetime:
        """Return when this much time has passed in which people work and nothing is frozen.

        Where there are working hours, one day of ``window`` is one of their days. What reaches beyond the hours that
        are known ends with them: people never have longer than was worked out.
        """
        if not self.hours:
            return self._run(track, (Span(now, datetime.max.replace(tzinfo=now.tzinfo)),), window)
        day = self.hours[0].end - self.hours[0].begin
        left = tuple(Span(max(span.begin, now), span.end) for span in self.hours if span.end > now)
        return self._run(track, left, window * (day / _DAY))

    def _run(self, track: str, spans: tuple[Span, ...], left: timedelta) -> datetime:
        end = spans[0].begin if spans else datetime.min
        for span in self._open(track, spans):
            end = span.end
            if span.end - span.begin >= left:
                return span.begin + left
            left -= span.end - span.begin
        return end

    def _open(self, track: str, spans: Iterable[Span]) -> Iterator[Span]:
        """Yield what is left of these spans outside of every freeze that stops the track."""
        stops = sorted((one.begin, one.end) for one in self.freezes if one.stops(track))
        for span in spans:
            begin = span.begin
            for stop, again in stops:
                if begin < stop < span.end:
                    yield Span(begin, stop)
                if stop < span.end and again > begin:
                    begin = again
            if begin < span.end:
                yield Span(begin, span.end)


ALWAYS_OPEN = Calendar()
