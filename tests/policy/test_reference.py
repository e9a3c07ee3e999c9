"""What the pages about policies say, the program does."""

import re
from typing import Any

import pytest
from tests.house.sources import ROOT
from tests.policy.builders import files
from tools.policy_reference import PAGE, page

from pratique.policy.document import Metadata, parse_bundle
from pratique.policy.explain import explain
from pratique.policy.inherit import EnvironmentText
from pratique.policy.schema import slots
from pratique.policy.source import GateText, load
from pratique.policy.tracks import Tracks

GUIDE = (ROOT / "docs" / "policy.md").read_text()
HARBOUR = load(files("harbour"))


def test_the_reference_is_what_the_types_say() -> None:
    assert PAGE.read_text() == page(), "run: python -m tools.policy_reference"


def test_the_example_of_the_guide_is_a_policy() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```$", GUIDE, re.M | re.S)
    bundle = load({"gate.yaml": text})
    assert bundle.in_order == ("staging", "prod")
    assert [rule.id for rule in bundle.rules("prod").checks] == ["sig", "crit", "soak"]


@pytest.mark.parametrize("kind", [GateText, EnvironmentText, Metadata, Tracks], ids=lambda kind: kind.__name__)
def test_the_guide_speaks_of_every_large_part_of_a_policy(kind: Any) -> None:
    silent = [key for key in slots(kind) if not re.search(rf"\b{re.escape(key)}\b", GUIDE)]
    assert silent == []


def test_the_policy_that_uses_everything_is_read_back_and_explained() -> None:
    assert parse_bundle(HARBOUR.resolved) == HARBOUR
    text = explain(HARBOUR)
    assert (
        "- turn of the year: from 2026-12-18 00:00:00 on the wall until 2027-01-04 00:00:00 on the wall; " in text
    )
    assert "Application quay, of group:dockers; its images move together or not at all:" in text


def test_it_uses_every_way_in_and_every_list() -> None:
    sea = HARBOUR.rules("sea")
    assert sea.tracks.fast
    assert sea.tracks.slow
    assert [(approval.role, approval.when is None) for approval in sea.tracks.slow.approvals] == [
        ("pilot", True),
        ("doctor", False),
    ]
    assert sea.tracks.rollback
    assert sea.tracks.emergency
    assert len(sea.checks) == 16
    assert [role.name for role in sea.roles] == ["board", "doctor", "pilot"]
