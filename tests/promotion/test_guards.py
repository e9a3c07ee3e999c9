"""A decision is acted upon only while everything it relied on still holds."""

from dataclasses import replace

import pytest
from tests.promotion.builders import NOW, after, digest, gathered, judged, requested, story

from pratique.promotion.guards import InForce, why_judge_again
from pratique.promotion.history import fold_all
from pratique.promotion.states import Judgement

FOUND = InForce(NOW, digest("rules"), digest("directory"), None)


def judgement() -> Judgement:
    promotion = fold_all(story(requested(), gathered(), judged(holds_until=after(hours=1))))
    assert promotion.judgement
    return promotion.judgement


def test_a_decision_holds_while_nothing_changed() -> None:
    assert why_judge_again(judgement(), FOUND) is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (replace(FOUND, now=after(hours=1)), "the decision held until 2026-11-24T10:30:00.000Z"),
        (replace(FOUND, rules=digest("new")), "the rules of the environment are now"),
        (replace(FOUND, directory=digest("new")), "the directory is now"),
        (replace(FOUND, current=digest("new")), "it was compared with nothing"),
    ],
)
def test_any_difference_sends_it_back_with_a_reason(found: InForce, reason: str) -> None:
    assert reason in (why_judge_again(judgement(), found) or "")
