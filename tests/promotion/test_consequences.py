"""What follows from a judgement: an announcement, a confirmation, an approval, or another look."""

from dataclasses import replace
from typing import Any

from tests.promotion.builders import NOW, digest, directory, event, gathered, requested, reviewed, story
from tests.promotion.cases import CLEAN, HIGH, MEDIUM, bundle, case, evidence, provenance, sbom, source

from pratique.promotion.catalogue import Happening
from pratique.promotion.consequences import Verdict, follow, no_worse
from pratique.promotion.events import Entry
from pratique.promotion.guards import InForce
from pratique.promotion.happenings import (
    PromotionApproved,
    PromotionJudged,
    PromotionRechecked,
    PromotionRetried,
    RemediationOpened,
    ReviewVoided,
    Track,
)
from pratique.promotion.history import fold, fold_all
from pratique.promotion.judge import judge
from pratique.promotion.record import Record, judged
from pratique.promotion.states import Promotion, State
from pratique.values.names import Actor

MACHINE, ANN = Actor("service:record"), Actor("person:ann")
ASKED = judge(case(evidence(MEDIUM)))


def in_force(record: Record, **changes: Any) -> InForce:
    used = record.decision.inputs
    return replace(InForce(NOW, used.policy.rules, used.directory.digest, None), **changes)


def judging(earlier: Record | None = None, by: Actor = MACHINE, voters: tuple[str, ...] = ()) -> Promotion:
    """Return a promotion that is being judged: for the first time, or again after ``earlier``."""
    if earlier is None:
        return fold_all(story(requested(), gathered()))
    votes = tuple(replace(reviewed(name), record=earlier.digest) for name in voters)
    promotion = fold_all(story(requested(), gathered(), judged(earlier), *votes))
    promotion = fold(promotion, Entry(50, event(PromotionRetried(2), actor=by)))
    return fold(promotion, Entry(51, event(gathered(2))))


def followed(
    promotion: Promotion, record: Record, earlier: Record | None = None, **found: Any
) -> tuple[Happening, ...]:
    return follow(
        promotion,
        Verdict(record, earlier),
        bundle=bundle(),
        directory=directory(),
        in_force=in_force(record, **found),
    )


def kinds(happenings: tuple[Happening, ...]) -> list[type[Happening]]:
    return [type(one) for one in happenings]


def stands(promotion: Promotion, happenings: tuple[Happening, ...]) -> Promotion:
    for index, data in enumerate(happenings, 60):
        promotion = fold(promotion, Entry(index, event(data)))
    return promotion


def again(packages: tuple[tuple[str, str], ...] = MEDIUM, **changes: Any) -> Record:
    return judge(case(evidence(packages), generation=2, **changes))


def test_the_fast_track_approves_in_the_same_breath() -> None:
    record = judge(case(evidence(CLEAN)))
    found = followed(judging(), record)
    assert kinds(found) == [PromotionJudged, PromotionApproved]
    assert stands(judging(), found).state is State.APPROVED


def test_the_slow_track_waits_for_people() -> None:
    assert kinds(followed(judging(), ASKED)) == [PromotionJudged]
    assert stands(judging(), followed(judging(), ASKED)).state is State.REVIEW


def test_remediation_opens_its_items() -> None:
    found = followed(judging(), judge(case(evidence(HIGH))))
    assert kinds(found) == [PromotionJudged, RemediationOpened]
    assert stands(judging(), found).state is State.REMEDIATION


def test_what_changed_while_it_was_judged_is_judged_again() -> None:
    for what in ("rules", "directory", "current"):
        found = followed(judging(), ASKED, None, **{what: digest("new")})
        (again,) = found
        assert isinstance(again, PromotionRetried)
        assert again.because


def test_a_recheck_that_came_out_no_worse_keeps_the_votes() -> None:
    promotion = judging(ASKED, voters=("cleo",))
    found = followed(promotion, again(), ASKED)
    assert kinds(found) == [PromotionRechecked]
    after = stands(promotion, found)
    assert after.state is State.REVIEW
    assert [review.counts for review in after.reviews if review.record == ASKED.digest] == [True]


def test_a_recheck_approves_at_once_where_enough_people_had_signed() -> None:
    promotion = judging(ASKED, voters=("cleo", "eve"))
    found = followed(promotion, again(), ASKED)
    assert kinds(found) == [PromotionRechecked, PromotionApproved]
    assert stands(promotion, found).state is State.APPROVED


def test_a_recheck_of_a_fast_decision_approves_it_again() -> None:
    fast = judge(case(evidence(CLEAN)))
    promotion = judging(fast)
    found = followed(promotion, again(CLEAN), fast)
    assert kinds(found) == [PromotionRechecked, PromotionApproved]
    assert stands(promotion, found).approval is not None


def test_a_recheck_that_came_out_worse_voids_every_review() -> None:
    promotion = judging(ASKED, voters=("cleo", "eve"))
    found = followed(promotion, again(HIGH), ASKED)
    assert kinds(found)[:2] == [ReviewVoided, PromotionJudged]
    after = stands(promotion, found)
    assert after.state is State.REMEDIATION
    assert not any(review.counts for review in after.reviews)


def test_a_retry_by_a_person_makes_a_new_record_and_voids_the_reviews() -> None:
    promotion = judging(ASKED, by=ANN, voters=("cleo",))
    assert kinds(followed(promotion, again(), ASKED)) == [ReviewVoided, PromotionJudged]


def test_the_way_out_of_remediation_is_a_new_record() -> None:
    blocked = judge(case(evidence(HIGH)))
    promotion = judging(blocked)
    found = followed(promotion, again(CLEAN), blocked)
    assert kinds(found) == [PromotionJudged, PromotionApproved]


def test_another_policy_or_directory_makes_a_new_record() -> None:
    people = directory(version=2, previous=str(digest("first")))
    record = judge(case(evidence(MEDIUM), generation=2, people=people))
    found = followed(judging(ASKED), record, ASKED)
    assert kinds(found) == [PromotionJudged]


def test_one_more_reviewer_or_one_more_excluded_is_worse() -> None:
    unknown = judge(case((sbom(*MEDIUM), provenance(), source("github:99")), generation=2))
    assert not no_worse(unknown, ASKED)
    asked_by_cleo = again(requester="person:cleo")
    assert not no_worse(asked_by_cleo, ASKED)
    assert no_worse(again(), ASKED)
    assert asked_by_cleo.decision.track.name is Track.SLOW
