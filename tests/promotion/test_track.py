"""Which way an image goes, and why in plain words."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.promotion.builders import NOW, PROD, after
from tests.promotion.cases import GATE, bundle

from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import CheckResult, Outcome, rank
from pratique.policy.risk import MODEL, Risk
from pratique.promotion.happenings import Track
from pratique.promotion.track import Change, Circumstances, Routing, route, waits_until

SAME = Change(first=False, more_than_routine=())
FIRST = Change(first=True, more_than_routine=())


def rules(gate: str = GATE) -> EnvironmentRules:
    return bundle(gate).rules(PROD)


def result(outcome: Outcome, name: str = "check") -> CheckResult:
    return CheckResult(name, "sbom", outcome, f"it is {outcome}")


def routed(
    *outcomes: Outcome, risk: str = "10.0", change: Change = SAME, found: EnvironmentRules | None = None
) -> Routing:
    results = tuple(result(outcome) for outcome in outcomes or (Outcome.PASS,))
    return route(found or rules(), results, Risk(MODEL, risk, (), "0.0"), Circumstances(change, NOW))


WARNING = rules(GATE.replace("  prod:\n", "  prod:\n    enforcement: warn\n"))
HOLDING = rules(GATE.replace("path:", "settings: {on_missing_evidence: hold}\npath:"))
ALWAYS_GATE = GATE.replace("{when: all_pass, risk_at_most: 60, also: {change: routine}, ", "{when: always, ")
ALWAYS = rules(ALWAYS_GATE)
HOLDING_ALWAYS = rules(ALWAYS_GATE.replace("path:", "settings: {on_missing_evidence: hold}\npath:"))
WARNING_ALWAYS = rules(ALWAYS_GATE.replace("  prod:\n", "  prod:\n    enforcement: warn\n"))
NO_SLOW = rules(GATE[: GATE.index("      slow:")] + GATE[GATE.index("remediation:") :])
NO_FAST = replace(rules(), tracks=replace(rules().tracks, fast=None))
SLOW_FIRST = rules(GATE.replace("also: {change: routine}, first_arrival: fast", "also: {change: routine}"))
WAITING = rules(GATE.replace("path:", "settings: {evidence_wait: 30m}\npath:"))


@pytest.mark.parametrize(
    ("routing", "track", "why"),
    [
        (routed(Outcome.PASS, Outcome.WARN), Track.FAST, "every check passes"),
        (routed(Outcome.REVIEW), Track.SLOW, "check check: review: it is review"),
        (routed(Outcome.ERROR), Track.SLOW, "check check: error"),
        (routed(Outcome.UNKNOWN), Track.REMEDIATION, "check check: unknown"),
        (routed(Outcome.UNKNOWN, found=HOLDING), Track.SLOW, "check check: unknown"),
        (routed(Outcome.BLOCK, Outcome.PASS), Track.REMEDIATION, "check check: block"),
        (routed(risk="60.0"), Track.FAST, "the risk is 60.0, at most 60"),
        (routed(risk="60.1"), Track.SLOW, "the risk is 60.1, and the fast track takes at most 60"),
        (routed(change=Change(False, ("a new licence",))), Track.SLOW, "not a routine change: a new licence"),
        (routed(change=FIRST), Track.FAST, "the first image of its name may take the fast track"),
        (routed(change=FIRST, found=SLOW_FIRST), Track.SLOW, "it is the first image of its name in prod"),
        (routed(Outcome.BLOCK, found=WARNING), Track.SLOW, "check check: block"),
        (routed(Outcome.REVIEW, found=NO_SLOW), Track.REMEDIATION, "prod has no slow track"),
        (routed(found=NO_FAST), Track.SLOW, "prod has no fast track"),
        (routed(Outcome.WARN, found=ALWAYS), Track.FAST, "every check passes"),
        (routed(Outcome.REVIEW, found=ALWAYS), Track.SLOW, "check check: review"),
        (routed(Outcome.ERROR, found=ALWAYS), Track.SLOW, "check check: error"),
        (routed(Outcome.UNKNOWN, found=HOLDING_ALWAYS), Track.SLOW, "check check: unknown"),
        (routed(Outcome.UNKNOWN, found=ALWAYS), Track.REMEDIATION, "check check: unknown"),
        (routed(Outcome.UNKNOWN, found=WARNING_ALWAYS), Track.FAST, "the fast track takes everything"),
        (routed(Outcome.BLOCK, found=WARNING_ALWAYS), Track.FAST, "the fast track takes everything"),
        (routed(Outcome.BLOCK, found=ALWAYS), Track.REMEDIATION, "check check: block"),
    ],
)
def test_the_track_and_its_reason(routing: Routing, track: Track, why: str) -> None:
    assert routing.name is track
    assert any(reason.startswith(why) for reason in routing.why)


@pytest.mark.parametrize("found", [rules(), ALWAYS])
def test_nothing_passes_where_nothing_was_checked(found: EnvironmentRules) -> None:
    routing = route(found, (), Risk(MODEL, "0.0", (), "0.0"), Circumstances(SAME, NOW))
    assert (routing.name, routing.why) == (Track.SLOW, ("prod has no checks, so none has passed",))


@pytest.mark.parametrize(
    ("outcomes", "late", "waits"),
    [
        ((Outcome.UNKNOWN, Outcome.PASS), timedelta(0), True),
        ((Outcome.UNKNOWN,), timedelta(minutes=30), False),
        ((Outcome.UNKNOWN, Outcome.BLOCK), timedelta(0), False),
        ((Outcome.PASS,), timedelta(0), False),
    ],
)
def test_missing_evidence_is_waited_for_as_long_as_the_policy_says(
    outcomes: tuple[Outcome, ...], late: timedelta, waits: bool
) -> None:
    results = tuple(map(result, outcomes))
    found = waits_until(WAITING, results, asked=NOW, now=NOW + late)
    assert found == (after(minutes=30) if waits else None)


@pytest.mark.parametrize("found", [ALWAYS, HOLDING_ALWAYS, NO_SLOW])
@pytest.mark.parametrize("outcome", [Outcome.REVIEW, Outcome.BLOCK, Outcome.UNKNOWN, Outcome.ERROR])
def test_where_the_gate_blocks_nothing_that_did_not_pass_is_fast(
    outcome: Outcome, found: EnvironmentRules
) -> None:
    assert routed(Outcome.PASS, outcome, found=found).name is not Track.FAST


OUTCOMES = st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=5)
EVERY = st.sampled_from([rules(), WARNING, HOLDING, ALWAYS, HOLDING_ALWAYS, WARNING_ALWAYS, NO_SLOW, NO_FAST])


@given(OUTCOMES, st.integers(0, 4), st.sampled_from(list(Outcome)), EVERY)
def test_a_worse_outcome_never_leads_to_a_better_track(
    outcomes: list[Outcome], place: int, worse: Outcome, found: EnvironmentRules
) -> None:
    place %= len(outcomes)
    settings = found.settings
    assume(rank(settings.counts_as(worse)) >= rank(settings.counts_as(outcomes[place])))
    changed = [*outcomes[:place], worse, *outcomes[place + 1 :]]
    tracks = list(Track)
    before, after_ = (routed(*which, found=found).name for which in (outcomes, changed))
    assert tracks.index(after_) >= tracks.index(before)


def test_what_is_older_than_what_is_there_does_not_go_through_alone() -> None:
    older = Circumstances(SAME, NOW, overtaken=NOW)
    routing = route(rules(), (result(Outcome.PASS),), Risk(MODEL, "10.0", (), "0.0"), older)
    assert routing.name is Track.SLOW
    assert "it is older than what prod holds" in routing.why[0]
