"""What is printed shows everything and commands nothing."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import build_image, write_layout
from tests.stories.shop import run_pratique

from pratique.cli.answer import Answer

HOSTILE = "v1\x1b[2J\x9b31m\u202e"
ORDERS = {"Cc", "Zl", "Zp"}


def obeyed(text: str) -> list[str]:
    return [
        each for each in text if (unicodedata.category(each) in ORDERS and each not in "\n\t") or each == "\u202e"
    ]


@given(st.text())
def test_for_machines_nothing_is_lost_and_for_nobody_is_anything_obeyed(words: str) -> None:
    answer = Answer({"words": words}, words)
    rendered = answer.rendered(as_json=True)
    assert json.loads(rendered) == {"words": words}
    assert json.loads(Answer(({"words": words},), "").rendered(as_json=True)) == {"words": words}
    assert obeyed(rendered) == obeyed(answer.rendered(as_json=False)) == []


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs"))))
def test_what_only_shows_is_shown_as_it_is(words: str) -> None:
    assert Answer({}, words).rendered(as_json=False) == words


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_tag_of_a_hostile_layout_commands_no_terminal(tmp_path: Path, how: tuple[str, ...]) -> None:
    write_layout(tmp_path, {"v1": build_image("web"), HOSTILE: build_image("other")})
    said = run_pratique("image", "inspect", f"oci:{tmp_path}:v1", *how)
    assert said.code == 0
    assert obeyed(said.out) == []
    assert "31m" in said.out


def test_an_error_with_foreign_words_commands_no_terminal(tmp_path: Path) -> None:
    said = run_pratique("status", "--workspace", f"{tmp_path}/{HOSTILE}")
    assert said.code == 1
    assert obeyed(said.err) == []
