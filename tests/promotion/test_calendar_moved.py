"""A freeze in a zone of its own cannot be moved out of the way in the record: no clock is a day off from UTC's."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.promotion.cases import GATE, bundle

from pratique.errors import Unverified
from pratique.promotion.calendar import Calendar, Frozen, check_calendar
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
