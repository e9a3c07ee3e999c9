"""Freezes and working hours of a policy, worked out into instants around a judgement.

Source: ``promotion.occurrence``, which says what a time on the wall means.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pratique.errors import Absent, Malformed
from pratique.policy.approval import Hours
from pratique.policy.environment import EnvironmentRules
from pratique.policy.freeze import Freeze
from pratique.policy.moments import Weekday
from pratique.promotion.calendar import Calendar, Frozen, Span
from pratique.promotion.occurrence import beginning, ending, weekly
from pratique.service.zone import zone_named

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
        return zone_named(rules.settings.timezone)
    except Absent as error:
        raise Malformed(f"settings.timezone: {error}") from error


def _horizon(rules: EnvironmentRules) -> timedelta:
    """Return how far ahead to look: over people's whole window, whatever few days of a week they work."""
    slow = rules.tracks.slow
    return max(_AHEAD, 10 * slow.window) if slow else _AHEAD


def _spans(freeze: Freeze, zone: ZoneInfo, now: datetime, ahead: timedelta) -> Iterator[Frozen]:
    if freeze.begin is not None and freeze.end is not None:
        begin, end = beginning(freeze.begin, zone), ending(freeze.end, zone)
        if end > now:
            yield Frozen(freeze.name, begin, end, freeze.allow)
        return
    for begin, end in weekly(freeze.weekly, zone, now, ahead):
        yield Frozen(freeze.name, begin, end, freeze.allow)


def _hours(hours: Hours, zone: ZoneInfo, now: datetime, ahead: timedelta) -> Iterator[Span]:
    day = now.astimezone(zone).date()
    for place in range(ahead.days + 1):
        on = day + place * _DAY
        if _DAYS[on.weekday()] in hours.days:
            begin = beginning(datetime.combine(on, hours.begin), zone)
            end = ending(datetime.combine(on, hours.end), zone)
            if end > now:
                yield Span(begin, end)
