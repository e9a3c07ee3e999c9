"""From a proof and the evidence itself, the same record comes out, or the first difference is named."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.proof.builders import REVIEWERS, Story, approved_story, fast_story, founded, promoted_story
from tests.proof.test_decision import looked_again

from pratique.errors import Absent, Unverified
from pratique.promotion.record import Record
from pratique.promotion.record_form import build_record
from pratique.proof.rejudge import rejudge
from pratique.values.canonical import canonical
from pratique.values.digest import Digest


def kept(story: Story) -> Any:
    return story.book.objects.__getitem__


@pytest.mark.parametrize("tell", [approved_story, fast_story])
def test_the_same_record_comes_out(tell: Any) -> None:
    story = tell()
    assert story.record is not None
    assert [record.content for record in rejudge(story.clearance(), kept(story))] == [story.record.content]


def test_a_promotions_proof_is_judged_again_too() -> None:
    story = promoted_story()
    assert len(rejudge(story.proof(), kept(story))) == 1


def test_a_second_look_is_judged_again_too() -> None:
    story = looked_again(lambda decision: decision)
    assert len(rejudge(story.clearance(), kept(story))) == 2


def told_with(record: Record, story: Story) -> Story:
    """Return the story in which the server records this, whatever it found, and people believe it."""
    story.judge(record)
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    return story


def gathered() -> Story:
    story = founded()
    story.ask()
    story.gather()
    return story


def test_a_record_that_says_something_else_is_found_and_the_first_difference_named() -> None:
    story = gathered()
    honest = story.decide().decision
    pure = replace(honest.checks[-2], message="nothing to see")
    record = build_record(replace(honest, checks=(*honest.checks[:-2], pure, honest.checks[-1])))
    with pytest.raises(
        Unverified,
        match=r"another record comes out: record\.checks\[4\]\.message: recorded 'nothing to see', found",
    ):
        rejudge(told_with(record, story).clearance(), kept(story))


def test_an_author_whom_the_server_does_not_exclude_is_found() -> None:
    story = gathered()
    honest = story.decide().decision
    few = tuple(one for one in honest.separation.excluded if one.person != "person:ann")
    record = build_record(replace(honest, separation=replace(honest.separation, excluded=few)))
    with pytest.raises(Unverified, match=r"record\.separation\.excluded"):
        rejudge(told_with(record, story).clearance(), kept(story))


def test_another_engine_is_not_reproducible_here_and_not_called_wrong() -> None:
    story = gathered()
    record = build_record(replace(story.decide().decision, engine="pratique-engine/99"))
    with pytest.raises(Unverified, match="not reproducible here: pratique-engine/99 judged"):
        rejudge(told_with(record, story).clearance(), kept(story))


def test_a_record_of_another_engine_may_hold_what_this_one_does_not_know() -> None:
    story = gathered()
    decision = story.decide().decision
    content = canonical({**json.loads(story.decide().content), "engine": "pratique-engine/99", "more": []})
    with pytest.raises(Unverified, match="not reproducible here"):
        rejudge(told_with(Record(content, decision), story).clearance(), kept(story))


def test_evidence_with_another_digest_is_refused() -> None:
    story = approved_story()
    with pytest.raises(Unverified, match="expected sha256"):
        rejudge(story.clearance(), lambda _: b"other")


def test_evidence_that_is_not_kept_is_absent() -> None:
    def fetch(digest: Digest) -> bytes:
        raise Absent(f"blob {digest} is not here")

    with pytest.raises(Absent, match="is not here"):
        rejudge(approved_story().clearance(), fetch)


def test_a_proof_without_the_policy_cannot_be_judged_again() -> None:
    story = approved_story()
    document = json.loads(story.clearance())
    document["objects"] = {
        name: body for name, body in document["objects"].items() if Digest(name) != story.read.digest
    }
    with pytest.raises(Unverified, match="expected the policy sha256"):
        rejudge(canonical(document), kept(story))
