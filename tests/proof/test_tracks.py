"""A server that claims another way in than the signed policy has is refused."""

from dataclasses import replace
from typing import Any

import pytest
from tests.proof.attacks import refused, reviewed
from tests.proof.builders import GATE, REVIEWERS, Story, founded, judged_story, trust_root

from pratique.policy.approval import Reason
from pratique.promotion.happenings import Track
from pratique.promotion.quorum import Need
from pratique.promotion.record import build_record
from pratique.promotion.track import Routing
from pratique.proof.established import CONDITIONS
from pratique.proof.verify import verify_clearance


def claimed(**changes: Any) -> Story:
    """Return the story in which the server records this of its own, and people believe it."""
    story = founded()
    story.ask()
    story.gather()
    honest = story.decide().decision
    story.judge(build_record(replace(honest, **changes)))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    return story


@pytest.mark.parametrize(
    ("track", "message"),
    [
        (Track.ROLLBACK, "record, track rollback: the policy has no rollback track here"),
        (Track.EMERGENCY, "record, emergency: expected"),
    ],
)
def test_a_way_that_the_policy_does_not_have_or_nobody_asked_for(track: Track, message: str) -> None:
    refused(claimed(track=Routing(track, ("because I say so",))), message)


def test_a_role_that_the_policy_does_not_narrow_so() -> None:
    narrowed = (Need("release", 1, members=("person:cleo",)), Need("security", 1))
    refused(claimed(approvals=narrowed), "record, who counts as release: expected")


def test_words_that_the_policy_does_not_want() -> None:
    refused(claimed(reason=Reason.TEXT), "record, what an approval must say: expected code, found text")


CONDITIONAL = GATE.replace("{role: security, count: 1}", "{role: security, count: 1, when: 'risk.score >= 0'}")


@pytest.mark.parametrize(("gate", "told"), [(GATE, False), (CONDITIONAL, True)])
def test_people_asked_under_a_condition_are_not_checked_without_the_evidence_and_the_proof_says_so(
    gate: str, told: bool
) -> None:
    established = verify_clearance(reviewed(judged_story(gate=gate), *REVIEWERS).clearance(), trust_root())
    assert (CONDITIONS in established.not_checked) is told
    assert CONDITIONS not in established.after_judging((established.record,)).not_checked
