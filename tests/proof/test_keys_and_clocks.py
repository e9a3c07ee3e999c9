"""Proofs from around a change of keys, and with timestamps, say for ever what they said when they were written."""

import json
from pathlib import Path

import pytest
from tests.stories.shop import Said, run_pratique

FOLDER = Path(__file__).parents[1] / "vectors" / "proof" / "kept"
EXPECTED = json.loads((FOLDER / "expected.json").read_bytes())
CLOCK = ("--authority", f"clock={FOLDER / 'clock.crt'}")


def verify(name: str, *more: object) -> Said:
    trust = ("--trust-root", FOLDER / "trust-root.json")
    return run_pratique("proof", "verify", FOLDER / f"{name}.proof.json", *trust, *more)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_says_what_it_said(name: str) -> None:
    said = verify(name, *(CLOCK if name == "stamped" else ()))
    assert said.code == EXPECTED[name]["code"], said
    assert EXPECTED[name]["says"] in said.out + said.err


def test_without_the_certificates_nobody_has_checked_the_clock() -> None:
    said = verify("stamped")
    assert said.code == 0
    assert "existed before" not in said.out
    assert "timestamps by clock: give its certificates" in said.out


def test_the_key_that_was_replaced_and_its_successor_are_told_apart() -> None:
    sealed = [next(line for line in verify(name).out.splitlines() if line.startswith("sealed")) for name in HOLD]
    assert sealed[0].rpartition("with key")[2] != sealed[1].rpartition("with key")[2]


HOLD = ("sealed-before", "sealed-after")
