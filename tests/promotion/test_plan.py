"""What is wanted next, and whose turn it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import approved, gathered, identifier, judged, requested, story
from tests.promotion.test_history import ASKED, ATTACHED, COPIED, DONE, GOOD, READ, SEALED, SLOW, STUCK

from pratique.promotion.catalogue import Happening
from pratique.promotion.happenings import PromotionRetried
from pratique.promotion.history import fold_all
from pratique.promotion.plan import Step, next_to_copy, plan
from pratique.promotion.states import MOVING, Promotion, State
from pratique.values.ids import Kind


def waiting(word: str, index: int, state: State = State.APPROVED) -> Promotion:
    promotion = fold_all(story(requested(), gathered(), judged(), approved()))
    assert promotion.approval
    approval = replace(promotion.approval, index=index)
    return replace(promotion, id=identifier(Kind.PROMOTION, word), state=state, approval=approval)


@pytest.mark.parametrize(
    ("happenings", "steps"),
    [
        (ASKED, [Step.GATHER]),
        (READ, [Step.JUDGE]),
        (SLOW, []),
        (STUCK, []),
        (GOOD, [Step.COPY]),
        ((*GOOD, COPIED), [Step.SEAL]),
        ((*GOOD, COPIED, SEALED), [Step.ATTACH]),
        ((*GOOD, COPIED, SEALED, ATTACHED), [Step.POINT]),
        (DONE, []),
    ],
)
def test_each_state_wants_its_step(happenings: tuple[Happening, ...], steps: list[Step]) -> None:
    assert [effect.step for effect in plan(fold_all(story(*happenings)), (), {})] == steps


def test_an_effect_is_named_by_promotion_generation_and_step() -> None:
    promotion = fold_all(story(*STUCK, PromotionRetried(2)))
    assert [effect.id for effect in plan(promotion, (), {})] == [f"{promotion.id}/2/gather"]


def copied(promotion: Promotion, *others: Promotion) -> list[str]:
    return [effect.promotion for effect in plan(promotion, others, {}) if effect.step is Step.COPY]


def test_nobody_overtakes_who_was_approved_earlier() -> None:
    first, second = waiting("first", 5), waiting("second", 9)
    assert copied(first, second) == copied(second, first) == [first.id]


@pytest.mark.parametrize("state", [State.SEALING, State.ATTACHING, State.POINTING])
def test_the_next_waits_while_one_is_on_its_way(state: State) -> None:
    assert copied(waiting("next", 9), waiting("moving", 5, state)) == []


@pytest.mark.parametrize("state", [State.PROMOTED, State.FAILED, State.WITHDRAWN, State.GATHERING])
def test_when_one_is_done_or_steps_back_the_next_is_wanted(state: State) -> None:
    following = waiting("next", 9)
    assert copied(waiting("first", 5, state), following) == [following.id]


@given(
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from(list(State))), max_size=6, unique_by=lambda it: it[0])
)
def test_at_most_one_of_a_place_moves(found: list[tuple[int, State]]) -> None:
    place = [waiting(str(index), index, state) for index, state in found]
    wanted = {tuple(copied(one, *(it for it in place if it is not one))) for one in place}
    turn = next_to_copy(place, {})
    assert wanted <= {(turn.id,) if turn else ()}
    assert turn is None or not any(one.state in MOVING for one in place)
