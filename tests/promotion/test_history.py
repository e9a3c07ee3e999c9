"""Events fold into where a promotion stands; what cannot follow is refused."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import (
    PR,
    after,
    approved,
    digest,
    event,
    gathered,
    identifier,
    judged,
    requested,
    reviewed,
    story,
)

from pratique.attest.seal import Level
from pratique.errors import Conflict
from pratique.promotion.catalogue import Happening, Unknown
from pratique.promotion.events import Entry, build_event, parse_event
from pratique.promotion.form import read, write
from pratique.promotion.happenings import (
    Deciding,
    Failure,
    PromotionFailed,
    PromotionRechecked,
    PromotionRetried,
    RemediationClosed,
    RemediationOpened,
    ReviewVoided,
    Track,
)
from pratique.promotion.history import LEGAL, fold, fold_all
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import (
    Checkpoint,
    Moving,
    PromotionAttached,
    PromotionCopied,
    PromotionExpired,
    PromotionPointed,
    PromotionPromoted,
    PromotionReleased,
    PromotionSealed,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
    Stopping,
)
from pratique.values.ids import Kind
from pratique.values.names import Actor

ANN = Actor("person:ann")
RM = identifier(Kind.REMEDIATION)
COPIED = PromotionCopied(1, "oci:prod/api", 2, 5, 1000)
SEALED = PromotionSealed(1, digest("seal"), "key", Checkpoint(20, digest("tree")), Level.PROMOTED)
ATTACHED = PromotionAttached(1, (digest("referrer"),))
POINTED = PromotionPointed(1, "oci:prod/api", "1.2", None)
PROMOTED = PromotionPromoted(1, Level.PROMOTED, None)
OPENED = RemediationOpened(RM, 1, "cve", "CVE-1@pkg:pypi/flask", "group:shop", None, "high", "message", "upgrade")
RECHECKED = PromotionRechecked(2, digest("record"), digest("later"), "pass", after(days=2), digest("new"))

ASKED = (requested(),)
READ = (*ASKED, gathered())
SLOW = (*READ, judged())
FAST = (*READ, judged(Track.FAST))
STUCK = (*READ, judged(Track.REMEDIATION))
GOOD = (*SLOW, reviewed("cleo"), reviewed("eve"), approved())
DONE = (*GOOD, COPIED, SEALED, ATTACHED, POINTED, PROMOTED)


def stands(*happenings: Happening) -> Promotion:
    return fold_all(story(*happenings))


def test_every_event_about_a_promotion_may_follow_somewhere() -> None:
    assert set(LEGAL) == set(get_args(Deciding | Moving | Stopping))
    assert all(LEGAL.values())


@pytest.mark.parametrize(
    ("happenings", "state"),
    [
        (ASKED, State.GATHERING),
        (READ, State.JUDGING),
        (SLOW, State.REVIEW),
        (STUCK, State.REMEDIATION),
        ((*FAST, approved()), State.APPROVED),
        (GOOD, State.APPROVED),
        ((*GOOD, COPIED), State.SEALING),
        ((*GOOD, COPIED, SEALED), State.ATTACHING),
        ((*GOOD, COPIED, SEALED, ATTACHED), State.POINTING),
        (DONE, State.PROMOTED),
        ((*GOOD, PromotionFailed(1, "copy", Failure.UNREACHABLE, 8, None)), State.FAILED),
        ((*SLOW, PromotionVetoed(ANN, "no")), State.VETOED),
        ((*STUCK, PromotionWithdrawn(ANN, "changed my mind")), State.WITHDRAWN),
        ((*SLOW, PromotionExpired("nobody came")), State.EXPIRED),
        ((*SLOW, PromotionSuperseded(PR, "a newer one")), State.SUPERSEDED),
        ((*STUCK, PromotionRetried(2)), State.GATHERING),
        ((*SLOW, Unknown("hold.placed/1", "{}")), State.REVIEW),
    ],
)
def test_every_event_leads_to_its_state(happenings: tuple[Happening, ...], state: State) -> None:
    assert stands(*happenings).state is state


@pytest.mark.parametrize(
    ("happenings", "message"),
    [
        ((gathered(),), "expected promotion.requested first"),
        ((*ASKED, requested()), "promotion.requested/1 can only follow in no state"),
        ((*ASKED, judged()), "is gathering: promotion.judged/1 can only follow in judging"),
        ((*ASKED, reviewed("cleo")), "review.given/1 can only follow in review"),
        ((*SLOW, reviewed("cleo", record="older")), "expected the record in force"),
        ((*SLOW, approved(record="older")), "expected the record in force"),
        ((*READ, approved()), "expected the record in force, none"),
        ((*STUCK, approved()), "promotion.approved/1 can only follow in judging, review"),
        ((*SLOW, COPIED), "is review: promotion.copied/1 can only follow in approved"),
        ((*GOOD, COPIED, SEALED, PromotionWithdrawn(ANN, "late")), "is attaching: promotion.withdrawn"),
        ((*DONE, PromotionRetried(2)), "is promoted: promotion.retried"),
        ((*SLOW, PromotionRetried(3)), "expected generation 2, found 3"),
        ((*ASKED, gathered(2)), "expected generation 1, found 2"),
        ((*SLOW, PromotionRetried(2), gathered(2), approved(2)), "generation 2 has not been judged yet"),
    ],
)
def test_an_event_that_cannot_follow_is_a_conflict(happenings: tuple[Happening, ...], message: str) -> None:
    with pytest.raises(Conflict, match=message):
        stands(*happenings)


def test_an_event_of_another_promotion_is_a_conflict() -> None:
    other = event(gathered(), promotion=identifier(Kind.PROMOTION, "other"))
    with pytest.raises(Conflict, match="expected an event of its own"):
        fold(stands(*ASKED), Entry(11, other))


def test_no_events_are_no_promotion() -> None:
    with pytest.raises(Conflict, match="found none"):
        fold_all(())


def test_a_recheck_that_came_out_no_worse_costs_nobody_a_vote() -> None:
    promotion = stands(*SLOW, reviewed("cleo"), PromotionRetried(2), gathered(2), RECHECKED)
    assert promotion.state is State.REVIEW
    assert [review.counts for review in promotion.reviews if review.record == digest("record")] == [True]
    assert promotion.judgement is not None
    assert promotion.judgement.holds_until == after(days=2)
    assert promotion.judgement.current == digest("new")


def test_a_new_record_voids_all_reviews() -> None:
    voided = ReviewVoided(digest("record"), "the policy changed")
    promotion = stands(
        *SLOW, reviewed("cleo"), PromotionRetried(2), gathered(2), voided, judged(generation=2, record="new")
    )
    assert digest("new") not in {review.record for review in promotion.reviews}
    assert [review.because for review in promotion.reviews] == ["the policy changed"]
    assert not promotion.reviews[0].counts


def test_the_reviews_of_a_record_in_force_do_not_lapse() -> None:
    voided = ReviewVoided(digest("record"), "the policy changed")
    with pytest.raises(Conflict, match="is in force; its reviews cannot lapse"):
        stands(*SLOW, reviewed("cleo"), voided)
    with pytest.raises(Conflict, match="is in force; its reviews cannot lapse"):
        stands(*SLOW, reviewed("cleo"), PromotionRetried(2), gathered(2), RECHECKED, voided)


def test_remediation_closes_one_item_and_leaves_the_others() -> None:
    promotion = stands(*STUCK, OPENED, RemediationClosed(RM, "fixed"), OPENED)
    assert [item.closed for item in promotion.remediations] == ["fixed", None]


def test_a_retry_forgets_the_approval_and_keeps_the_history() -> None:
    promotion = stands(*GOOD, COPIED, SEALED, PromotionRetried(2))
    assert (promotion.approval, promotion.seal, promotion.level) == (None, None, None)
    assert len(promotion.reviews) == 2


TALES = st.sampled_from([DONE, STUCK, GOOD, (*SLOW, PromotionRetried(2), gathered(2), RECHECKED)])


@given(TALES, st.integers(0, 12))
def test_folding_goes_on_after_a_restart_as_if_nothing_happened(tale: tuple[Happening, ...], stop: int) -> None:
    before = [parse_event(build_event(entry.event)) for entry in story(*tale)]
    entries = [Entry(index, found) for index, found in enumerate(before, 10)]
    promotion: Promotion | None = None
    for place, entry in enumerate(entries):
        promotion = fold(promotion, entry)
        if place == stop:  # written down, the process dies, another one reads it
            promotion = read(Promotion, write(promotion), "promotion")
    assert promotion == fold_all(entries)


TAKES_BACK = (
    PromotionFailed(1, "point", Failure.REFUSED, 1, None),
    PromotionRetried(2, "somebody asked for it"),
    PromotionWithdrawn(ANN, "no"),
    PromotionExpired("late"),
    PromotionSuperseded("pr_2", "newer"),
    PromotionVetoed(ANN, "no"),
)


@pytest.mark.parametrize("happening", TAKES_BACK)
def test_nothing_takes_back_what_is_being_pointed(happening: Happening) -> None:
    whole = (requested(), gathered(), judged(), approved(), COPIED, SEALED, ATTACHED, PromotionReleased(1, None))
    with pytest.raises(Conflict, match="its tags are being pointed, and nothing takes that back"):
        stands(*whole, happening)


def test_what_ended_is_not_open() -> None:
    assert not stands(*DONE).open
    assert stands(*STUCK).open
    assert stands(*GOOD, PromotionFailed(1, "copy", Failure.UNREACHABLE, 8, None)).open
