"""Sizes and durations: short, with their unit, and never wider than a column that fits them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.cli.units import counted, duration, share, size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (2**20 - 1, "1.0 MiB"),
        (266 * 2**20, "266.0 MiB"),
        (5 * 2**40, "5.0 TiB"),
        (2**70, "1048576.0 PiB"),
    ],
)
def test_a_size_has_its_unit(count: int, text: str) -> None:
    assert size(count) == text


@given(st.integers(0, 2**59))
def test_a_size_takes_nine_columns_at_most(count: int) -> None:
    assert re.fullmatch(r"\d{1,3} B|\d{1,3}\.\d [KMGTP]iB", size(count))


@given(st.integers(0, 2**50))
def test_a_size_is_off_by_less_than_a_tenth(count: int) -> None:
    number, unit = size(count).split()
    factor = 1024 ** ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].index(unit)
    assert abs(float(number) * factor - count) <= max(count, 1) / 10


@given(st.integers(0, 2**59), st.floats(0, 1))
def test_a_share_is_as_wide_as_its_whole(total: int, part: float) -> None:
    assert len(share(int(total * part), total)) == len(share(total, total))


def test_a_share_has_one_unit() -> None:
    assert (share(66 * 2**20, 266 * 2**20), share(5, 999)) == (" 66.0/266.0 MiB", "  5/999 B")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0:00"), (4.9, "0:04"), (750, "12:30"), (3723, "1:02:03"), (10**9, ">99h"), (359_999, "99:59:59")],
)
def test_a_duration_is_written_as_a_clock_shows_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_not_many() -> None:
    assert [counted(0, "blob"), counted(1, "blob"), counted(2, "entry", "entries")] == [
        "0 blobs",
        "1 blob",
        "2 entries",
    ]
