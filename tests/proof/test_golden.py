"""Proofs of every form, as some version wrote them, hold for ever: each is verified, and judged again where it can be.

Where this fails before the first release because a form was changed on purpose: ``python -m tests.proof.make_golden``.
"""

import json
from pathlib import Path

import pytest
from tests.stories.shop import run_pratique

FOLDER = Path(__file__).parents[1] / "vectors" / "proof" / "golden"
EXPECTED = json.loads((FOLDER / "expected.json").read_bytes())
TRUST = ("--trust-root", FOLDER / "trust-root.json")


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_core_form_holds_and_says_what_it_said(name: str) -> None:
    said = run_pratique("proof", "verify", FOLDER / f"{name}.proof.json", *TRUST, "--json")
    assert said.code == 0, said
    facts = [(fact["label"], fact["text"]) for fact in said.value["facts"]]
    people = [text.split()[0] for label, text in facts if label == "approved by"]
    assert people == EXPECTED[name]["approvers"]
    assert EXPECTED[name]["record"] in dict(facts)["decision"]
    assert dict(facts)["level"].lower() == f"pratique_{EXPECTED[name]['level']}_prod"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_full_form_is_judged_again(name: str) -> None:
    said = run_pratique("proof", "verify", FOLDER / f"{name}.proof.tar", *TRUST, "--rejudge")
    assert said.code == 0, said
    assert f"{EXPECTED[name]['record']}: the same bytes again" in said.out


def test_a_folder_is_judged_again() -> None:
    assert run_pratique("proof", "verify", FOLDER / "slow.proof", *TRUST, "--rejudge").code == 0


def test_a_folder_of_many_holds() -> None:
    said = run_pratique("proof", "verify", FOLDER / "many", *TRUST)
    assert said.code == 0
    assert said.out.endswith("1 hold, 0 do not\n")


def test_what_a_witness_saw_brackets_the_approvals_by_a_clock_outside() -> None:
    said = run_pratique("proof", "verify", FOLDER / "witnessed.proof.json", *TRUST)
    assert "no later than 2027-01-15T08:00:00.000Z by the clock of w1" in said.out
    assert "not witnessed" not in said.out
