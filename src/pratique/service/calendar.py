"""Freezes and working hours of a policy, worked out into instants: the one place that knows time zones.

A time on the wall that does not exist, because clocks were put forward, means the moment of the change; one that
exists twice means the first for a beginning and the second for an end, so that a freeze is never shorter than
anybody may read it.

Source: PEP 495, "Local Time Disambiguation"; the zones come from the system or, without one, from ``tzdata``.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pratique.errors import Malformed
from pratique.policy.approval import Hours
from pratique.policy.environment import EnvironmentRules
from pratique.policy.freeze import Freeze
from pratique.policy.moments import Weekday
from pratique.promotion.calendar import Calendar, Frozen, Span

_DAYS = tuple(Weekday)
_AHEAD = timedelta(days=14)  # of a weekly freeze; a decision is judged again where one begins
_DAY = timedelta(days=1)


def calendar_of(rules: EnvironmentRules, now: datetime) -> Calendar:
    """Return the freezes of an environment that are not over, and the hours in which its people work.

    Raises:
        Malformed: Its time zone is not known here.
    """
    zone = _zone(rules)
    slow = rules.tracks.slow
    hours = slow.hours if slow else None
    return Calendar(
        freezes=tuple(found for freeze in rules.freeze for found in _spans(freeze, zone, now, _horizon(rules))),
        hours=tuple(_hours(hours, zone, now, _horizon(rules))) if hours else (),
    )


def _zone(rules: EnvironmentRules) -> ZoneInfo:
    try:
        return ZoneInfo(rules.settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Malformed(
            f"settings.timezone: {rules.settings.timezone!r} is not known here; install the system's zones or tzdata"
        ) from error


def _horizon(rules: EnvironmentRules) -> timedelta:
    """Return how far ahead to look: over people's whole window, whatever few days of a week they work."""
    slow = rules.tracks.slow
    return max(_AHEAD, 10 * slow.window) if slow else _AHEAD


def _spans(freeze: Freeze, zone: ZoneInfo, now: datetime, ahead: timedelta) -> Iterator[Frozen]:
    if freeze.begin is not None and freeze.end is not None:
        begin, end = _first(freeze.begin, zone), _last(freeze.end, zone)
        if end > now:
            yield Frozen(freeze.name, begin, end, freeze.allow)
        return
    for first, last in _runs(freeze, now.astimezone(zone).date(), ahead):
        begin, end = _first(datetime.combine(first, time()), zone), _last(datetime.combine(last, time()), zone)
        if end > now:
            yield Frozen(freeze.name, begin, end, freeze.allow)


def _runs(freeze: Freeze, today: date, ahead: timedelta) -> Iterator[tuple[date, date]]:
    """Yield each run of frozen days as its first day and the day after its last, from the one of today on."""
    if len(set(freeze.weekly)) == len(_DAYS):
        yield today - _DAY, today + ahead + _DAY
        return
    day = today
    while _frozen(freeze, day - _DAY):
        day -= _DAY
    while day <= today + ahead:
        if _frozen(freeze, day):
            first = day
            while _frozen(freeze, day):
                day += _DAY
            yield first, day
        day += _DAY


def _frozen(freeze: Freeze, day: date) -> bool:
    return _DAYS[day.weekday()] in freeze.weekly


def _hours(hours: Hours, zone: ZoneInfo, now: datetime, ahead: timedelta) -> Iterator[Span]:
    day = now.astimezone(zone).date()
    for place in range(ahead.days + 1):
        on = day + place * _DAY
        if _DAYS[on.weekday()] in hours.days:
            begin = _first(datetime.combine(on, hours.begin), zone)
            end = _last(datetime.combine(on, hours.end), zone)
            if end > now:
                yield Span(begin, end)


def _first(edge: datetime, zone: ZoneInfo) -> datetime:
    return edge if edge.tzinfo else _instant(edge.replace(fold=0), zone)


def _last(edge: datetime, zone: ZoneInfo) -> datetime:
    return edge if edge.tzinfo else _instant(edge.replace(fold=1), zone)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant of a time on the wall; of one that clocks skip, the moment at which they did."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None, fold=wall.fold) == wall:
        return instant
    earlier, later = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    while later - earlier > timedelta(seconds=1):  # the change lies between the two readings
        middle = earlier + (later - earlier) / 2
        before = middle.astimezone(zone).utcoffset() == earlier.astimezone(zone).utcoffset()
        earlier, later = (middle, later) if before else (earlier, middle)
    return later.replace(microsecond=0)
