"""A timestamp authority that fails is left alone, longer each time, and what is known of it may be lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.service.stamp_patience import FILE, FIRST, LONGEST, Failing, after_failure, failing, remember

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)


def failed(name: str, times: int = 1) -> Failing:
    found: Failing | None = None
    for _ in range(times):
        found = after_failure(found, name, "status 503", NOW)
    assert found is not None
    return found


@given(st.integers(1, 60))
def test_it_waits_twice_as_long_each_time_and_never_more_than_half_a_day(times: int) -> None:
    waited = failed("one", times).again - NOW
    assert waited == min(FIRST * 2 ** min(times - 1, 20), LONGEST)
    assert failed("one", times + 1).again - NOW >= waited


def test_the_first_failure_is_the_one_since_when_it_fails() -> None:
    first = after_failure(None, "one", "a", NOW)
    assert after_failure(first, "one", "b", NOW + timedelta(hours=1)).since == NOW


def test_whoever_answers_is_forgotten_and_the_others_are_not(tmp_path: Path) -> None:
    remember(tmp_path, frozenset({"one", "two"}), (failed("one"), failed("two", 3)))
    assert failing(tmp_path) == (failed("one"), failed("two", 3))
    remember(tmp_path, frozenset({"one"}), ())
    assert failing(tmp_path) == (failed("two", 3),)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("content", [b"", b"{", b'{"failing": [1]}', bytes(10)])
def test_a_file_that_says_nothing_lets_everybody_be_asked(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert failing(tmp_path) == ()
    remember(tmp_path, frozenset({"one"}), (failed("one"),))
    assert failing(tmp_path) == (failed("one"),)
