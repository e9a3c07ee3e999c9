"""What an honest ledger leaves verifies, and says what it established."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from tests.promotion.builders import PROD, digest
from tests.promotion.cases import CLEAN
from tests.proof.builders import (
    REVIEWERS,
    VERIFIER,
    Story,
    approved_story,
    fast_story,
    founded,
    judged_story,
    promoted_story,
    trust_root,
)

from pratique.attest.review import Decision
from pratique.attest.seal import Level
from pratique.errors import Unverified
from pratique.promotion.happenings import PromotionRetried, Track
from pratique.proof.document import Kind
from pratique.proof.established import Established
from pratique.proof.verify import verify_clearance, verify_promotion


def cleared(story: Story) -> Established:
    return verify_clearance(story.clearance(), trust_root())


def test_a_clearance_says_what_was_approved_by_whom_and_on_what() -> None:
    story = approved_story()
    found = cleared(story)
    assert story.record is not None
    assert found.kind is Kind.CLEARANCE
    assert found.images == (digest("image"),)
    assert (found.environment, found.destination, found.level) == (PROD, "oci:prod/api", Level.PROMOTED)
    assert (found.track, found.outcome, found.record) == (Track.SLOW, "review", story.record.digest)
    assert [one.person for one in found.approvers] == [f"person:{name}" for name in REVIEWERS]
    assert [one.role for one in found.approvers] == ["release", "release", "security"]
    assert found.policy == story.read.digest
    assert found.directory_version == 1
    assert found.sealed is None


def test_an_approval_is_bracketed_by_what_its_signer_had_seen_and_where_it_stands() -> None:
    story = judged_story()
    before = len(story.book.events)
    story.noise()
    entry = story.review("cleo", checkpoint=story.book.seen(before))
    for name in REVIEWERS[1:]:
        story.review(name)
    story.approve()
    first = cleared(story).approvers[0]
    assert (first.seen, first.index, first.at) == (before, entry.index, entry.event.at)


def test_the_inputs_of_the_seal_are_everything_the_decision_used() -> None:
    story = approved_story()
    assert story.inputs is not None
    pieces = {piece.digest for piece in story.inputs.evidence.pieces}
    assert set(cleared(story).inputs) == pieces | {story.request} | set(story.reviews)


def test_a_promotion_says_besides_who_sealed_it_and_when() -> None:
    story = promoted_story()
    found = verify_promotion(
        story.proof(), trust_root(), image=digest("image"), environment="prod", resource_uri="oci:prod/api"
    )
    assert found.kind is Kind.PROMOTION
    assert found.sealed is not None
    assert found.sealed.verifier == VERIFIER
    assert found.sealed.index > found.approved_index
    assert found.sealed.expires is None


def test_a_proof_can_be_made_as_soon_as_the_seal_is_recorded() -> None:
    story = approved_story()
    story.copy()
    story.seal()
    assert verify_promotion(story.proof(), trust_root()).sealed is not None


def test_a_proof_under_a_much_later_checkpoint_verifies_too() -> None:
    story = promoted_story()
    for _ in range(40):
        story.noise()
    assert verify_promotion(story.proof(), trust_root()).size == len(story.book.events)


def test_the_fast_track_says_that_no_person_signed() -> None:
    found = cleared(fast_story())
    assert found.approvers == ()
    assert "no person signed this: the policy's fast track asks nobody" in found.not_checked


def test_what_nobody_checked_is_said() -> None:
    found = cleared(approved_story()).not_checked
    assert any(sentence.startswith("judgement not recomputed") for sentence in found)
    assert any(sentence.startswith("not witnessed") for sentence in found)
    assert any(sentence.startswith("a later withdrawal or recall cannot be seen offline") for sentence in found)
    assert any(s.startswith("earlier promotions are shown by their seals alone") for s in found)
    assert any("the clock" in s and "a feed" in s and "first seen" in s for s in found)
    assert any(sentence.startswith("that nothing was left out between these entries") for sentence in found)
    assert not any("no person signed this" in sentence for sentence in found)


def test_witnesses_are_named_with_their_time() -> None:
    story = approved_story()
    story.book.witnesses = ("w1", "w2")
    found = verify_clearance(story.clearance(), trust_root("w1", "w2", quorum="w1"))
    assert [witness.name for witness in found.witnesses] == ["w1", "w2"]
    assert not any(sentence.startswith("not witnessed") for sentence in found.not_checked)
    assert "witnessed by w1 2027-01-15T08:00:00.000Z" in dict(found.facts)["ledger"]


def test_facts_for_people_name_everything() -> None:
    facts = verify_promotion(promoted_story().proof(), trust_root()).facts
    labels = [label for label, _ in facts]
    assert labels.count("approved by") == len(REVIEWERS)
    for label in (
        "image",
        "way",
        "asked by",
        "decision",
        "policy",
        "directory",
        "sealed",
        "ledger",
        "not checked",
    ):
        assert label in labels


def test_a_person_may_ask_and_is_named() -> None:
    story = founded()
    story.ask("person:ben")
    story.gather()
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    found = cleared(story)
    assert (found.requester, found.request_signed) == ("person:ben", True)


def test_reviews_that_do_not_count_are_ignored() -> None:
    story = judged_story()
    story.review("ann", counted=False)  # wrote part of it
    story.review("ann", Decision.VETO, counted=False)
    story.review("eve", Decision.ABSTAIN, counted=False)
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    assert [one.person for one in cleared(story).approvers] == [f"person:{name}" for name in REVIEWERS]


def test_a_person_who_changes_their_mind_counts_as_they_said_last() -> None:
    story = judged_story()
    story.review("eve", Decision.ASK, counted=False)
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    assert len(cleared(story).approvers) == 3


def test_a_second_attempt_rests_on_its_own_record_and_reviews() -> None:
    story = judged_story()
    story.review("cleo", counted=False)
    story.append(PromotionRetried(2))
    story.gather(2)
    story.judge(generation=2)
    for name in REVIEWERS:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    found = cleared(story)
    assert story.record is not None
    assert found.record == story.record.digest
    assert len(found.approvers) == 3


def test_directories_and_policies_that_came_before_are_part_of_the_chain() -> None:
    story = Story()
    story.publish_directory()
    story.publish_policy(story.gate.replace("risk_at_most: 60", "risk_at_most: 10"))
    story.publish_directory(revoked=[])
    story.publish_policy()
    _decide(story)
    found = cleared(story)
    assert (found.directory_version, found.policy_version) == (2, 2)


def _decide(story: Story) -> None:
    story.ask()
    story.gather()
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.approve()


def test_a_policy_that_is_not_in_force_yet_changes_nothing() -> None:
    story = founded()
    tighter = story.gate.replace("risk_at_most: 60", "risk_at_most: 10")
    later = story.book.now + timedelta(days=1)
    in_force = story.policies[-1]
    story.publish_policy(tighter, effective_on=later)
    story.policies.append(in_force)
    _decide(story)
    assert cleared(story).policy_version == 1


def test_a_directory_that_came_after_the_approval_is_read_and_changes_nothing() -> None:
    story = approved_story()
    story.publish_directory()
    assert cleared(story).directory_version == 1


def test_a_policy_for_another_environment_may_change_meanwhile() -> None:
    story = judged_story()
    gate = story.gate
    story.publish_policy(gate.replace("first_arrival: fast}\n  prod", "first_arrival: slow}\n  prod"))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    found = cleared(story)
    assert found.policy_version == 1
    assert found.policy == story.read.digest


def test_a_gate_that_only_warns_is_passed_as_admitted() -> None:
    gate = founded().gate.replace("  prod:\n", "  prod:\n    enforcement: warn\n    relax: being introduced\n")
    story = judged_story(gate=gate, packages=(*CLEAN, ("jinja2", "2.10")))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    assert cleared(story).level is Level.ADMITTED


@pytest.mark.parametrize(
    ("verify", "message"),
    [
        (
            partial(verify_promotion, image=digest("other")),
            r"expected one about the image sha256:\w+, found one about sha256:\w+",
        ),
        (
            partial(verify_promotion, environment="staging"),
            "proof, environment: expected staging, found prod",
        ),
        (
            partial(verify_promotion, resource_uri="oci:staging/api"),
            "proof, destination: expected oci:staging/api, found oci:prod/api",
        ),
    ],
)
def test_a_proof_about_something_else_is_refused(verify: Callable[..., Established], message: str) -> None:
    with pytest.raises(Unverified, match=message):
        verify(promoted_story().proof(), trust_root())


def test_a_clearance_is_no_proof_of_promotion_nor_the_other_way_round() -> None:
    story = promoted_story()
    with pytest.raises(Unverified, match=r"proof\.kind: expected promotion, found clearance"):
        verify_promotion(story.clearance(), trust_root())
    with pytest.raises(Unverified, match=r"proof\.kind: expected clearance, found promotion"):
        verify_clearance(story.proof(), trust_root())
