"""The contracts of the floors name every package that there is, and CI runs the command of the README."""

import configparser
import re
from pathlib import Path

import pytest
from tests.house.sources import PACKAGE, PURE_FLOORS, ROOT, tracked_files

CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")
PAGES = sorted(path for path in tracked_files() if path.suffix == ".md")


def names(section: str, key: str) -> set[str]:
    return set(CONTRACTS[f"importlinter:contract:{section}"][key].split())


def test_every_floor_that_decides_is_under_the_purity_contract() -> None:
    there = {f"pratique.{floor}" for floor in PURE_FLOORS if (PACKAGE / floor / "__init__.py").exists()}
    assert names("pure", "source_modules") >= there


def test_every_package_stands_on_a_floor() -> None:
    layers = set(re.findall(r"[a-z]+", CONTRACTS["importlinter:contract:floors"]["layers"]))
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert there - layers - {"__init__"} == set()


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = re.search(r"^exec (.+)$", (ROOT / ".ci" / "run").read_text(), re.M)
    assert command
    assert f"    {command[1]}\n" in (ROOT / "README.md").read_text()


def test_the_makefile_has_the_targets_that_the_documentation_names() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    pages = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"`make ([a-z]+)`|^    make ([a-z]+)$", pages, re.M)) <= {
        pair for target in targets for pair in ((target, ""), ("", target))
    }


def test_every_file_that_the_threat_model_names_is_there() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text()
    named = re.findall(r"`([a-z_]+/[a-z_/]*(?:\.py)?)`", text)
    assert named
    assert [path for path in named if not (PACKAGE / path).exists() and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
