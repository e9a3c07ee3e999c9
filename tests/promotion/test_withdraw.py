"""Taking a request back needs one person who may; a closed window ends it by itself."""

from dataclasses import replace

import pytest
from tests.promotion.builders import NOW, after, directory, gathered, judged, requested, story

from pratique.errors import Refused
from pratique.promotion.history import fold_all
from pratique.promotion.states import State
from pratique.promotion.withdraw import expire, withdraw
from pratique.values.names import Actor

REVIEWED = fold_all(story(requested(), gathered(), judged(review_until=after(days=3))))


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("service:ci", "service:ci took the request back"),
        ("person:ben", "person:ben took the request back"),
        ("person:eve", "person:eve (security) stopped it"),
    ],
)
def test_who_asked_owns_what_asked_or_holds_a_role_may_take_it_back(name: str, because: str) -> None:
    assert withdraw(REVIEWED, Actor(name), directory(), now=NOW).because == because


@pytest.mark.parametrize("name", ["person:fay", "person:gus", "service:record"])
def test_nobody_else_may(name: str) -> None:
    with pytest.raises(Refused, match="somebody with a role for shop in prod"):
        withdraw(REVIEWED, Actor(name), directory(), now=NOW)


def test_a_review_expires_when_its_window_closes_and_not_before() -> None:
    assert expire(REVIEWED, now=after(days=3, milliseconds=-1)) is None
    found = expire(REVIEWED, now=after(days=3))
    assert found is not None
    assert "2026-11-27T09:30:00.000Z" in found.because


def test_only_a_review_expires() -> None:
    assert expire(replace(REVIEWED, state=State.APPROVED), now=after(days=9)) is None
    assert expire(fold_all(story(requested())), now=after(days=9)) is None
