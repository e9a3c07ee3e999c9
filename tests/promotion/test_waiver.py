"""Waivers in a judgement: who granted them is counted anew, and less of anything never helps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.policy.test_waiver import TERM, terms
from tests.promotion.builders import NOW, digest, directory
from tests.promotion.cases import bundle
from tests.promotion.test_policy_test import APPLICATION, GATE, HEAD, HIGH, golden

from pratique.attest.waiver import VoidedIf
from pratique.policy.environment import EnvironmentRules
from pratique.policy.policy_test import read_tests
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import decode
from pratique.policy.source import load
from pratique.policy.waiver import Place
from pratique.policy.waiver_rules import WaiverRules
from pratique.promotion.guards import InForce, why_judge_again
from pratique.promotion.happenings import Track
from pratique.promotion.policy_test import run_case, tried
from pratique.promotion.quorum import Exclusion
from pratique.promotion.states import Judgement
from pratique.promotion.waiver import Fate, Grant, Granted, Setting, cover
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor

ROLES = sorted({(role.role, role.holder) for role in directory().document.roles})
PEOPLE = tuple(name for name, _ in directory().document.people)
WHO = {"who": [{"role": "security", "count": 1}, {"role": "release", "count": 1, "severity": ["critical"]}]}


def rules(**waivers: Any) -> EnvironmentRules:
    return replace(bundle().rules("prod"), waivers=decode(WaiverRules, {**WHO, "require": [], **waivers}))


def setting(excluded: tuple[Exclusion, ...] = (), **waivers: Any) -> Setting:
    place = Place(Digest("a" * 64), "shop", "prod", None)
    return Setting(place, rules(**waivers), directory(), NOW, (), excluded)


def result(outcome: Outcome = Outcome.BLOCK, severity: str = "high") -> CheckResult:
    return CheckResult("high", "vulnerabilities", outcome, "one", findings=(CheckFinding(TERM, "it", severity),))


def granted(*people: str, word: str = "", **changes: Any) -> Granted:
    said = terms(
        **{"not_before": NOW, "expires": NOW + timedelta(days=7), "proposed_by": Actor("person:nobody"), **changes}
    )
    grants = tuple(Grant(Actor(person), digest(f"{person}{word}"), place) for place, person in enumerate(people))
    return Granted(build_id(Kind.WAIVER, NOW, (word or "a").encode().ljust(10, b"\0")[:10]), said, grants)


def holder(role: str) -> str:
    held = (name for name in PEOPLE if role in directory().roles_of(name, "shop", "prod", NOW))
    return str(next(held))


def fate(one: Granted, where: Setting | None = None, found: CheckResult | None = None) -> Fate:
    (heard,) = cover((one,), (found or result(),), where or setting()).heard
    return heard.fate


def test_one_reviewer_of_security_is_enough_for_a_high_finding_and_not_for_a_critical_one() -> None:
    one = granted(holder("security"))
    assert fate(one) is Fate.APPLIED
    assert fate(one, found=result(severity="critical")) is Fate.REFUSED
    assert fate(one, found=result(severity="nobody knows")) is Fate.REFUSED


def test_whoever_proposed_it_does_not_count() -> None:
    person = holder("security")
    assert fate(granted(person, proposed_by=Actor(person))) is Fate.REFUSED


def test_whoever_may_not_decide_about_the_image_does_not_count() -> None:
    person = holder("security")
    assert fate(granted(person), setting((Exclusion(Actor(person), "wrote it"),))) is Fate.REFUSED


def test_a_check_that_is_never_waived_is_not() -> None:
    assert fate(granted(holder("security")), setting(never=["high"])) is Fate.REFUSED


def test_without_waivers_in_the_policy_none_holds() -> None:
    where = setting()
    bare = replace(where, rules=replace(where.rules, waivers=None))
    assert fate(granted(holder("security")), bare) is Fate.REFUSED


def test_what_passes_needs_no_waiver() -> None:
    assert fate(granted(holder("security")), found=result(Outcome.PASS)) is Fate.IDLE


def test_a_control_that_does_not_pass_takes_the_waiver_with_it() -> None:
    one = granted(holder("security"), controls=("came",))
    came = CheckResult("came", "promoted_from", Outcome.PASS, "it was there")
    for outcome in Outcome:
        heard = cover((one,), (result(), replace(came, outcome=outcome)), setting()).heard[0]
        assert (heard.fate is Fate.APPLIED) is (outcome is Outcome.PASS)
    assert fate(one) is Fate.REFUSED


def test_facts_about_a_vulnerability_that_nobody_reported_are_not_known() -> None:
    assert fate(granted(holder("security"), voided_if=VoidedIf(kev=True))) is Fate.REFUSED


@given(st.lists(st.sampled_from(PEOPLE), max_size=4), st.data())
def test_one_grant_less_never_helps(people: list[Actor], data: st.DataObject) -> None:
    one = granted(*people)
    if not people:
        return
    gone = data.draw(st.integers(0, len(people) - 1))
    less = replace(one, grants=one.grants[:gone] + one.grants[gone + 1 :])
    assert fate(less) is not Fate.APPLIED or fate(one) is Fate.APPLIED


@given(st.permutations([granted(holder("security"), word=word) for word in "abc"]))
def test_the_order_of_waivers_changes_nothing(waivers: list[Granted]) -> None:
    assert cover(waivers, (result(),), setting()) == cover(
        sorted(waivers, key=lambda one: one.waiver), (result(),), setting()
    )


def test_a_decision_that_relies_on_a_waiver_falls_with_it() -> None:
    held = InForce(NOW, digest("rules"), digest("directory"), None, waivers=frozenset({"wv_a"}))
    judgement = Judgement(
        index=1,
        at=NOW,
        generation=1,
        confirmed=1,
        record=digest("record"),
        outcome="pass",
        track=Track.FAST,
        risk="0.0",
        holds_until=None,
        review_until=None,
        why=(),
        policy=digest("policy"),
        rules=digest("rules"),
        directory=digest("directory"),
        current=None,
        waivers=("wv_a",),
    )
    ended = replace(held, waivers=frozenset())
    assert why_judge_again(judgement, held) is None
    assert why_judge_again(judgement, ended) == "the waiver wv_a is no longer in force"
    assert why_judge_again(replace(judgement, waivers=()), ended) is None


def test_whoever_granted_a_waiver_does_not_review_what_it_lets_in_where_the_policy_says_so() -> None:
    granters = "    waivers: {who: [{role: security, count: 1}]}\n"
    slow = "{role: release-manager, count: 1}, {role: security, count: 1}]"
    gate = (
        GATE.replace(slow, f"{slow}, separation: [requester, waiver_granter]")
        .replace("    tracks: {fast", f"{granters}    tracks: {{fast")
        .replace("    tracks:\n", f"{granters}    tracks:\n")
    )
    policy = load({"gate.yaml": gate, "applications/shop.yaml": APPLICATION})
    term = "CVE-2026-1@pkg:pypi/jinja2"
    waiver = f'{{check: high, term: "{term}", granted_by: [security], expires: +7d, owner: "group:a"}}'
    where = f"  - name: it\n    environment: prod\n    current: null\n    waivers: [{waiver}]\n"
    case = f"{where}    evidence:{HIGH}    expect: {{}}\n"
    decision = run_case(read_tests(f"{HEAD}cases:\n{case}", "t.yaml")[0], tried(policy), golden()).decision
    assert [heard.fate for heard in decision.waivers] == [Fate.APPLIED]
    assert decision.outcome is Outcome.PASS
    assert decision.holds_until == decision.waivers[0].expires
    assert [one.person for one in decision.separation.excluded] == ["person:security-0"]
