"""Who may publish a change of the policy: counted people, none of them twice, its author never."""

from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, directory

from pratique.attest.policy import Changes
from pratique.promotion.policy_change import why_not_enough
from pratique.values.names import Actor, Group

PEOPLE = tuple(name for name, _ in directory().document.people)
ROLES = sorted({role.role for role in directory().document.roles})
GROUPS = [str(name) for name, _ in directory().document.groups]
CHANGES = st.builds(
    Changes,
    st.sampled_from(GROUPS).map(Group),
    st.lists(st.tuples(st.sampled_from(ROLES), st.integers(1, 2)), min_size=1, max_size=2).map(tuple),
)
SIGNERS = st.lists(st.sampled_from(PEOPLE), max_size=8).map(tuple)


def enough(changes: Changes, author: Actor | None, people: tuple[Actor, ...]) -> bool:
    return why_not_enough(changes, author, people, directory(), NOW) is None


@given(CHANGES, st.sampled_from(PEOPLE), SIGNERS, st.permutations(range(16)))
def test_neither_order_nor_repetition_counts(
    changes: Changes, author: Actor, people: tuple[Actor, ...], order: list[int]
) -> None:
    twice = people * 2
    shuffled = tuple(twice[place] for place in order if place < len(twice))
    assert enough(changes, author, people) == enough(changes, author, shuffled)


@given(CHANGES, st.sampled_from(PEOPLE), SIGNERS)
def test_the_author_never_helps(changes: Changes, author: Actor, people: tuple[Actor, ...]) -> None:
    assert enough(changes, author, people) == enough(
        changes, author, tuple(one for one in people if one != author)
    )


@given(CHANGES, st.sampled_from(PEOPLE), SIGNERS, st.sampled_from(PEOPLE))
def test_one_person_more_never_makes_them_fewer(
    changes: Changes, author: Actor, people: tuple[Actor, ...], one: Actor
) -> None:
    assert not enough(changes, author, people) or enough(changes, author, (*people, one))


@given(CHANGES, SIGNERS)
def test_a_change_without_an_author_is_never_enough(changes: Changes, people: tuple[Actor, ...]) -> None:
    assert not enough(changes, None, people)
