"""What progress looks like: whatever a copy tells, the line fits, and it never goes back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.cli.progress import Deed, Pace, Tally, bar_line, end_line, log_line, start_line
from pratique.registry.progress import Way

MIB = 2**20
PAINT = re.compile(r"\x1b\[[0-9;]*m")
SIZES = st.integers(0, 2**45)
TOLD = st.one_of(
    st.tuples(st.just("moved"), SIZES),
    st.tuples(st.just("restarted"), SIZES),
    st.tuples(st.sampled_from(list(Way)), SIZES),
    st.tuples(st.just("manifests"), st.integers(0, 1000)),
)


def told(tally: Tally, what: str, count: int) -> Tally:
    match what:
        case "moved":
            return tally.moved(count)
        case "restarted":
            return tally.restarted(count)
        case "manifests":
            return tally.wrote(count)
        case _:
            return tally.finished(count, Way(what))


def _after(tally: Tally, stories: list[tuple[str, int]]) -> Tally:
    for what, count in stories:
        tally = told(tally, what, count)
    return tally


TALLIES = st.builds(
    _after,
    st.one_of(st.just(Tally()), st.builds(Tally().planned, st.integers(0, 10**6), SIZES)),
    st.lists(TOLD, max_size=12),
)
PACES = st.lists(st.tuples(st.floats(0, 1e6), SIZES), max_size=5).map(lambda found: Pace(tuple(sorted(found))))


def half_way() -> Tally:
    tally = Tally().planned(12, 266 * MIB).finished(66 * MIB, Way.PRESENT).moved(66 * MIB)
    return tally.finished(66 * MIB, Way.MOVED)


STEADY = Pace(((0.0, 0), (1.0, 33 * MIB), (2.0, 66 * MIB)))


@given(TALLIES, PACES, st.floats(0, 1e9), st.integers(-5, 300), st.booleans())
def test_a_line_is_never_wider_than_the_terminal(
    tally: Tally, pace: Pace, elapsed: float, columns: int, colour: bool
) -> None:
    line = bar_line(tally, pace, elapsed, columns, colour=colour)
    assert len(PAINT.sub("", line)) <= max(columns, 0)
    assert PAINT.sub("", line).isprintable()


@given(TALLIES, PACES, st.integers(0, 300))
def test_paint_changes_nothing_but_the_paint(tally: Tally, pace: Pace, columns: int) -> None:
    painted = bar_line(tally, pace, 1, columns, colour=True)
    assert PAINT.sub("", painted) == bar_line(tally, pace, 1, columns)
    assert "\x1b" not in bar_line(tally, pace, 1, columns)


@given(TALLIES, st.lists(TOLD, max_size=12))
def test_the_bar_never_goes_back(tally: Tally, stories: list[tuple[str, int]]) -> None:
    for what, count in stories:
        after = told(tally, what, count)
        assert after.shown_bytes >= tally.shown_bytes
        assert _filled(after) >= _filled(tally)
        tally = after


@given(TALLIES)
def test_no_more_is_shown_than_there_is(tally: Tally) -> None:
    assert 0 <= tally.done_bytes <= tally.total_bytes
    assert tally.shown_bytes <= tally.total_bytes


@given(TALLIES, PACES, st.floats(0, 1e9))
def test_a_line_of_a_log_is_one_line(tally: Tally, pace: Pace, elapsed: float) -> None:
    for line in (start_line(tally), log_line(tally, pace, elapsed), end_line(tally, elapsed)):
        assert line.isprintable()


def _filled(tally: Tally) -> int:
    line = bar_line(tally, Pace(), 0, 80)
    return 10_000 if line.startswith("100%") else line.count("=")


def test_a_wide_terminal_is_told_everything() -> None:
    bar = "[==============                ]"
    expected = f" 49%  {bar}  132.0/266.0 MiB   2/12 blobs   33.0 MiB/s   0:04 left"
    assert bar_line(half_way(), STEADY, 2, 120) == expected


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (66, " 49%  132.0/266.0 MiB   2/12 blobs   33.0 MiB/s   0:04 left"),
        (50, " 49%  132.0/266.0 MiB   2/12 blobs   33.0 MiB/s"),
        (38, " 49%  132.0/266.0 MiB   2/12 blobs"),
        (24, " 49%  132.0/266.0 MiB"),
        (12, " 49%"),
        (3, ""),
    ],
)
def test_a_narrow_terminal_is_told_what_matters_most(columns: int, expected: str) -> None:
    assert bar_line(half_way(), STEADY, 2, columns) == expected


def test_a_hundred_percent_is_shown_only_when_every_blob_is_there() -> None:
    tally = Tally().planned(1, 100).moved(100)
    assert bar_line(tally, Pace(), 1, 80).startswith(" 99%")
    assert bar_line(tally.finished(100, Way.MOVED), Pace(), 1, 80).startswith("100%")


def test_the_bar_is_as_wide_at_the_end_as_at_the_beginning() -> None:
    begun = Tally().planned(12, 266 * MIB)
    lines = [bar_line(begun.moved(moved * MIB), pace, 1, 80) for moved in (0, 9, 265) for pace in (Pace(), STEADY)]
    assert {line.index("]") - line.index("[") for line in lines} == {18}


def test_before_the_plan_is_known_the_line_says_what_takes_so_long() -> None:
    assert bar_line(Tally(), Pace(), 12, 80) == "looking at what belongs to the image  0:12"


def test_bytes_that_were_there_count_for_the_bar_and_not_for_the_rate() -> None:
    tally = Tally().planned(2, 200).finished(100, Way.MOUNTED)
    assert (tally.shown_bytes, tally.read_bytes) == (100, 0)


def test_bytes_that_were_read_again_count_once_for_the_bar() -> None:
    tally = Tally().planned(1, 100).moved(60).restarted(60).moved(100).finished(100, Way.MOVED)
    assert (tally.done_bytes, tally.read_bytes) == (100, 160)


def test_the_pace_is_that_of_the_last_five_seconds() -> None:
    pace = Pace()
    for second in range(10):
        pace = pace.at(float(second), 1000 if second >= 1 else 0)
    assert pace.bytes_per_second == 0.0
    assert len(pace.samples) == 6


def test_a_log_that_looks_every_ten_seconds_has_a_pace_too() -> None:
    assert Pace().at(0, 0).at(10, 1000).at(20, 3000).bytes_per_second == 200


def test_two_looks_at_one_moment_give_no_pace() -> None:
    assert Pace().at(1, 0).at(1, 10**9).bytes_per_second == 0.0


def test_the_end_says_what_was_moved_and_what_need_not_be() -> None:
    assert end_line(half_way(), 2) == "moved 66.0 MiB in 2.0 s, 33.0 MiB/s; 66.0 MiB were there or mounted"
    assert (
        end_line(Tally().planned(1, 100).finished(100, Way.PRESENT), 70)
        == "nothing moved; 100 B were there or mounted"
    )
    assert end_line(Tally().planned(1, 700).moved(700), 70, Deed.READ) == "read 700 B in 1:10, 10 B/s"
