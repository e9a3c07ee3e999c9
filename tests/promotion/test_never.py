"""What a track lets pass never must pass, whatever the policy lets missing evidence count as elsewhere."""

import pytest
from tests.promotion.test_policy_test import APPLICATION, HEAD, HIGH, golden

from pratique.policy.policy_test import read_tests
from pratique.policy.source import load
from pratique.promotion.happenings import Track
from pratique.promotion.policy_test import Ran, Tried, run_case, tried

GATE = """
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: shop, owner: "group:security", review_by: 2027-05-01}
settings: {on_missing_evidence: hold, on_check_error: hold}
path: [staging, prod]
environments:
  staging: {checks: [{id: sbom, check: sbom}], tracks: {fast: {when: all_pass}}}
  prod:
    checks:
      - {id: sig, check: signature, keys: ["service:ci"], outcome: OUTCOME}
      - {id: kev, check: vulnerabilities, where: {kev: true}, outcome: OUTCOME}
      - {id: tests, check: tests, required_suites: [unit]}
    tracks:
      slow: {approvals: [{role: release-manager, count: 1}]}
      emergency: {approvals: [{role: board, count: 1}], never: [sig, kev]}
      adopt: {approvals: [{role: board, count: 1}], never: [sig], expires: 30d}
"""
EXPLOITED = f"lists: {{kev: [CVE-2026-1]}}\n    evidence:{HIGH}"
HELD = 'current: {vulnerabilities: ["CVE-2026-1@pkg:pypi/jinja2"]}\n    '


def policy(outcome: str) -> Tried:
    return tried(load({"gate.yaml": GATE.replace("OUTCOME", outcome), "applications/shop.yaml": APPLICATION}))


def ran(facts: str, asks_for: str, outcome: str = "block") -> Ran:
    case = f"  - name: it\n    environment: prod\n    asks_for: {asks_for}\n    {facts}\n    expect: {{}}\n"
    text = f"{HEAD}cases:\n{case}"
    return run_case(read_tests(text, "t.yaml")[0], policy(outcome), golden())


def unsigned(*also: str) -> str:
    names = ("sbom", "scan", "provenance", "source", "secrets", "runtime", "rebuild", *also)
    return f"evidence: {{{', '.join(f'{name}: null' for name in names)}}}"


@pytest.mark.parametrize("asks_for", ["emergency", "adopt"])
def test_a_signature_that_nobody_knows_of_stops_it_where_people_look_at_what_is_missing(asks_for: str) -> None:
    decision = ran(unsigned("tests"), asks_for).decision
    assert decision.track.name is Track.REMEDIATION
    assert "check sig: unknown" in decision.track.why[0]


@pytest.mark.parametrize("asks_for", ["emergency", "adopt"])
def test_what_is_missing_of_another_check_is_held_for_people_as_the_policy_says(asks_for: str) -> None:
    assert ran("evidence: {tests: null}", asks_for).decision.track.name is Track(asks_for)


@pytest.mark.parametrize("outcome", ["block", "review"])
def test_a_check_that_must_pass_stops_an_emergency_whatever_its_failure_means_elsewhere(outcome: str) -> None:
    elsewhere = unsigned().replace("{", '{tests: {signed_by: ["service:else"]}, ', 1)
    decision = ran(elsewhere, "emergency", outcome).decision
    assert decision.track.name is Track.REMEDIATION
    assert f"check sig: {outcome}" in decision.track.why[0]


@pytest.mark.parametrize("outcome", ["block", "review"])
def test_what_is_exploited_stops_an_emergency_unless_it_runs_there_already(outcome: str) -> None:
    new = ran(f"current: {{vulnerabilities: []}}\n    {EXPLOITED}", "emergency", outcome).decision
    assert new.track.name is Track.REMEDIATION
    assert f"check kev: {outcome}" in new.track.why[0]
    held = ran(f"{HELD}{EXPLOITED}", "emergency", outcome).decision
    assert held.track.name is Track.EMERGENCY
    assert any("passed over in an emergency: check kev" in why for why in held.track.why)
