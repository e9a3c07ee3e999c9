"""The lock files: every package pinned and hashed, no download address, and both in step with pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.house.sources import ROOT

DEMO_LOCKS = tuple(sorted((ROOT / "demo" / "images").glob("*.lock")))
LOCKS = (ROOT / "requirements.lock", ROOT / "requirements-dev.lock", *DEMO_LOCKS)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

ENTRY = re.compile(
    r"^(?P<name>[a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==(?P<version>[^\s;]+)(?: ; [^\\\n]+)?"
    r"(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)$",
    re.M,
)


def pins(lock: Path) -> dict[str, str]:
    return {entry["name"]: entry["version"] for entry in ENTRY.finditer(lock.read_text())}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_line_of_a_lock_belongs_to_a_pinned_and_hashed_package(lock: Path) -> None:
    rest = ENTRY.sub("", lock.read_text())
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    assert pins(lock)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_a_lock_names_no_address(lock: Path) -> None:
    assert re.findall(r"://|--index|--find-links|--trusted-host|@ ", lock.read_text()) == []


def test_the_locks_agree_where_they_name_the_same_package() -> None:
    runtime, everything = pins(ROOT / "requirements.lock"), pins(ROOT / "requirements-dev.lock")
    assert {name: everything.get(name) for name in runtime} == runtime


@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        ("requirements.lock", PROJECT["project"]["dependencies"]),
        ("requirements.lock", PROJECT["build-system"]["requires"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["dev"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["ecr"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["syft"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["keyless"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["s3"]),
        ("requirements-dev.lock", PROJECT["project"]["optional-dependencies"]["timestamp"]),
    ],
)
def test_what_the_project_asks_for_is_locked_and_fits(lock: str, requirements: list[str]) -> None:
    locked = pins(ROOT / lock)
    for requirement in map(Requirement, requirements):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), str(requirement)


@pytest.mark.parametrize(
    "lock", sorted((ROOT / "demo" / "images").glob("*.lock")), ids=lambda lock: str(lock.name)
)
def test_a_demo_lock_names_exactly_one_file_for_each_package(lock: Path) -> None:
    assert all(entry["hashes"].count("--hash") == 1 for entry in ENTRY.finditer(lock.read_text()))
