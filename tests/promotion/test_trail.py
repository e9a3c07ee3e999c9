"""The chain of custody reads from the source commit to the environment, one sentence for each event."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import digest, event, reviewed, story
from tests.promotion.cases import MEDIUM, case, evidence, provenance, sbom, source
from tests.promotion.test_events import anything
from tests.promotion.test_history import DONE

from pratique.promotion.catalogue import TYPES, Happening, Unknown
from pratique.promotion.sentences import describe
from pratique.promotion.trail import Link, trail


def test_a_trail_goes_from_the_source_commit_to_the_environment() -> None:
    (facts,) = case(evidence(MEDIUM)).facts
    lines = trail(story(*DONE), facts.evidence)
    assert [line.link for line in lines[:4]] == [Link.SOURCE, Link.BUILD, Link.EVIDENCE, Link.REQUEST]
    assert lines[0].text == (
        "commit cccccccccccc of git+https://git.example/shop/api, by 1 author; signed by service:ci"
    )
    assert lines[1].text == "built by https://ci.example/builder; signed by service:ci"
    assert lines[-1].text == "prod holds it as promoted"
    assert [line.index for line in lines[3:]] == list(range(10, 10 + len(DONE)))


def test_the_order_in_which_evidence_was_found_changes_nothing() -> None:
    (facts,) = case((source(), provenance(), sbom(*MEDIUM))).facts
    assert trail((), facts.evidence) == trail((), tuple(reversed(facts.evidence)))


def test_evidence_about_another_image_is_not_in_the_trail() -> None:
    found = case((sbom(*MEDIUM, image="other"),))
    assert trail((), found.facts[0].evidence) == ()


def test_a_vote_that_does_not_count_says_why() -> None:
    ignored = dataclasses.replace(reviewed("ann"), counts=False, because="person:ann asked for this promotion")
    assert describe(event(ignored)) == (
        "person:ann signed: approve; it does not count, because person:ann asked for this promotion"
    )


def test_an_event_of_a_later_version_is_told_by_its_name() -> None:
    assert (
        describe(event(Unknown("hold.placed/1", "{}")))
        == "hold.placed/1 happened, which this version does not know"
    )


@pytest.mark.parametrize("kind", TYPES.values(), ids=list(TYPES))
@given(data=st.data())
def test_every_event_has_a_sentence(kind: type[Happening], data: st.DataObject) -> None:
    found: Any = data.draw(anything(kind))
    sentence = describe(event(found))
    assert sentence


def test_a_line_names_its_place_in_the_ledger() -> None:
    line = trail(story(*DONE), ())[0]
    assert (line.index, line.environment, line.promotion is not None) == (10, "prod", True)
    assert line.actor == "service:record"
    assert digest("image") == story(*DONE)[0].event.image
