"""A proof stands under a checkpoint that the trust root accepts, and so does what everybody saw."""

from dataclasses import replace
from typing import Any

from tests.promotion.builders import INSTALLATION, digest
from tests.proof.attacks import refused, refused_edit, reviewed
from tests.proof.builders import (
    REVIEWERS,
    approved_story,
    judged_story,
    ledger_key,
    trust_root,
)

from pratique.attest.review import Seen
from pratique.tlog.key import KeyKind, NoteVerifier
from pratique.tlog.policy import parse_policy


def test_a_ledger_of_another_key_is_refused() -> None:
    other = NoteVerifier(INSTALLATION, KeyKind.LOG, ledger_key("other").public_key().public_bytes_raw())
    trust = replace(trust_root(), ledger=parse_policy(f"log {other}\nquorum none\n"))
    refused(approved_story(), r"a signature of ledger\.example/shop\+\w+ that the trust root does not know", trust)


def test_a_signature_that_stands_twice_is_refused() -> None:
    def twice(document: dict[str, Any]) -> None:
        document["checkpoint"] += document["checkpoint"].rpartition("\n\n")[2]

    refused_edit(approved_story().clearance(), twice, "that the trust root does not know, or a second one")


def test_too_few_witnesses_are_refused() -> None:
    story = approved_story()
    story.book.witnesses = ("w1",)
    refused(story, r"expected cosignatures enough for the quorum 'w2'", trust_root("w1", "w2", quorum="w2"))


def test_a_signature_that_nobody_can_check_is_refused() -> None:
    story = approved_story()
    story.book.witnesses = ("stranger",)
    refused(story, r"checkpoint: found a signature of stranger\+\w+ that the trust root does not know")


def test_a_reviewer_who_was_shown_another_ledger_is_noticed() -> None:
    story = judged_story()
    size = len(story.book.events)
    other = Seen(story.book.seen().origin, size, digest("fork"))
    story.review("cleo", checkpoint=other)
    reviewed(story, *REVIEWERS[1:])
    refused(story, rf"consistency of a tree of {size} with one of")


def test_a_reviewer_of_another_ledger_is_refused() -> None:
    story = judged_story()
    story.review("cleo", checkpoint=replace(story.book.seen(), origin="other.example/ledger"))
    refused(
        reviewed(story, *REVIEWERS[1:]),
        r"review by person:cleo at \d+, ledger: expected ledger\.example/shop, found other\.example/ledger",
    )


def test_a_review_cannot_have_seen_what_came_later() -> None:
    story = judged_story()
    story.review("cleo", checkpoint=replace(story.book.seen(), size=11))
    refused(
        reviewed(story, *REVIEWERS[1:]), r"covers the record at 9 and was signed before .* found one of 11 entries"
    )


def test_a_review_must_have_seen_the_record() -> None:
    story = judged_story()
    story.review("cleo", checkpoint=story.book.seen(3))
    refused(
        reviewed(story, *REVIEWERS[1:]), r"covers the record at 9 and was signed before .* found one of 3 entries"
    )
