"""A policy is tried on recorded decisions: by what was known then or is known today, and whom it would cost."""

from pathlib import Path
from typing import Any

from tests.stories.ci import CLEAN, JUNIT
from tests.stories.documents import GATE
from tests.stories.shop import Shop
from tests.stories.test_recheck import imported

from pratique.values.uris import REPORT

PEOPLE_FIRST = GATE.replace("      fast: {when: all_pass, first_arrival: fast}\n", "").replace(
    "risk_at_most: 60, ", "risk_at_most: 60, relax: only here, "
)
"""Nothing enters dev or staging without people."""


def simulated(shop: Shop, gate: str, *more: str) -> dict[str, Any]:
    """Write another gate and judge what was recorded by it, twice the same."""
    (shop.folder / "policy" / "gate.yaml").write_text(gate)
    words = ("policy", "simulate", shop.folder / "policy", *more, "--json")
    found = shop.done(*words)
    assert shop.done(*words).out == found.out
    return found.value


def tracks(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["environment"], one["before"]["track"], one["after"]["track"]) for one in found["decisions"]]


def test_an_advisory_that_came_later_is_known_today_and_was_not_then(shop: Shop) -> None:
    shop.bring("middling", "dev", "staging")
    imported(shop, "idna")
    assert tracks(simulated(shop, GATE)) == []
    today = simulated(shop, GATE, "--as-of", "now")
    assert tracks(today) == [("staging", "fast", "remediation")]
    assert [each.split(",")[0] for each in today["known"]] == ["advisories"]
    said = shop.done("policy", "simulate", shop.folder / "policy", "--as-of", "now").out
    assert "known today: advisories, imported at " in said
    assert "not available: known exploited vulnerabilities: nobody imported any" in said
    assert "not available: what was hung on an image in its registry since it was last gathered" in said


def test_evidence_that_was_handed_in_later_is_known_today(shop: Shop, tmp_path: Path) -> None:
    image = shop.deliver("untested", CLEAN, without=REPORT)
    shop.bring("untested", "dev", "staging")
    report = tmp_path / "unit.xml"
    report.write_bytes(JUNIT)
    ci = ("--as", "service:ci", "--key", shop.key("service:ci"))
    shop.done("evidence", "add", f"oci:registry/build@{image}", report, *ci)
    assert tracks(simulated(shop, GATE)) == []
    assert tracks(simulated(shop, GATE, "--as-of", "now")) == [("staging", "remediation", "fast")]


def test_what_a_new_check_needs_and_nobody_gathered_is_told(shop: Shop) -> None:
    shop.bring("clean", "dev", "staging")
    came = "      - {id: came, check: promoted_from, environment: dev}\n"
    asks = GATE.replace(came, f"{came}      - {{id: secrets, check: secrets}}\n")
    found = simulated(shop, asks)
    assert tracks(found) == [("staging", "fast", "remediation")]
    assert found["unavailable"] == ["what check secrets of staging needs: of 1 of 2 decisions it was not gathered"]


def test_a_grace_counts_from_when_the_ledger_had_seen_it_by_then(shop: Shop) -> None:
    shop.bring("stale", "dev", "staging")
    high = "where: {severity: [critical, high]}, max: 0"
    graced = GATE.replace(high, f"{high}, grace: {{days: 7, from: first_seen}}")
    assert tracks(simulated(shop, graced)) == [("staging", "remediation", "fast")]


def test_whom_it_would_cost_how_much_is_told_from_the_answers_so_far(shop: Shop) -> None:
    shop.bring("clean", "dev")
    asks = PEOPLE_FIRST
    nobody = simulated(shop, asks)["reviewers"]
    assert (nobody["answers"], nobody["median_seconds"], nobody["added_seconds"]) == (0, None, None)
    (role,) = nobody["roles"]
    assert (role["role"], role["before"], role["after"]) == ("release", 0, 1)
    assert role["people"] == [{"person": "person:cai", "answered": 0}, {"person": "person:eve", "answered": 0}]
    said = shop.done("policy", "simulate", shop.folder / "policy").out
    assert "how long people take is not known: nobody has answered in this time" in said
    assert "person:cai (0), person:eve (0)" in said


def test_answers_are_counted_by_person_and_half_of_them_were_given_within_the_median(shop: Shop) -> None:
    promotion = shop.bring("middling", "dev", "staging", "prod")
    for person in ("person:bea", "person:cai"):
        assert shop.approve(promotion, person).code == 0
    found = simulated(shop, PEOPLE_FIRST)["reviewers"]
    assert found["answers"] == 2
    assert found["median_seconds"] >= 0
    roles = {role["role"]: role for role in found["roles"]}
    assert (roles["release"]["before"], roles["release"]["after"]) == (1, 3)
    assert {"person": "person:cai", "answered": 1} in roles["release"]["people"]
    assert {"person": "person:bea", "answered": 1} in roles["security"]["people"]
    said = shop.done("policy", "simulate", shop.folder / "policy").out
    assert "half of 2 answers took at most" in said
    assert "people would be waited for +" in said
