"""Freezes and working hours of a named zone become the right instants, also where clocks are put forward or back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.cases import GATE, bundle

from pratique.errors import Malformed, Unverified
from pratique.policy.environment import EnvironmentRules
from pratique.promotion.calendar_check import check_calendar
from pratique.service.calendar import calendar_of
from pratique.values.moment import render_moment

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Pacific/Apia", "UTC")
WEEKEND = "{name: weekend, weekly: [sat, sun], allow: [emergency]}"


def rules(*freezes: str, zone: str = "Europe/Berlin", slow: str = "") -> EnvironmentRules:
    gate = GATE.replace("path:", f"settings: {{timezone: {zone}}}\npath:")
    gate = gate.replace("  prod:\n", f"  prod:\n    freeze: [{', '.join(freezes)}]\n")
    return bundle(gate.replace("        window: 3d\n", f"        window: 3d\n{slow}")).rules("prod")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def spans(found: EnvironmentRules, now: str) -> list[tuple[str, str]]:
    return [
        (render_moment(one.begin)[:16], render_moment(one.end)[:16]) for one in calendar_of(found, at(now)).freezes
    ]


def test_a_weekend_begins_and_ends_at_midnight_of_the_zone() -> None:
    assert spans(rules(WEEKEND), "2026-11-25T12:00")[0] == ("2026-11-27T23:00", "2026-11-29T23:00")
    assert spans(rules(WEEKEND, zone="America/New_York"), "2026-11-25T12:00")[0] == (
        "2026-11-28T05:00",
        "2026-11-30T05:00",
    )


def test_a_weekend_that_has_begun_is_there_whole() -> None:
    assert spans(rules(WEEKEND), "2026-11-29T12:00")[0] == ("2026-11-27T23:00", "2026-11-29T23:00")


@pytest.mark.parametrize(
    ("now", "hours"), [("2026-03-27T12:00", 47), ("2026-10-23T12:00", 49), ("2026-11-25T12:00", 48)]
)
def test_the_weekend_on_which_clocks_change_is_shorter_or_longer(now: str, hours: int) -> None:
    weekend = calendar_of(rules(WEEKEND), at(now)).freezes[0]
    assert weekend.end - weekend.begin == timedelta(hours=hours)


def test_a_time_that_clocks_skip_means_the_moment_they_did() -> None:
    gap = "{name: gap, from: 2026-03-29T02:30, until: 2026-03-29T12:00}"
    assert spans(rules(gap), "2026-03-01T00:00") == [("2026-03-29T01:00", "2026-03-29T10:00")]
    gap = "{name: gap, from: 2026-03-28T12:00, until: 2026-03-29T02:30}"
    assert spans(rules(gap), "2026-03-01T00:00") == [("2026-03-28T11:00", "2026-03-29T01:00")]


def test_a_time_that_is_there_twice_begins_at_the_first_and_ends_at_the_second() -> None:
    fold = "{name: fold, from: 2026-10-25T02:30, until: 2026-10-25T02:45}"
    assert spans(rules(fold), "2026-10-01T00:00") == [("2026-10-25T00:30", "2026-10-25T01:45")]


def test_a_moment_in_utc_is_the_same_in_every_zone() -> None:
    year = "{name: year end, from: 2026-12-18T00:00:00Z, until: 2027-01-04T00:00:00Z}"
    assert {tuple(spans(rules(year, zone=zone), "2026-12-01T00:00")) for zone in ZONES} == {
        (("2026-12-18T00:00", "2027-01-04T00:00"),)
    }


def test_what_is_over_is_left_out() -> None:
    year = "{name: year end, from: 2025-12-18, until: 2026-01-04}"
    assert spans(rules(year), "2026-11-25T12:00") == []


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(Malformed, match=r"settings\.timezone: the time zone 'Europe/Atlantis' is not known here"):
        calendar_of(rules(WEEKEND, zone="Europe/Atlantis"), at("2026-11-25T12:00"))


HOURS = "        hours: {days: [mon, tue, wed, thu, fri], from: '09:00', until: '17:00'}\n"


def test_three_days_over_a_weekend_end_on_the_third_working_day() -> None:
    now = at("2026-11-27T11:00")  # a Friday noon in Berlin: five hours of it are left
    calendar = calendar_of(rules(slow=HOURS), now)
    assert calendar.deadline("slow", now, timedelta(days=3)) == at("2026-12-02T11:00")


def test_a_freeze_costs_nobody_time_to_decide() -> None:
    now = at("2026-11-27T11:00")
    freeze = "{name: works, from: 2026-11-30, until: 2026-12-01, allow: [emergency]}"
    assert calendar_of(rules(freeze, slow=HOURS), now).deadline("slow", now, timedelta(days=3)) == at(
        "2026-12-03T11:00"
    )
    assert calendar_of(rules(freeze), now).deadline("slow", now, timedelta(days=3)) == at("2026-12-01T11:00")
    assert calendar_of(rules(freeze), now).deadline("emergency", now, timedelta(days=3)) == at("2026-11-30T11:00")


@given(st.sampled_from(ZONES), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 400))
def test_a_deadline_is_never_early_and_a_freeze_never_over_at_its_beginning(
    zone: str, now: datetime, hours: int
) -> None:
    moment, window = now.replace(tzinfo=UTC), timedelta(hours=hours)
    calendar = calendar_of(rules(WEEKEND, zone=zone), moment)
    assert calendar.deadline("slow", moment, window) >= moment + window or window > timedelta(days=14)
    assert calendar.deadline("emergency", moment, window) == moment + window
    again = calendar.moves_again("slow", moment)
    assert again >= moment
    assert calendar.freeze_at("slow", again) is None
    stops = calendar.stops_at("slow", moment)
    assert stops is not None
    assert calendar.freeze_at("slow", stops) is not None
    assert all(one.begin < one.end and one.end > moment for one in calendar.freezes)
    assert calendar.freeze_at("rollback", stops) is None


DAYS_OF_A_WEEK = st.lists(
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, max_size=7, unique=True
)
FREEZES = st.one_of(
    DAYS_OF_A_WEEK.map(lambda days: f"{{name: it, weekly: [{', '.join(days)}]}}"),
    st.tuples(st.integers(-40, 40), st.integers(1, 60)).map(
        lambda edges: f"{{name: it, from: {_edge(edges[0])}, until: {_edge(edges[0] + edges[1])}}}"
    ),
)


def _edge(days: int) -> str:
    return (at("2026-11-25T00:00") + timedelta(days=days)).strftime("%Y-%m-%d")


@given(
    FREEZES,
    st.sampled_from((*ZONES, "Pacific/Kiritimati", "Etc/GMT+12")),
    st.integers(-40 * 24 * 4, 40 * 24 * 4).map(
        lambda quarters: at("2026-11-25T00:00") + timedelta(minutes=15 * quarters)
    ),
)
def test_what_is_worked_out_here_is_believed_where_no_zone_is_known(freeze: str, zone: str, now: datetime) -> None:
    found = rules(freeze, zone=zone)
    calendar = calendar_of(found, now)
    check_calendar(calendar, found, now)
    for one in calendar.freezes:
        moved = replace(
            one, begin=one.begin + timedelta(days=2, hours=1), end=one.end + timedelta(days=2, hours=1)
        )
        if "weekly" not in freeze:
            with pytest.raises(Unverified, match="calendar: expected"):
                check_calendar(replace(calendar, freezes=(moved,)), found, now)
