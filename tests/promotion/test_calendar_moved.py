"""A freeze in a zone of its own cannot be moved out of the way in the record: no clock is a day off from UTC's."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.promotion.cases import GATE, bundle

from pratique.errors import Unverified
from pratique.promotion.calendar import Calendar, Frozen, Span
from pratique.promotion.calendar_check import check_calendar
from pratique.values.names import Environment

FREEZE = "    freeze: [{name: year end, from: 2026-12-18T00:00, until: 2027-01-04T00:00}]\n"
RULES = bundle(GATE.replace("  prod:\n", f"  prod:\n{FREEZE}")).rules(Environment("prod"))
BEGIN, END = datetime(2026, 12, 18, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)


def check(begin: timedelta, end: timedelta) -> None:
    moved = Frozen("year end", BEGIN + begin, END + end, RULES.freeze[0].allow)
    check_calendar(Calendar((moved,)), RULES, BEGIN)


@pytest.mark.parametrize("hours", [-14, 0, 12])
def test_where_a_clock_of_the_world_has_it_is_the_policys_freeze(hours: int) -> None:
    check(timedelta(hours=hours), timedelta(hours=hours))


@pytest.mark.parametrize(("begin", "end"), [(365, 365), (3, 0), (0, -3)])
def test_a_freeze_that_was_moved_or_cut_is_refused(begin: int, end: int) -> None:
    with pytest.raises(Unverified, match="expected the freeze 'year end' of prod as the rules have it"):
        check(timedelta(days=begin), timedelta(days=end))


WEEKEND = bundle(GATE.replace("  prod:\n", "  prod:\n    freeze: [{name: weekend, weekly: [sat, sun]}]\n")).rules(
    Environment("prod")
)
WEDNESDAY = datetime(2026, 11, 25, 12, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, tzinfo=UTC)


def weekends(*weeks: int, later: timedelta = timedelta(0), days: int = 2) -> Calendar:
    begins = [SATURDAY + timedelta(weeks=week) + later for week in weeks]
    allow = WEEKEND.freeze[0].allow
    return Calendar(tuple(Frozen("weekend", begin, begin + timedelta(days=days), allow) for begin in begins))


@pytest.mark.parametrize("hours", [-14, 0, 12])
def test_weekends_of_any_clock_of_the_world_are_the_policys(hours: int) -> None:
    check_calendar(weekends(0, 1, later=timedelta(hours=hours)), WEEKEND, WEDNESDAY)


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(),
        weekends(52, 53),
        weekends(1, 2),
        weekends(0),
        weekends(0, 1, later=timedelta(days=3)),
        weekends(0, 1, days=0),
    ],
    ids=["none", "a year away", "the next one left out", "the one after left out", "in the week", "over at once"],
)
def test_a_weekend_that_was_left_out_moved_or_cut_is_refused(calendar: Calendar) -> None:
    with pytest.raises(Unverified, match="calendar: expected"):
        check_calendar(calendar, WEEKEND, WEDNESDAY)


@pytest.mark.parametrize("name", ["weekend", "holiday"])
def test_a_freeze_that_gives_people_longer_and_that_nobody_signed_is_refused(name: str) -> None:
    longer = Frozen(name, WEDNESDAY, WEDNESDAY + timedelta(days=30), WEEKEND.freeze[0].allow)
    calendar = weekends(0, 1)
    with pytest.raises(Unverified, match=f"expected a freeze of prod as the rules have it, found freeze '{name}'"):
        check_calendar(Calendar((*calendar.freezes, longer)), WEEKEND, WEDNESDAY)


def test_hours_that_the_rules_do_not_have_are_refused() -> None:
    calendar = Calendar(weekends(0, 1).freezes, (Span(WEDNESDAY, WEDNESDAY + timedelta(hours=8)),))
    with pytest.raises(Unverified, match="prod has no working hours in the rules, found some"):
        check_calendar(calendar, WEEKEND, WEDNESDAY)


def test_a_freeze_that_is_over_on_its_own_clock_may_be_left_out() -> None:
    check_calendar(Calendar(), RULES, END - timedelta(hours=12))
