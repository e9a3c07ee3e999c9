"""When a freeze stands: its times on the wall, worked out into instants of a time zone that is given.

A time on the wall that does not exist, because clocks were put forward, means the moment of the change; one that
exists twice means the first for a beginning and the second for an end, so that a freeze is never shorter than
anybody may read it. Pure: the zone arrives as a value. Who signs a policy, who judges by it and who verifies a proof
offline all ask this.

Source: PEP 495, "Local Time Disambiguation".
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


def weekly(
    days: Collection[str], zone: tzinfo, now: datetime, ahead: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """Yield each run of whole days of a week that is not over, from midnight to midnight of the zone.

    Args:
        days: Some of ``DAYS``.
        zone: The time zone.
        now: What is over at this moment is left out.
        ahead: How far to look.
    """
    for first, last in _runs(days, now.astimezone(zone).date(), ahead):
        begin, end = beginning(datetime.combine(first, time()), zone), ending(datetime.combine(last, time()), zone)
        if end > now:
            yield begin, end


def _runs(days: Collection[str], today: date, ahead: timedelta) -> Iterator[tuple[date, date]]:
    """Yield each run as its first day and the day after its last, from the one of today or yesterday on."""
    if len(set(days)) == len(DAYS):
        yield today - _DAY, today + ahead + _DAY
        return
    day = today
    while _among(days, day - _DAY):
        day -= _DAY
    while day <= today + ahead:
        if _among(days, day):
            first = day
            while _among(days, day):
                day += _DAY
            yield first, day
        day += _DAY


def _among(days: Collection[str], day: date) -> bool:
    return DAYS[day.weekday()] in days


def beginning(edge: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which something begins; an aware moment is one already."""
    return edge if edge.tzinfo else _instant(edge.replace(fold=0), zone)


def ending(edge: datetime, zone: tzinfo) -> datetime:
    """Return the instant at which something is over; an aware moment is one already."""
    return edge if edge.tzinfo else _instant(edge.replace(fold=1), zone)


def _instant(wall: datetime, zone: tzinfo) -> datetime:
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
