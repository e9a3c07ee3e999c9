"""What was at a place, and until when: what a way back rests on."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, PROD, digest

from pratique.attest.seal import Level
from pratique.promotion.past import PROPER, Arrival, replacement_of

LATER = 1_000


def arrival(image: str, index: int, level: Level = Level.PROMOTED) -> Arrival:
    at = NOW + timedelta(minutes=index)
    return Arrival(index, f"pr_{index}", "shop", "api", PROD, digest(image), level, at)


def place(*images: str) -> tuple[Arrival, ...]:
    return tuple(arrival(image, index) for index, image in enumerate(images))


def test_what_came_after_it_took_its_place() -> None:
    found = replacement_of(digest("old"), place("old", "new", "newest"), LATER)
    assert found is not None
    assert found.image == digest("new")


def test_of_several_times_the_last_one_counts() -> None:
    found = replacement_of(digest("old"), place("old", "new", "old", "newest"), LATER)
    assert found is not None
    assert found.image == digest("newest")


def test_what_is_still_there_never_left() -> None:
    assert replacement_of(digest("old"), place("old", "new", "old"), LATER) is None


def test_what_never_came_never_left() -> None:
    assert replacement_of(digest("other"), place("old", "new"), LATER) is None
    assert replacement_of(digest("other"), (), LATER) is None


def test_what_an_emergency_let_in_is_nothing_to_go_back_to() -> None:
    came = (arrival("old", 0, Level.EMERGENCY), arrival("new", 1))
    assert replacement_of(digest("old"), came, LATER) is None


def test_what_was_there_when_it_was_asked_for_does_not_go_back() -> None:
    came = (arrival("old", 3), arrival("new", 8))
    assert replacement_of(digest("old"), came, 8) is None
    assert replacement_of(digest("old"), came, 9) == came[1]
    again = (arrival("old", 1), arrival("new", 2), *came)
    assert replacement_of(digest("old"), again, 8) is None


ARRIVALS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Level)), max_size=8).map(
    lambda found: tuple(arrival(image, index, level) for index, (image, level) in enumerate(found))
)


@given(ARRIVALS, st.integers(0, 9))
def test_what_comes_of_all_arrivals_comes_of_those_that_a_proof_shows(
    came: tuple[Arrival, ...], asked: int
) -> None:
    """The image's own arrivals, what came after each, and the last of all: no more is needed to tell."""
    image = digest("a")
    found = replacement_of(image, came, asked)
    after = {later for one, later in pairwise(came) if one.image == image}
    shown = {one for one in came if one.image == image} | {*came[-1:]} | after
    assert replacement_of(image, tuple(sorted(shown, key=lambda one: one.index)), asked) == found


@given(ARRIVALS, st.integers(0, 9))
def test_whatever_goes_back_was_properly_there_before(came: tuple[Arrival, ...], asked: int) -> None:
    found = replacement_of(digest("a"), came, asked)
    if found is not None:
        before = [one for one in came if one.index < found.index and one.image == digest("a")]
        assert before
        assert before[-1].level in PROPER
        assert came[-1].image != digest("a")
        assert found.index < asked
