"""Whoever carries a proof can neither take from it nor add to it."""

import base64
import json
from typing import Any

import pytest
from tests.promotion.builders import digest, identifier
from tests.proof.attacks import (
    decided,
    edited,
    events_of,
    insert,
    place_of,
    refused,
    refused_edit,
)
from tests.proof.builders import (
    REVIEWERS,
    Story,
    approved_story,
    founded,
    judged_story,
    trust_root,
)

from pratique.errors import Malformed, Unverified
from pratique.proof.verify import verify_clearance
from pratique.values.digest import Digest
from pratique.values.ids import Kind


def test_a_flipped_byte_in_an_object_is_named() -> None:
    story = approved_story()
    name = story.reviews[0].hex

    def flip(document: dict[str, Any]) -> None:
        body = bytearray(base64.b64decode(document["objects"][name]))
        body[100] ^= 1
        document["objects"][name] = base64.b64encode(body).decode()

    refused_edit(story.clearance(), flip, f"the bytes named sha256:{name} have the digest", Malformed)


def test_a_flipped_byte_in_an_event_breaks_its_place_in_the_ledger() -> None:
    def flip(document: dict[str, Any]) -> None:
        body = base64.b64decode(document["entries"][5]["event"]).replace(b"oci:prod/api", b"oci:evil/api")
        document["entries"][5]["event"] = base64.b64encode(body).decode()

    refused_edit(approved_story().clearance(), flip, "inclusion of entry 6 in a tree of 17")


def test_a_dropped_approval_shows_in_the_count() -> None:
    content = approved_story().clearance()
    place = place_of(content, "review.given/1")

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][0]["sha256"])
        document["consistency"].pop(0)

    refused_edit(content, drop, "approval: expected 2 people as release in version 1 of the directory, found 1")


@pytest.mark.parametrize("kind", ["directory", "policy", "policy-signature", "request", "record", "review"])
def test_an_object_that_was_left_out_is_named(kind: str) -> None:
    content = approved_story().clearance()

    def drop(document: dict[str, Any]) -> None:
        named = [item for event in events_of(document) for item in event.get("objects", ())]
        named = [item["sha256"] for item in named if item["role"] == kind]
        document["objects"].pop(named[0])

    refused_edit(
        content, drop, rf"expected the {kind} sha256:\w+ of entry \d+, found none; ask for the whole proof"
    )


def test_an_object_that_nobody_names_is_refused() -> None:
    body = b"smuggled"

    def add(document: dict[str, Any]) -> None:
        document["objects"][Digest.of(body).hex] = base64.b64encode(body).decode()

    refused_edit(approved_story().clearance(), add, f"{Digest.of(body)} does not belong here")


def test_a_growth_that_nobody_needs_is_refused() -> None:
    def add(document: dict[str, Any]) -> None:
        growths = document["consistency"]
        growths.insert(0, {"size": 0, "root": str(Digest.of(b"")), "proof": []})

    refused_edit(approved_story().clearance(), add, r"proof\.consistency: expected one proof for each checkpoint")


def test_a_growth_that_is_missing_is_named() -> None:
    story = approved_story()
    refused_edit(
        story.clearance(), lambda document: document["consistency"].pop(0), r"proof\.consistency: .*see size 10"
    )


def test_another_image_or_environment_in_the_head_is_refused() -> None:
    content = approved_story().clearance()
    other = str(digest("other"))
    refused_edit(content, lambda document: document.update(image=other), r"proof\.image: expected sha256:\w+")
    refused_edit(
        content,
        lambda document: document.update(environment="staging"),
        r"proof\.environment: expected prod, found staging",
    )


def test_another_promotion_in_the_head_finds_no_events() -> None:
    other = identifier(Kind.PROMOTION, "other")
    refused_edit(
        approved_story().clearance(), lambda document: document.update(promotion=other), "has not been approved"
    )


def test_an_entry_of_somebody_else_does_not_belong() -> None:
    story = approved_story()
    sources = story.book.sources
    noise = next(entry for entry in sources.entries if entry.event.type == "evidence.added/1")
    with_noise = edited(story.clearance(), lambda document: insert(document, story, noise.index))
    with pytest.raises(Unverified, match=r"entry 2 \(evidence\.added/1\) does not belong here"):
        verify_clearance(with_noise, trust_root())


def test_a_review_after_the_approval_does_not_count() -> None:
    story = judged_story()
    for name in REVIEWERS[:2]:
        story.review(name)
    story.approve()
    late = story.review("eve")
    content = edited(story.clearance(), lambda document: insert(document, story, late.index))
    with pytest.raises(
        Unverified, match=r"entry 13 \(review\.given/1\) does not belong here; nothing after the approval at 12"
    ):
        verify_clearance(content, trust_root())
    refused(story, "expected 1 people as security in version 1 of the directory, found 0")


def test_a_truncated_directory_is_refused() -> None:
    story = Story()
    story.publish_directory()
    story.publish_directory(revoked=[])
    story.publish_policy()
    decided(story, *REVIEWERS)
    content = story.clearance()

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(1)["event"]))
        document["objects"].pop(event["objects"][0]["sha256"])

    refused_edit(content, drop, "directory: expected the previous|rests on|policy at|versions were left out")
    with pytest.raises(
        Unverified, match="expected version 3 or later, found 2; the newest versions were left out"
    ):
        verify_clearance(content, trust_root(min_version=3))


def test_a_directory_cut_short_before_the_approval_is_refused() -> None:
    story = founded()
    story.publish_directory()
    decided(story, *REVIEWERS)
    content = story.clearance()
    place = place_of(content, "directory.published/1", 1)

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][0]["sha256"])

    refused_edit(content, drop, "version 1 is the newest before it here; versions were left out")


def test_a_policy_that_was_left_out_shows_in_the_succession() -> None:
    story = founded()
    story.publish_policy(story.gate.replace("risk_at_most: 60", "risk_at_most: 10"))
    story.publish_policy()
    decided(story, *REVIEWERS)
    content = story.clearance()
    place = place_of(content, "policy.published/1", 1)

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][1]["sha256"])

    refused_edit(content, drop, r"policy at \d+, version: expected 2, found 3")


def test_a_policy_that_was_cut_off_is_missed_by_who_knows_of_it() -> None:
    story = approved_story()
    story.publish_policy()
    content = story.clearance()
    assert verify_clearance(content, trust_root(policy=2))
    place = place_of(content, "policy.published/1", 1)

    def drop(document: dict[str, Any]) -> None:
        event = json.loads(base64.b64decode(document["entries"].pop(place)["event"]))
        document["objects"].pop(event["objects"][1]["sha256"])

    without = edited(content, drop)
    assert verify_clearance(without, trust_root())
    with pytest.raises(Unverified, match="policy: expected version 2 or later, found 1; the newest versions were"):
        verify_clearance(without, trust_root(policy=2))


@pytest.mark.parametrize("change", ["order", "twice"])
def test_entries_stand_once_and_in_order(change: str) -> None:
    def shuffle(document: dict[str, Any]) -> None:
        entries = document["entries"]
        entries.insert(0, entries[0] if change == "twice" else entries.pop())

    refused_edit(approved_story().clearance(), shuffle, "expected each entry once, in the ledger's order")


def test_another_spelling_of_the_same_proof_is_refused() -> None:
    content = approved_story().clearance()
    with pytest.raises(Malformed, match="expected RFC 8785 bytes, found another spelling"):
        verify_clearance(json.dumps(json.loads(content)).encode(), trust_root())
    with pytest.raises(Malformed):
        verify_clearance(content + b"\n", trust_root())
