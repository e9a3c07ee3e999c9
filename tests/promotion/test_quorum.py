"""Who counts, who does not and why, and when enough people approve."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, digest, directory, question, review, role

from pratique.attest.review import Decision
from pratique.promotion.quorum import ANY_ROLE, Exclusion, Need, Quorum, count
from pratique.promotion.states import ReviewStanding
from pratique.values.names import Actor, Group

RELEASE, SECURITY = Need("release", 1), Need("security", 1)
DIRECTORY = directory()


def counted(*reviews: ReviewStanding, needs: tuple[Need, ...] = (RELEASE, SECURITY)) -> Quorum:
    return count(question(*needs), reviews, DIRECTORY, now=NOW)


def because(quorum: Quorum, name: str) -> str | None:
    return next(voter.because for voter in quorum.voters if voter.person == f"person:{name}")


def test_two_people_in_the_two_roles_are_enough() -> None:
    quorum = counted(review("cleo"), review("eve"))
    assert quorum.met
    assert quorum.counted == (digest(("cleo", 1)), digest(("eve", 1)))


def test_one_person_voting_twice_counts_once() -> None:
    assert not counted(review("cleo", index=1), review("cleo", index=2), needs=(Need("release", 2),)).met


def test_a_person_with_two_roles_fills_one_of_them() -> None:
    quorum = counted(review("dan"))
    assert not quorum.met
    assert quorum.missing == (SECURITY,)


def test_a_person_with_two_roles_makes_room_for_a_person_with_one() -> None:
    assert counted(review("dan"), review("cleo")).met  # dan moves from release to security
    assert counted(review("dan"), review("eve")).met


def test_one_veto_outweighs_any_number_of_approvals() -> None:
    quorum = counted(review("cleo"), review("eve"), review("dan", Decision.VETO))
    assert not quorum.met
    assert quorum.vetoed_by == ("person:dan",)


def test_a_later_approval_replaces_the_same_persons_veto() -> None:
    assert counted(review("eve", Decision.VETO, index=1), review("eve", index=2), review("cleo")).met


def test_abstaining_takes_an_approval_back() -> None:
    assert not counted(review("eve", index=1), review("eve", Decision.ABSTAIN, index=2), review("cleo")).met


def test_the_requesters_own_vote_is_ignored_with_a_reason_and_blocks_nobody() -> None:
    asked = question(RELEASE, SECURITY, excluded=[Exclusion(Actor("person:ann"), "person:ann asked for it")])
    own = review("ann", Decision.VETO)
    quorum = count(asked, (own, review("cleo"), review("eve")), DIRECTORY, now=NOW)
    assert quorum.met
    assert because(quorum, "ann") == "person:ann asked for it"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fay", "person:fay is suspended in the directory"),
        ("gus", "person:gus is not in the directory"),
        ("ben", "person:ben held the role release until 2026-11-24T09:30:00.000Z"),
    ],
)
def test_who_does_not_count_is_told_why(name: str, reason: str) -> None:
    quorum = counted(review(name), needs=(RELEASE,))
    assert not quorum.met
    assert because(quorum, name) == reason


def test_a_role_in_another_environment_counts_for_nothing_here() -> None:
    elsewhere = directory(roles=[role("release", "person:cleo", environments="staging")])
    quorum = count(question(RELEASE), (review("cleo"),), elsewhere, now=NOW)
    assert "holds none of the roles asked for (release) for shop in prod" in (because(quorum, "cleo") or "")


def test_a_review_of_another_record_counts_for_nothing() -> None:
    assert not counted(review("cleo", record="older"), review("eve")).met


def test_a_review_lapses_at_its_expiry() -> None:
    quorum = counted(review("cleo", expires=NOW), review("eve"))
    assert not quorum.met
    assert because(quorum, "cleo") == "the review was valid until 2026-11-24T09:30:00.000Z"


def test_an_extra_reviewer_comes_from_outside_the_owning_team() -> None:
    extra = Need(ANY_ROLE, 1, Group("group:shop"), "nobody says who wrote it")
    assert not counted(review("cleo"), review("ann"), needs=(RELEASE, extra)).met
    assert counted(review("cleo"), review("dan"), needs=(RELEASE, extra)).met


def test_a_record_that_names_no_approver_is_never_approved() -> None:
    quorum = counted(review("cleo"), needs=())
    assert not quorum.met
    assert quorum.missing[0].because


REVIEWS = [
    review("cleo", index=1),
    review("cleo", Decision.ABSTAIN, index=2),
    review("cleo", index=3),
    review("dan", index=4),
    review("eve", Decision.VETO, index=5),
    review("eve", index=6),
    review("fay", index=7),
    review("ben", index=8, record="older"),
]


@given(st.permutations(REVIEWS))
def test_the_order_reviews_arrive_in_changes_nothing(reviews: list[ReviewStanding]) -> None:
    assert counted(*reviews) == counted(*REVIEWS)


PEOPLE = ["ann", "cleo", "dan", "eve"]
HELD = {"ann": {"release"}, "cleo": {"release"}, "dan": {"release", "security"}, "eve": {"security"}}


@given(st.sets(st.sampled_from(PEOPLE)), st.integers(0, 2), st.integers(0, 2))
def test_as_many_needs_are_filled_as_any_seating_could_fill(names: set[str], release: int, security: int) -> None:
    seats = ["release"] * release + ["security"] * security
    needs = tuple(Need(name, number) for name, number in [("release", release), ("security", security)] if number)
    best = max(
        sum(seat in HELD[name] for name, seat in zip(order, seats, strict=False))
        for order in itertools.permutations([*sorted(names), *["nobody"] * len(seats)])
        for HELD["nobody"] in [set[str]()]
    )
    quorum = counted(*(review(name) for name in names), needs=needs)
    if needs:
        assert len(seats) - sum(need.count for need in quorum.missing) == best


@given(st.lists(st.sampled_from(REVIEWS), unique=True), st.sampled_from(REVIEWS))
def test_a_veto_more_never_approves(reviews: list[ReviewStanding], extra: ReviewStanding) -> None:
    veto = review("dan", Decision.VETO, index=99)
    assert not counted(*reviews, extra, veto).met
