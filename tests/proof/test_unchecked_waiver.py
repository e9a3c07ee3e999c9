"""What of a waiver only the evidence shows is named, each condition in its own sentence."""

from dataclasses import replace
from typing import Any

import pytest
from tests.proof.builders import Story, trust_root
from tests.proof.waived import WAIVER, waived_story, waiving_story

from pratique.attest.waiver import Over, Scope, VoidedIf
from pratique.promotion.record_form import build_record
from pratique.proof.established import TAKES_EVIDENCE, Established
from pratique.proof.verify import verify_clearance

BASE = "pkg:docker/debian@12.5"


def relying(**terms: Any) -> Story:
    """Return the story in which the server says that a waiver of these terms held."""
    decision = waiving_story().decide().decision
    story = waiving_story(**terms)
    assert story.inputs is not None
    story.judge(build_record(replace(decision, inputs=story.inputs)))
    story.approve()
    return story


def verified(story: Story) -> Established:
    return verify_clearance(story.clearance(), trust_root())


def left_open(story: Story) -> list[str]:
    return [sentence for sentence in verified(story).not_checked if sentence.startswith(f"waiver {WAIVER}: ")]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (
            {"voided_if": VoidedIf(kev=True)},
            "was known to be exploited, which voids it, takes the evidence itself",
        ),
        ({"voided_if": VoidedIf(epss="0.1")}, "was likely to be exploited (EPSS of 0.1 or more), which voids it"),
        ({"voided_if": VoidedIf(fix_available=True)}, "was repaired upstream, which voids it"),
        (
            {"voided_if": VoidedIf(kev=True, fix_available=True)},
            "was known to be exploited, repaired upstream, which",
        ),
        (
            {"scope": Scope(Over.BASE, base=BASE)},
            f"whether the image stands on the base {BASE} takes the evidence",
        ),
    ],
)
def test_what_only_the_evidence_shows_of_a_waiver_is_named(terms: dict[str, Any], told: str) -> None:
    (sentence,) = left_open(relying(**terms))
    assert told in sentence


def test_each_condition_has_its_own_sentence() -> None:
    assert len(left_open(relying(voided_if=VoidedIf(kev=True), scope=Scope(Over.BASE, base=BASE)))) == 2


def test_a_waiver_of_one_image_that_nothing_voids_leaves_nothing_open() -> None:
    assert left_open(waived_story()) == []


def test_judging_again_leaves_none_of_it_open() -> None:
    found = verified(relying(voided_if=VoidedIf(kev=True), scope=Scope(Over.BASE, base=BASE)))
    again = found.after_judging((found.record,))
    assert [one for one in found.not_checked if one not in again.not_checked] == [
        one for one in found.not_checked if TAKES_EVIDENCE in one
    ]
    assert not any(sentence.startswith("waiver ") for sentence in again.not_checked)
