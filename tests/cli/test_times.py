"""Moments as people type them."""

import argparse
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.cli.times import moment, moment_or_span
from pratique.values.moment import render_moment


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-12-01", "2026-12-01T00:00:00.000Z"),
        ("2026-12-01T09:30Z", "2026-12-01T09:30:00.000Z"),
        ("2026-12-01T09:30:15+02:00", "2026-12-01T07:30:15.000Z"),
        ("2026-12-01T09:30:15.5-05:00", "2026-12-01T14:30:15.500Z"),
    ],
)
def test_a_day_or_a_time_with_its_zone_is_one_moment(text: str, meant: str) -> None:
    assert render_moment(moment(text)) == meant


@given(
    st.integers(0, 4_000_000_000_000_000).map(
        lambda count: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=count)
    ),
    st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_what_is_written_as_rfc_3339_says_is_read_as_it_was(at: datetime, zone: timezone) -> None:
    assert moment(at.astimezone(zone).isoformat(timespec="microseconds")) == at


@pytest.mark.parametrize(
    ("text", "meant"), [("90d", timedelta(days=90)), ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC))]
)
def test_a_span_before_now_may_stand_for_a_moment(text: str, meant: object) -> None:
    assert moment_or_span(text) == meant


@pytest.mark.parametrize("text", ["d", "-1d", "1d2h", "99999999999d"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="duration"):
        moment_or_span(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01",
        "2026-02-30",
        "2026-12-01T09:30",
        "2026-12-01 09:30Z",
        "01.12.2026",
        "2026-12-01Z",
        "９９９９-12-01",
    ],
)
def test_a_time_without_a_zone_and_a_day_that_is_none_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        moment(text)


def test_the_ends_of_time_are_refused_where_the_zone_leads_beyond_them() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="does not exist"):
        moment("0001-01-01T00:00+14:00")
    assert moment("9999-12-31") == datetime(9999, 12, 31, tzinfo=UTC)
