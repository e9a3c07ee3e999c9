"""The policies that come as examples do what their own tests say, and whoever reads README.md finds them."""

from pathlib import Path

import pytest
from tests.stories.shop import run_pratique

ROOT = Path(__file__).parents[2]
PACKS = sorted(path for path in (ROOT / "examples" / "policies").iterdir() if path.is_dir())


def test_there_are_four() -> None:
    assert [pack.name for pack in PACKS] == ["baseline", "cra-release", "regulated", "slsa-l3"]
    assert "examples/policies" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.name))
def test_a_pack_is_well_formed_and_called_by_its_folders_name(pack: Path) -> None:
    assert run_pratique("policy", "check", pack, "--json").value["name"] == pack.name


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: str(pack.name))
def test_a_pack_decides_as_its_tests_say_and_nothing_missing_helps(pack: Path) -> None:
    said = run_pratique("policy", "test", pack)
    assert said.code == 0, said.out


def test_a_policy_of_three_environments_decides_as_its_tests_say() -> None:
    said = run_pratique("policy", "test", ROOT / "tests" / "policy" / "bundles" / "ferry")
    assert said.code == 0, said.out
