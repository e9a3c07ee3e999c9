"""The page that newcomers read names what is there: every module that it names exists, and no part is left out."""

import re
from pathlib import Path

import pytest
from tests.house.sources import PACKAGE, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
NAMED = frozenset(re.findall(r"`([a-z0-9_/]+\.py)`", PAGE))
TOLD = re.findall(r"^## Inside (\w+)$(.*?)(?=^## )", PAGE, re.M | re.S)
WHOLE = ("attest", "promotion")
"""The floors of which the page names every module."""


@pytest.mark.parametrize(("floor", "text"), TOLD, ids=[floor for floor, _ in TOLD])
def test_what_is_named_inside_a_floor_is_there(floor: str, text: str) -> None:
    missing = [name for name in re.findall(r"`([a-z0-9_/]+\.py)`", text) if not (PACKAGE / floor / name).is_file()]
    assert missing == []


def test_a_path_that_begins_with_a_floor_leads_somewhere() -> None:
    paths = [Path(name) for name in NAMED if "/" in name and not name.startswith("tests/")]
    assert [str(path) for path in paths if not (PACKAGE / path).is_file()] == []


@pytest.mark.parametrize("floor", WHOLE)
def test_every_module_of_these_floors_is_told(floor: str) -> None:
    text = dict(TOLD)[floor]
    there = {path.name for path in (PACKAGE / floor).glob("*.py")} - {"__init__.py"}
    assert {name for name in there if f"`{name}`" not in text} == set()
