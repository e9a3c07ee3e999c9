"""Somebody writes a policy: mistakes are told with their place, then the rules in plain words."""

import json
import shutil
from pathlib import Path

from tests.house.sources import ROOT
from tests.policy.json_schema import valid
from tests.stories.shop import Said, run_pratique

from pratique.policy.marked import parse_marked

HARBOUR = ROOT / "tests" / "policy" / "bundles" / "harbour"


def draft(folder: Path, old: str = "", new: str = "") -> Path:
    """Return a copy of the harbour's policy with one change."""
    copy = folder / "policy"
    shutil.copytree(HARBOUR, copy, dirs_exist_ok=True)
    gate = copy / "gate.yaml"
    assert old in gate.read_text()
    gate.write_text(gate.read_text().replace(old, new, 1))
    return copy


def refused(said: Said, words: str) -> None:
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert words in said.err


def test_a_right_policy_is_told_by_its_digest(tmp_path: Path) -> None:
    said = run_pratique("policy", "check", draft(tmp_path), "--json")
    assert said.code == 0
    assert json.loads(said.out)["environments"].keys() == {"pier", "roads", "sea"}


def test_mistakes_are_told_with_file_line_and_column(tmp_path: Path) -> None:
    refused(
        run_pratique("policy", "check", draft(tmp_path, "never: [sig, prov, kev]", "never: [sig, prv, kev]")),
        "gate.yaml:109:22: environments.sea.tracks.emergency.never.1: sea has no check 'prv'; did you mean 'prov'?",
    )
    refused(
        run_pratique("policy", "check", draft(tmp_path / "b", "risk.score > 60.0", "risk.score > sixty")),
        "there is no fact 'sixty'",
    )
    refused(
        run_pratique("policy", "check", draft(tmp_path / "c", "Europe/Berlin", "Europe/Berlinn")),
        "gate.yaml:9:13: settings.timezone: there is no time zone 'Europe/Berlinn'; did you mean 'Europe/Berlin'?",
    )


def test_the_rules_of_one_environment_are_told_in_plain_words(tmp_path: Path) -> None:
    said = run_pratique("policy", "explain", draft(tmp_path), "--environment", "sea")
    assert said.code == 0
    assert (
        "- weekend: every week on Saturday and Sunday; besides going back, this moves all the same: emergency"
        in (said.out)
    )
    assert "\nroads\n" not in said.out
    wrong = run_pratique("policy", "explain", draft(tmp_path), "--environment", "see")
    assert (wrong.code, "did you mean 'sea'" in wrong.err) == (1, True)


def test_the_schema_that_editors_are_given_fits_the_whole_policy() -> None:
    gate = json.loads(run_pratique("policy", "schema").out)
    application = json.loads(run_pratique("policy", "schema", "application").out)
    assert valid(gate, parse_marked((HARBOUR / "gate.yaml").read_text(), "gate.yaml").value)
    quay = (HARBOUR / "applications" / "quay.yaml").read_text()
    assert valid(application, parse_marked(quay, "quay.yaml").value)
    assert not valid(application, parse_marked(quay + "surprise: 1\n", "quay.yaml").value)
