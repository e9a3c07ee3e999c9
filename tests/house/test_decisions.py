"""Decisions and changelog fragments: short, whole, and in one form."""

import re
from pathlib import Path

import pytest
from tests.house.sources import ROOT

DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
FRAGMENTS = sorted(path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md")
HEADINGS = ["Context", "Options", "Decision", "Costs", "Reconsider"]
MAX_WORDS = 400


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: str(page.stem))
def test_a_decision_is_one_page_with_the_five_headings(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS
    assert len(text.split()) <= MAX_WORDS


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: str(page.stem))
def test_a_decision_is_named_by_its_number(page: Path) -> None:
    name = re.fullmatch(r"(\d{4})-[a-z0-9]+(-[a-z0-9]+)*", page.stem)
    assert name
    assert page.read_text().startswith(f"# {name[1]}: ")


def test_the_numbers_of_decisions_are_distinct_and_without_gaps() -> None:
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("fragment", FRAGMENTS, ids=lambda fragment: str(fragment.name))
def test_a_changelog_fragment_is_one_sentence_to_a_user(fragment: Path) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.(added|changed|fixed|removed|security)\.md", fragment.name)
    text = fragment.read_text().strip()
    assert text.endswith(".")
    assert "\n\n" not in text
    assert len(text.split()) <= 60
