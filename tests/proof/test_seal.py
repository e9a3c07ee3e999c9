"""A seal counts as far as it states what the clearance established."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.promotion.builders import NOW, digest, identifier, service
from tests.proof.attacks import edited, insert, refused_promotion
from tests.proof.builders import (
    REVIEWERS,
    VERIFIER,
    Story,
    approved_story,
    promoted_story,
    trust_root,
)

from pratique.attest.seal import Level
from pratique.errors import Refused, Unverified
from pratique.promotion.catalogue import Happening
from pratique.promotion.happenings import Failure, PromotionFailed, PromotionRetried
from pratique.promotion.steps import (
    Checkpoint,
    PromotionCopied,
    PromotionExpired,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
)
from pratique.proof.clearance import assemble_promotion
from pratique.proof.verify import verify_promotion
from pratique.values.ids import Kind
from pratique.values.names import Actor


def sealed_story(**seal: Any) -> Story:
    """Return a story whose seal's extension has the changes."""
    story = approved_story()
    story.copy()
    story.seal(story.summary(**seal))
    return story


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"promotion": identifier(Kind.PROMOTION, "other")}, "seal, promotion: expected"),
        ({"approved_index": 3}, "seal, approved index: expected 16, found 3"),
        ({"directory": digest("other")}, "seal, directory: expected"),
        ({"record": digest("other")}, "seal, record: expected"),
        ({"application": "other"}, "seal: expected the summary of this approval, found one that says something"),
    ],
)
def test_a_seal_over_another_approval_is_refused(changes: dict[str, Any], message: str) -> None:
    refused_promotion(sealed_story(**changes), message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"subjects": ()}, "expected subject sha256"),
        ({"verifier": "https://other.example"}, "expected verifier.id https://pratique"),
        ({"resource_uri": "oci:staging/api"}, "expected resourceUri oci:prod/api, found 'oci:staging/api'"),
        ({"policy": digest("other")}, "seal, policy: expected"),
        ({"inputs": ()}, "seal, inputAttestations: expected"),
        ({"policy_uri": "urn:other"}, "found one that says something else"),
        ({"seal": None}, "expected our extension, found a summary without it"),
    ],
)
def test_a_seal_that_says_something_else_is_refused(changes: dict[str, Any], message: str) -> None:
    story = approved_story()
    story.copy()
    story.seal(replace(story.summary(), **changes))
    refused_promotion(story, message)


def test_a_seal_of_another_level_is_refused() -> None:
    story = approved_story()
    story.copy()
    honest = story.summary()
    assert honest.seal is not None
    lesser = replace(honest.seal, level=Level.EMERGENCY)
    story.seal(replace(honest, seal=lesser, levels=(lesser.level_name,)))
    refused_promotion(story, "expected verifiedLevels PRATIQUE_PROMOTED_PROD, found 'PRATIQUE_EMERGENCY_PROD'")


def test_a_seal_by_another_key_is_refused() -> None:
    story = approved_story()
    story.copy()
    story.seal(key="record")
    refused_promotion(story, r"seal: the key \S+ may not seal for prod at 18")


def test_a_seal_signed_by_another_key_than_it_says_is_refused() -> None:
    story = approved_story()
    story.copy()
    story.seal(key="record", key_id=service("seal-prod").key.key_id)
    refused_promotion(story, "envelope: no trusted key signed it")


def test_a_seal_whose_key_was_stolen_is_refused() -> None:
    story = promoted_story()
    key = service("seal-prod").key.key_id
    story.publish_directory(revoked=[{"key": key, "reason": "stolen", "from_index": 5}])
    refused_promotion(story, r"may not seal for prod at 19.*or it is revoked")


def test_a_seal_of_another_verifier_than_the_trust_root_names_is_refused() -> None:
    refused_promotion(
        promoted_story(),
        f"expected verifier.id https://other.example, found '{VERIFIER}'",
        trust_root(verifier="https://other.example"),
    )


def test_a_seal_whose_checkpoint_is_not_the_one_logged_is_refused() -> None:
    story = approved_story()
    story.copy()
    story.seal(checkpoint=Checkpoint(3, digest("root")))
    refused_promotion(story, r"promotion\.sealed, checkpoint: expected 3, sha256")


def test_a_seal_on_an_older_checkpoint_than_the_approval_is_refused() -> None:
    story = approved_story()
    story.copy()
    size = 10
    old = story.book.checkpoint(size).decode()
    seen = story.book.seen(size)
    story.seal(story.summary(checkpoint=old), checkpoint=Checkpoint(seen.size, seen.root))
    refused_promotion(story, "expected one that covers the approval at 16 .* found one of 10 entries")


def test_a_seal_of_another_level_than_promoted_is_refused() -> None:
    story = approved_story()
    story.copy()
    story.seal(level=Level.ADMITTED)
    refused_promotion(story, r"promotion\.sealed, level: expected promoted, found admitted")


def test_a_seal_after_the_decision_no_longer_held_is_refused() -> None:
    story = approved_story()
    story.copy()
    vsa = story.summary()
    story.book.now += timedelta(days=40)
    story.seal(vsa)
    refused_promotion(story, "the decision no longer held; it had to be judged again first")


def test_a_seal_that_had_expired_when_it_was_logged_is_refused() -> None:
    refused_promotion(sealed_story(expires=NOW), "it expired at")


def test_a_seal_that_lapses_where_the_policy_lets_it_last_is_refused() -> None:
    refused_promotion(sealed_story(expires=NOW + timedelta(days=400)), "seal, expiry: expected none, found")


UNDOING = (
    PromotionRetried(2),
    PromotionFailed(1, "attach", Failure.UNREACHABLE, 5, None),
    PromotionVetoed(Actor("person:eve"), "no"),
    PromotionWithdrawn(Actor("person:ben"), "no longer needed"),
    PromotionExpired("too late"),
    PromotionSuperseded("pr_other", "a newer one"),
)


@pytest.mark.parametrize("data", UNDOING, ids=lambda data: type(data).__name__)
def test_a_seal_that_was_taken_back_proves_nothing(data: Happening) -> None:
    story = sealed_story()
    content = story.proof()
    assert verify_promotion(content, trust_root())
    later = story.append(data)
    with pytest.raises(Refused, match=rf"its seal at 18 no longer stands: .* at {later.index} came after it"):
        story.proof()


def test_a_proof_that_carries_what_took_its_seal_back_is_refused() -> None:
    story = sealed_story()
    later = story.append(PromotionRetried(2))
    told = replace(story.book.sources, entries=story.book.entries[: later.index])
    hiding = assemble_promotion(story.id, story.book.checkpoint(), told)
    whole = edited(hiding, lambda document: insert(document, story, later.index))
    with pytest.raises(Unverified, match=r"promotion\.retried/1 at 19 came after it, and no other seal"):
        verify_promotion(whole, trust_root())


def test_a_seal_made_anew_after_a_retry_proves_again() -> None:
    story = sealed_story()
    story.append(PromotionRetried(2))
    story.reviews.clear()
    story.gather(2)
    story.judge(generation=2)
    for name in REVIEWERS:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    story.append(PromotionCopied(2, "oci:prod/api", 1, 2, 3), story.book.keep("closure", b"[]"))
    story.seal(generation=2)
    assert verify_promotion(story.proof(), trust_root()).sealed is not None
