"""How much is asked at once: less of a registry that is busy, and more again when it goes well."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.opened import at
from tests.registry.scripted_server import Asked, Reply, scripted_server

from pratique.registry.gate import QUESTIONS, Gate, Places


@given(st.integers(1, 20), st.lists(st.booleans(), max_size=200))
def test_there_is_always_a_place_and_never_more_than_at_first(most: int, busy: list[bool]) -> None:
    places = Places(most)
    for one in busy:
        before = places.allowed
        if one:
            places.narrow()
            assert places.allowed == max(1, before // 2)
        else:
            places.went_well()
            assert before <= places.allowed <= min(most, before + 1)


@given(st.integers(1, 20), st.integers(0, 8))
def test_what_goes_well_long_enough_is_as_wide_as_before(most: int, times: int) -> None:
    places = Places(most)
    for _ in range(times):
        places.narrow()
    for _ in range(most * most):
        places.went_well()
    assert places.allowed == most


@pytest.mark.parametrize("seconds", [0, 30])
def test_everybody_under_way_being_told_so_narrows_the_way_once(seconds: float) -> None:
    gate = Gate()
    for _ in range(QUESTIONS):
        gate.pause(seconds)
    assert gate.questions == QUESTIONS // 2


def test_a_failure_gives_its_place_back() -> None:
    places = Places(1)
    for _ in range(3):
        with pytest.raises(OSError, match="broken"), places.held():
            raise OSError("broken")
    with places.held():
        assert places.allowed == 1


def test_a_registry_that_is_busy_once_is_asked_by_half_as_many() -> None:
    guard, now, most, told = threading.Lock(), 0, 0, False

    def script(asked: Asked) -> Reply:
        nonlocal now, most, told
        with guard:
            if not told:
                told = True
                return Reply(429, (("Retry-After", "0"),))
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with guard:
            now -= 1
        return Reply(404)

    with scripted_server(script) as server, ThreadPoolExecutor(QUESTIONS) as pool:
        registry = at(server)
        assert registry.resolve("v1") is None
        list(pool.map(registry.resolve, ["v1"] * QUESTIONS))
    assert 1 < most <= QUESTIONS // 2 + 2
