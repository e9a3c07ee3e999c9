"""Laws of a release: nothing moves while one part may not, and two releases never wait for each other."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.promotion.builders import approved, digest, gathered, identifier, judged, requested, story

from pratique.errors import Conflict, Malformed
from pratique.promotion.happenings import PromotionRetried
from pratique.promotion.history import fold_all
from pratique.promotion.plan import Step, next_to_copy, plan
from pratique.promotion.release import Part, Release
from pratique.promotion.states import BEFORE_THE_SEAL, ENDED, MOVING, Promotion, State
from pratique.promotion.together import at_rest, follow_others, may_move, to_retry, to_withdraw
from pratique.values.ids import Kind

STATES = st.sampled_from(list(State))


def release(word: str, *states: State, at: int = 9) -> tuple[Promotion, ...]:
    """Return a release whose parts stand so, each approved one entry after the other."""
    found = fold_all(story(requested(), gathered(), judged(), approved()))
    assert found.approval
    ids = [identifier(Kind.PROMOTION, f"{word}{place}") for place in range(len(states))]
    whole = Release(tuple(Part(one, f"image-{place}", digest(one)) for place, one in enumerate(ids)))
    return tuple(
        replace(
            found, id=one, image_name=f"image-{place}", state=state, release=whole,
            approval=replace(found.approval, index=at + place),
        )
        for place, (one, state) in enumerate(zip(ids, states, strict=True))
    )  # fmt: skip


def settled(parts: tuple[Promotion, ...]) -> tuple[Promotion, ...]:
    """Return how the parts stand after what follows from one another."""
    after = {part.id: part for part in parts}
    for part, happening in follow_others(parts):
        state = State.GATHERING if isinstance(happening, PromotionRetried) else State.WITHDRAWN
        after[part.id] = replace(after[part.id], state=state)
    return tuple(after.values())


@given(st.lists(STATES, min_size=2, max_size=4))
def test_nothing_moves_while_one_part_may_not(states: list[State]) -> None:
    after = settled(release("one", *states))
    assert may_move(after) or not any(part.state in MOVING for part in after)


@given(st.lists(STATES, min_size=2, max_size=4))
def test_what_ends_ends_all(states: list[State]) -> None:
    stopped = {State.VETOED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED}
    after = settled(release("one", *states))
    assert not stopped & set(states) or all(part.state in ENDED for part in after)


@given(st.lists(STATES, min_size=2, max_size=4))
def test_what_followed_once_does_not_follow_again(states: list[State]) -> None:
    after = settled(release("one", *states))
    assert settled(after) == after


@given(st.lists(STATES, min_size=2, max_size=4))
def test_tags_are_pointed_by_the_first_part_once_all_are_attached(states: list[State]) -> None:
    parts = release("one", *states)
    steps = [
        (place, effect.step) for place, part in enumerate(parts) for effect in plan(part, (), {_id(parts): parts})
    ]
    ready = set(states) <= {State.POINTING, State.PROMOTED} and states[0] is State.POINTING
    assert [place for place, step in steps if step is Step.POINT] == ([0] if ready else [])


def _id(parts: tuple[Promotion, ...]) -> str:
    whole = parts[0].release
    assert whole
    return whole.id


@given(st.lists(STATES, min_size=2, max_size=4))
def test_a_release_is_at_rest_when_nothing_is_planned_for_any_part(states: list[State]) -> None:
    assume(not (State.PROMOTED in states and MOVING & set(states)))  # all parts are promoted in one transaction
    parts = settled(release("one", *states))
    planned = [effect for part in parts for effect in plan(part, (), {_id(parts): parts})]
    assert at_rest(parts) == (not planned)


@given(st.lists(STATES, min_size=2, max_size=4))
def test_what_stopped_is_retried_and_never_what_is_on_its_way(states: list[State]) -> None:
    parts = settled(release("one", *states))
    try:
        again = to_retry(parts)
    except Conflict:
        assert not any(part.state in (State.REMEDIATION, State.FAILED) for part in parts)
    else:
        stopped = {part.id for part in parts if part.state in (State.REMEDIATION, State.FAILED)}
        assert again
        assert not stopped or {part.id for part in again} == stopped
        assert not any(part.state in ENDED | MOVING for part in again)


def test_what_is_being_pointed_is_neither_retried_nor_withdrawn() -> None:
    parts = tuple(replace(part, released=True) for part in release("one", State.POINTING, State.POINTING))
    for taken_back in (to_retry, to_withdraw):
        with pytest.raises(Conflict, match="its tags are being pointed"):
            taken_back(parts)


@given(st.lists(STATES, min_size=2, max_size=4))
def test_a_release_is_withdrawn_by_a_part_that_can_be(states: list[State]) -> None:
    parts = release("one", *states)
    try:
        assert to_withdraw(parts).state in BEFORE_THE_SEAL
    except Conflict:
        assert not BEFORE_THE_SEAL & set(states)


def test_two_releases_have_the_same_order_in_every_place() -> None:
    first = release("one", State.APPROVED, State.APPROVED, at=5)  # approved at 5 and 6
    crossed = tuple(reversed(release("two", State.APPROVED, State.APPROVED, at=4)))  # at 5 and 4
    releases = {_id(first): first, _id(crossed): crossed}
    turns = [next_to_copy(place, releases) for place in zip(first, crossed, strict=True)]
    assert turns == [crossed[0], crossed[1]]


def test_one_image_is_no_release() -> None:
    with pytest.raises(Malformed, match="two parts or more"):
        Release((Part("pr_1", "api", digest("image")),))
