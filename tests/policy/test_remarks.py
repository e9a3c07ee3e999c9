"""What a policy does not need is told, and is no mistake."""

import pytest
from tests.policy.builders import files
from tests.policy.test_new_words import GATE

from pratique.policy.remarks import remarks
from pratique.policy.source import load


def told(texts: dict[str, str]) -> tuple[str, ...]:
    return remarks(texts, load(texts))


@pytest.mark.parametrize("name", ["shop", "harbour"])
def test_a_tidy_policy_has_no_remarks(name: str) -> None:
    assert told(files(name)) == ()


def test_a_list_and_a_role_that_nothing_names_are_told() -> None:
    assert told(files() | {"lists/more.yaml": "- a"}) == ("the list 'more' is used nowhere",)
    assert told({"gate.yaml": GATE}) == ("the role 'unused' is named nowhere",)


def test_a_list_that_only_another_list_names_is_used() -> None:
    texts = files() | {"lists/more.yaml": "- a", "lists/most.yaml": "- $more"}
    assert told(texts) == ("the list 'most' is used nowhere",)
