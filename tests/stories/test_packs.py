"""The policies that come as examples do what their own tests say, and whoever reads README.md finds them."""

from pathlib import Path
from shutil import copytree

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
def test_a_pack_decides_as_its_tests_say_which_see_all_of_it_and_nothing_missing_helps(pack: Path) -> None:
    said = run_pratique("policy", "test", pack, "--require-coverage")
    assert said.code == 0, said.out


def test_a_case_fewer_is_told_and_fails_only_where_coverage_is_required(tmp_path: Path) -> None:
    copied = Path(copytree(PACKS[0], tmp_path / "baseline"))
    one = "  - {name: it, environment: prod, expect: {track: fast}}\n"
    (copied / "tests" / "gate.yaml").write_text(f"apiVersion: pratique/v1\nkind: PolicyTest\ncases:\n{one}")
    said = run_pratique("policy", "test", copied)
    assert said.code == 0, said.out
    assert "not seen failing or unknown: prod, check sig" in said.out
    assert "not expected the approvals: prod, track fast" in said.out
    assert "not expected the track and the approvals: prod, track rollback" in said.out
    assert run_pratique("policy", "test", copied, "--require-coverage").code == 1


def test_a_policy_of_three_environments_decides_as_its_tests_say() -> None:
    said = run_pratique("policy", "test", ROOT / "tests" / "policy" / "bundles" / "ferry")
    assert said.code == 0, said.out
