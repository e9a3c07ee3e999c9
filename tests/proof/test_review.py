"""People are counted anew from what they signed: who, about what, and with a key that counted."""

from datetime import timedelta
from typing import Any

import pytest
from tests.promotion.builders import NOW, STAGING, digest, identifier
from tests.proof.attacks import decided, refused, refused_forgery, reviewed
from tests.proof.builders import (
    REVIEWERS,
    Story,
    approved_story,
    founded,
    judged_story,
    key_of,
    trust_root,
)

from pratique.attest.review import Decision
from pratique.promotion.happenings import PromotionRechecked, PromotionRetried, ReviewVoided
from pratique.proof.verify import verify_clearance
from pratique.values.ids import Kind


def test_one_person_too_few_is_refused() -> None:
    refused(approved_story("cleo", "eve"), "expected 2 people as release in version 1 of the directory, found 1")


def test_nobody_at_all_is_refused() -> None:
    story = judged_story()
    story.approve()
    refused(story, "expected 2 people as release in version 1 of the directory, found 0")


def test_one_person_signing_twice_counts_once() -> None:
    refused(approved_story("cleo", "cleo", "eve"), "expected 2 people as release .* found 1")


def test_whoever_wrote_it_cannot_approve_it() -> None:
    refused(
        approved_story("cleo", "ann", "eve"),
        "found 1; person:ann does not count: person:ann wrote part of what is promoted",
    )


def test_whoever_asked_for_it_cannot_approve_it() -> None:
    story = founded()
    story.ask("person:dan")
    story.gather()
    story.judge()
    refused(reviewed(story, *REVIEWERS), "found 1; person:dan does not count: person:dan asked for this promotion")


def test_a_suspended_person_does_not_count() -> None:
    refused(approved_story("cleo", "fay", "eve"), "person:fay does not count: person:fay is suspended")


def test_a_role_that_has_ended_does_not_count() -> None:
    story = founded()
    story.ask("person:ann")
    story.gather()
    story.judge()
    refused(reviewed(story, "cleo", "ben", "eve"), "person:ben does not count: person:ben (held|owns)")


def test_a_veto_outweighs_them_all() -> None:
    story = judged_story()
    story.review("eve", Decision.VETO, counted=False, logged={"counts": False, "because": "the server says so"})
    for name in REVIEWERS:
        story.review(name) if name != "eve" else None
    story.approve()
    refused(story, "promotion.approved: person:eve vetoed it")


def test_a_veto_is_not_voided_while_its_record_is_in_force() -> None:
    story = judged_story()
    story.review("eve", Decision.VETO, counted=False)
    assert story.record is not None
    story.append(ReviewVoided(story.record.digest, "the record was replaced"))
    refused_forgery(reviewed(story, *REVIEWERS), "is in force; its reviews cannot lapse")


def test_a_veto_is_not_voided_by_a_second_look_that_keeps_its_record() -> None:
    story = judged_story()
    story.review("eve", Decision.VETO, counted=False)
    story.append(PromotionRetried(2))
    assert story.record is not None
    story.append(ReviewVoided(story.record.digest, "the record was replaced"))
    looked_again(story)
    for name in REVIEWERS:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    refused(story, r"review\.voided at 12: expected a record that another took the place of, found sha256")


def looked_again(story: Story) -> None:
    """Log that a second look confirms the record."""
    assert story.record is not None
    story.gather(2)
    again = story.decide(2)
    data = PromotionRechecked(
        generation=2,
        record=story.record.digest,
        by_record=again.digest,
        outcome=again.decision.outcome,
        holds_until=again.decision.holds_until,
        current=None,
    )
    story.append(data, story.book.keep("record", again.content))


def test_reviews_of_a_record_that_was_replaced_lapse_without_harm() -> None:
    story = judged_story()
    story.review("eve", Decision.ASK, counted=False)
    story.append(PromotionRetried(2))
    story.gather(2)
    assert story.record is not None
    story.append(ReviewVoided(story.record.digest, "the record was replaced"))
    story.judge(generation=2)
    for name in REVIEWERS:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    assert verify_clearance(story.clearance(), trust_root())


def test_the_approval_names_only_who_counted() -> None:
    story = judged_story()
    story.review("ann")
    refused(reviewed(story, *REVIEWERS), r"promotion\.approved, reviews: expected sha256:\w+, sha256:")


def test_a_review_that_the_approval_does_not_name_is_not_counted_for_it() -> None:
    story = judged_story()
    for name in REVIEWERS:
        story.review(name, counted=name != "dan")
    story.approve()
    refused(story, "expected 2 people as release .* found 1")


def test_a_review_by_another_key_is_refused() -> None:
    refused(
        approved_story_with("cleo", key="eve"), r"review by person:cleo at \d+: envelope: no trusted key signed"
    )


def approved_story_with(name: str, **changes: Any) -> Story:
    """Return a story in which this person's review has the changes."""
    story = judged_story()
    for reviewer in REVIEWERS:
        story.review(reviewer, **(changes if reviewer == name else {}))
    story.approve()
    return story


def test_a_signature_made_for_something_else_is_refused() -> None:
    refused(
        approved_story_with("cleo", namespace="pratique-request"),
        "expected the namespace pratique-review, found 'pratique-request'",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": (digest("other"),)}, r"images: expected sha256:\w+, found sha256:"),
        ({"promotion": identifier(Kind.PROMOTION, "other")}, r"promotion: expected pr_\w+, found pr_"),
        ({"application": "other"}, "application: expected shop, found other"),
        ({"from_": None}, "from: expected staging, found none"),
        ({"to": STAGING}, "environment: expected prod, found staging"),
        ({"resource_uri": "oci:staging/api"}, "destination: expected oci:prod/api, found oci:staging/api"),
        ({"directory": digest("other")}, r"directory: expected sha256:\w+, found sha256:"),
        ({"policy": digest("other")}, r"rules: expected sha256:\w+, found sha256:"),
        ({"evidence": digest("other")}, r"evidence: expected sha256:\w+, found sha256:"),
    ],
)
def test_a_review_of_something_else_is_refused(changes: dict[str, Any], message: str) -> None:
    refused(approved_story_with("dan", **changes), rf"review by person:dan at \d+, {message}")


@pytest.mark.parametrize(
    ("logged", "message"),
    [
        ({"reviewer": "person:eve"}, "envelope: no trusted key signed it"),
        ({"decision": Decision.VETO}, "decision: expected veto, found approve"),
        ({"expires": NOW + timedelta(days=9)}, "expiry: expected"),
        ({"reason": "other"}, "reason: expected other, found looked-at"),
        ({"nonce": "f" * 32}, "nonce: expected f"),
    ],
)
def test_an_event_that_says_otherwise_than_what_was_signed_is_refused(
    logged: dict[str, Any], message: str
) -> None:
    refused(approved_story_with("dan", logged=logged), message)


def test_an_approval_of_another_record_is_no_approval_of_this_one() -> None:
    story = approved_story_with("dan", logged={}, record=digest("other"))
    refused_forgery(story, "expected the record in force, sha256")


def test_a_replayed_review_is_refused() -> None:
    story = judged_story()
    story.review("cleo", nonce="e" * 32)
    story.review("cleo", nonce="e" * 32, counted=False)
    refused(reviewed(story, *REVIEWERS[1:]), "expected a nonce of its own in each, found one twice")


def test_a_review_that_had_expired_is_refused() -> None:
    story = judged_story()
    story.review("cleo", issued_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1))
    refused(reviewed(story, *REVIEWERS[1:]), r"review by person:cleo at \d+: it had expired")


def test_a_review_that_lapsed_before_the_approval_does_not_count() -> None:
    story = judged_story()
    story.review("cleo", expires_at=story.book.now + timedelta(seconds=2))
    refused(reviewed(story, *REVIEWERS[1:]), "person:cleo does not count: the review was valid until")


def test_a_ledger_dated_back_shows_against_the_reviewers_clock() -> None:
    late = NOW + timedelta(hours=1)
    story = approved_story_with("cleo", issued_at=late, expires_at=late + timedelta(days=1))
    refused(story, "by the reviewer's clock, after the ledger says that it was recorded")


def test_a_key_revoked_before_the_review_does_not_count() -> None:
    story = Story()
    story.publish_directory()
    revoked = {"key": _key_id("cleo"), "reason": "lost", "from_index": None}
    story.publish_policy()
    story.publish_directory(revoked=[revoked])
    decided(story, *REVIEWERS)
    refused(story, r"review by person:cleo at 9: the key SHA256:\S+ of person:cleo is revoked from index 2 on")


def _key_id(name: str) -> str:
    from pratique.attest.sshkey import parse_ssh_key

    return parse_ssh_key(key_of(name).public).key_id


def test_a_key_that_turns_out_to_have_been_stolen_takes_the_approval_with_it() -> None:
    story = approved_story()
    content = story.clearance()
    assert verify_clearance(content, trust_root())
    story.publish_directory(revoked=[{"key": _key_id("cleo"), "reason": "stolen", "from_index": 4}])
    refused(story, "the key .* of person:cleo is revoked from index 4 on, so what it signed at 10 does not count")


def test_a_key_revoked_after_the_review_still_counts_for_it() -> None:
    story = approved_story()
    story.publish_directory(revoked=[{"key": _key_id("cleo"), "reason": "rotated", "from_index": None}])
    assert verify_clearance(story.clearance(), trust_root())
