"""Stopping takes one signature, and letting go on two, of different people."""

from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, digest, event

from pratique.attest.hold import Scope
from pratique.promotion.events import Entry
from pratique.promotion.governance import HoldLifted, HoldPlaced
from pratique.promotion.hold import TO_LIFT, HoldStanding, fold_holds, holding
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment

PROD, DEV = Environment("prod"), Environment("dev")
PEOPLE = [Actor("person:bea"), Actor("person:cai"), Actor("person:fay")]
IMAGE = digest("image")


def placed(
    image: Digest | None = IMAGE, application: str | None = None, environment: Environment | None = None
) -> HoldPlaced:
    return HoldPlaced("hd_a", PEOPLE[0], image, application, environment, "", digest("words"))


def lifted(by: Actor, hold: str = "hd_a") -> HoldLifted:
    return HoldLifted(hold, by, "", digest("words"))


def fold(*data: HoldPlaced | HoldLifted) -> HoldStanding:
    entries = [Entry(index, event(each, promotion=None)) for index, each in enumerate(data)]
    return fold_holds(entries)[0]


@given(st.lists(st.sampled_from(PEOPLE), max_size=6))
def test_a_hold_ends_with_the_second_person_and_never_with_one_alone(signed: list[Actor]) -> None:
    one = fold(placed(), *map(lifted, signed))
    assert (one.ended is not None) == (len(set(signed)) >= TO_LIFT)


@given(st.lists(st.sampled_from(PEOPLE), max_size=6))
def test_who_signs_for_another_hold_lifts_nothing_of_this_one(signed: list[Actor]) -> None:
    assert fold(placed(), *(lifted(by, "hd_b") for by in signed)).ended is None


def test_an_image_is_stopped_everywhere_or_in_one_environment() -> None:
    assert placed().stops("shop", PROD, (IMAGE,))
    assert placed(environment=PROD).stops("shop", PROD, (IMAGE,))
    assert not placed(environment=PROD).stops("shop", DEV, (IMAGE,))
    assert not placed().stops("shop", PROD, (digest("other"),))


def test_a_platform_that_is_held_stops_the_index_that_has_it() -> None:
    assert placed(digest("arm64")).stops("shop", PROD, (IMAGE, digest("arm64")))


def test_an_environment_of_one_application_is_stopped_for_every_image_and_no_other_application() -> None:
    one = placed(None, "shop", PROD)
    assert one.stops("shop", PROD, (IMAGE,))
    assert not one.stops("bank", PROD, (IMAGE,))
    assert not one.stops("shop", DEV, (IMAGE,))


def test_nothing_is_held_once_every_hold_has_ended() -> None:
    standing = fold(placed())
    assert holding((standing,), "shop", PROD, (IMAGE,)) == standing
    ended = fold(placed(), lifted(PEOPLE[0]), lifted(PEOPLE[1]))
    assert holding((ended,), "shop", PROD, (IMAGE,)) is None
    assert ended.at == NOW
    assert ended.scope == Scope(IMAGE, None, None)
