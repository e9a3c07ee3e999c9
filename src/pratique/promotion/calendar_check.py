"""Whether a calendar that was worked out elsewhere is the rules' own, as far as that shows without a time zone.

No clock of the world is further than a day from UTC's, so each freeze may lie a day aside, and no more. A judgement
refuses any other calendar: one that leaves a freeze out, moves it, or invents one to give people longer.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pratique.errors import Unverified
from pratique.policy.environment import EnvironmentRules
from pratique.policy.freeze import Freeze
from pratique.promotion.calendar import Calendar, Frozen
from pratique.promotion.occurrence import DAYS, weekly
from pratique.values.moment import render_moment

_DAY = timedelta(days=1)
_SURE = timedelta(days=12)
"""So far ahead every calendar knows the freezes of a week: two weeks are worked out, less a day at each end."""


def check_calendar(calendar: Calendar, rules: EnvironmentRules, now: datetime) -> None:
    """Return if a calendar holds the freezes of these rules that are surely not over, and no others.

    Args:
        calendar: What was worked out.
        rules: Those of the environment.
        now: The moment at which it was.

    Raises:
        Unverified: A freeze is missing, stands at another time than the rules say, or is none of theirs; or there
            are working hours where the rules have none, or none where they have some.
    """
    for freeze in rules.freeze:
        standing = tuple(found for found in calendar.freezes if _stands(found, freeze))
        for begin, end in _surely(freeze, now):
            if not any(_is(found, freeze) and _covers(found, begin, end) for found in standing):
                raise Unverified(
                    f"calendar: expected the freeze {freeze.name!r} of {rules.name} as the rules have it, around "
                    f"{render_moment(begin)}, found none"
                )
    for found in calendar.freezes:
        if not any(_is(found, freeze) and _stands(found, freeze) for freeze in rules.freeze):
            raise Unverified(
                f"calendar: expected a freeze of {rules.name} as the rules have it, found {found.told}"
            )
    slow = rules.tracks.slow
    if bool(calendar.hours) and not (slow and slow.hours):
        raise Unverified(f"calendar: {rules.name} has no working hours in the rules, found some")
    if slow and slow.hours and not calendar.hours:
        raise Unverified(f"calendar: expected the working hours of {rules.name}, found none")


def _is(found: Frozen, freeze: Freeze) -> bool:
    return (found.name, found.allow) == (freeze.name, freeze.allow)


def _surely(freeze: Freeze, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times in UTC, a day aside at most, at which a freeze stands and that are over on no clock yet."""
    if freeze.begin is not None and freeze.end is not None:
        begin, end = _utc(freeze.begin), _utc(freeze.end)
        if end - _slack(freeze) > now:
            yield begin, end
        return
    for begin, end in weekly(freeze.weekly, UTC, now + _DAY, _SURE):
        if _every_day(freeze):
            yield now + _DAY, now + _SURE
        elif begin < now + _SURE:
            yield begin, end


def _covers(found: Frozen, begin: datetime, end: datetime) -> bool:
    return found.begin <= begin + _DAY and found.end >= end - _DAY


def _stands(found: Frozen, freeze: Freeze) -> bool:
    """Tell whether a freeze stands at this time, on some clock."""
    slack = _slack(freeze)
    if freeze.begin is not None and freeze.end is not None:
        return abs(found.begin - _utc(freeze.begin)) <= slack and abs(found.end - _utc(freeze.end)) <= slack
    if _every_day(freeze):
        return True
    runs = weekly(freeze.weekly, UTC, found.begin - _DAY, 2 * _DAY)
    return any(abs(found.begin - begin) <= slack and abs(found.end - end) <= slack for begin, end in runs)


def _slack(freeze: Freeze) -> timedelta:
    return timedelta(0) if freeze.begin is not None and freeze.begin.tzinfo is not None else _DAY


def _every_day(freeze: Freeze) -> bool:
    return len(set(freeze.weekly)) == len(DAYS)


def _utc(edge: datetime) -> datetime:
    return edge if edge.tzinfo else edge.replace(tzinfo=UTC)
