"""Which way an image takes, one situation after the other: back, in an emergency, in a freeze; and for how long."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion.builders import after, directory, review
from tests.promotion.cases import ARRIVED, CLEAN, GATE, HIGH, MEDIUM, evidence, provenance, sbom, source
from tests.promotion.situations import (
    ADOPTING,
    ALL_WAYS,
    RUNS,
    WITH_KEV,
    ago,
    check,
    decide,
    freeze,
    gate,
    kev,
    put,
    told,
)

from pratique.errors import Unverified
from pratique.policy.result import Outcome, rank
from pratique.promotion.calendar import ALWAYS_OPEN
from pratique.promotion.consequences import no_worse
from pratique.promotion.happenings import Track
from pratique.promotion.quorum import Need, count
from pratique.promotion.record import Escalated, Record
from pratique.values.names import Actor

WEEKEND = "{name: weekend, weekly: [sat, sun], allow: [emergency]}"
YEAR_END = "{name: year end, from: 2026-12-18T00:00:00Z, until: 2027-01-04T00:00:00Z, allow: []}"
SATURDAY = datetime(2026, 11, 28, 11, tzinfo=UTC)
ORDER = (Track.FAST, Track.SLOW, Track.ROLLBACK, Track.EMERGENCY, Track.ADOPT, Track.REMEDIATION)
HERE = replace(ARRIVED, at=SATURDAY - timedelta(days=2))


# Back.


def test_an_image_that_was_here_goes_back_with_one_signature() -> None:
    decision = decide(evidence(CLEAN), ALL_WAYS, current=RUNS, left=ago(days=1))
    assert (decision.track.name, decision.approvals) == (Track.ROLLBACK, (Need("release", 1),))


def test_going_back_is_not_stopped_by_what_became_known_since_but_it_is_shown() -> None:
    decision = decide(evidence(HIGH), ALL_WAYS, current=RUNS, left=ago(days=1))
    assert (decision.track.name, decision.outcome) == (Track.ROLLBACK, Outcome.BLOCK)
    assert "check high: block" in told(decision)


def test_what_left_at_the_last_moment_of_keep_may_come_back_and_a_millisecond_later_not() -> None:
    edge = ago(days=90)
    assert decide(evidence(CLEAN), ALL_WAYS, current=RUNS, left=edge).track.name is Track.ROLLBACK
    late = decide(evidence(CLEAN), ALL_WAYS, current=RUNS, left=edge - timedelta(milliseconds=1))
    assert late.track.name is not Track.ROLLBACK


def test_without_a_rollback_track_an_older_image_is_judged_as_any_other() -> None:
    assert decide(evidence(HIGH), current=RUNS, left=ago(days=1)).track.name is Track.REMEDIATION


def test_who_is_on_call_may_ask_and_sign() -> None:
    decision = decide(evidence(CLEAN), ALL_WAYS, current=RUNS, left=ago(days=1), requester="person:cleo")
    assert decision.separation.excluded == ()


def test_going_back_is_possible_in_every_freeze() -> None:
    decision = decide(
        evidence(CLEAN), freeze(WEEKEND), now=SATURDAY, arrivals=(HERE,), current=RUNS, left=ago(days=1)
    )
    assert decision.track.name is Track.ROLLBACK
    assert decision.holds_until is None or decision.holds_until > SATURDAY


# In an emergency.


def test_an_emergency_passes_over_what_the_policy_names() -> None:
    decision = decide(evidence(CLEAN), ALL_WAYS, arrivals=(), asked=Track.EMERGENCY)
    assert (decision.track.name, decision.approvals) == (Track.EMERGENCY, (Need("security", 2),))
    assert "passed over in an emergency: check came: block" in told(decision)


def test_an_emergency_does_not_pass_over_what_the_policy_does_not_name() -> None:
    decision = decide(evidence(HIGH), ALL_WAYS, asked=Track.EMERGENCY)
    assert decision.track.name is Track.REMEDIATION
    assert told(decision).startswith("also in an emergency: check high: block")


def test_an_emergency_never_passes_over_who_built_it() -> None:
    decision = decide((sbom(*CLEAN), source()), ALL_WAYS, asked=Track.EMERGENCY)
    assert decision.track.name is Track.REMEDIATION
    assert "also in an emergency: check prov" in told(decision)


def test_in_an_emergency_what_is_exploited_may_be_as_bad_as_what_runs_there() -> None:
    same = replace(RUNS, vulnerabilities=("CVE-2026-2@pkg:pypi/requests",))
    contents, listed = evidence(MEDIUM), kev("CVE-2026-2")
    bad = decide(contents, WITH_KEV, exploited=listed, current=RUNS, asked=Track.EMERGENCY)
    no_better = decide(contents, WITH_KEV, exploited=listed, current=same, asked=Track.EMERGENCY)
    nobody_knows = decide(
        contents, WITH_KEV, exploited=listed, current=replace(RUNS, vulnerabilities=None), asked=Track.EMERGENCY
    )
    tracks = [decision.track.name for decision in (bad, no_better, nobody_knows)]
    assert tracks == [Track.REMEDIATION, Track.EMERGENCY, Track.REMEDIATION]
    assert check(no_better, "kev").outcome is Outcome.BLOCK


def test_an_emergency_is_no_way_in_where_the_policy_has_none() -> None:
    assert decide(evidence(CLEAN), asked=Track.EMERGENCY).track.name is Track.REMEDIATION


def test_nobody_who_asked_or_wrote_it_counts_in_an_emergency() -> None:
    decision = decide(evidence(CLEAN), ALL_WAYS, asked=Track.EMERGENCY)
    assert {one.person for one in decision.separation.excluded} == {"person:ann", "person:ben"}


# Adopted.


def test_whatever_the_checks_find_is_shown_and_adopted() -> None:
    decision = decide(evidence(HIGH), ADOPTING, arrivals=(), asked=Track.ADOPT)
    assert (decision.track.name, decision.approvals) == (Track.ADOPT, (Need("security", 2),))
    assert "adopted all the same: check high: block" in told(decision)
    assert "adopted all the same: check came: block" in told(decision)


def test_what_is_never_adopted_is_to_be_repaired() -> None:
    decision = decide((sbom(*CLEAN), source()), ADOPTING, asked=Track.ADOPT)
    assert decision.track.name is Track.REMEDIATION
    assert told(decision).startswith("never adopted: check prov")


def test_even_what_passes_every_check_is_adopted_by_people() -> None:
    assert decide(evidence(CLEAN), ADOPTING, asked=Track.ADOPT).track.name is Track.ADOPT


def test_nothing_is_adopted_where_the_policy_has_no_such_track() -> None:
    assert decide(evidence(CLEAN), ALL_WAYS, asked=Track.ADOPT).track.name is Track.REMEDIATION


def test_nobody_who_asked_or_wrote_it_counts_in_an_adoption() -> None:
    decision = decide(evidence(CLEAN), ADOPTING, asked=Track.ADOPT)
    assert {one.person for one in decision.separation.excluded} == {"person:ann", "person:ben"}


# In a freeze.


def test_on_a_frozen_weekend_nothing_holds_even_for_a_moment() -> None:
    assert decide(evidence(CLEAN), freeze(WEEKEND), now=SATURDAY, arrivals=(HERE,)).holds_until == SATURDAY


def test_a_weekend_begins_earlier_where_the_sun_rises_earlier() -> None:
    friday_evening = datetime(2026, 11, 27, 20, tzinfo=UTC)
    there = replace(ARRIVED, at=friday_evening - timedelta(days=1))
    nepal = decide(evidence(CLEAN), freeze(WEEKEND, zone="Asia/Kathmandu"), now=friday_evening, arrivals=(there,))
    home = decide(evidence(CLEAN), freeze(WEEKEND), now=friday_evening, arrivals=(there,))
    assert nepal.holds_until == friday_evening
    assert home.holds_until == datetime(2026, 11, 28, tzinfo=UTC)


def test_a_decision_made_before_a_freeze_holds_until_it_begins() -> None:
    decision = decide(evidence(CLEAN), freeze("{name: works, from: 2026-11-25, until: 2026-11-26}"))
    assert decision.track.name is Track.FAST
    assert decision.holds_until == datetime(2026, 11, 25, tzinfo=UTC)


def test_an_emergency_moves_in_a_freeze_that_lets_it_and_in_no_other() -> None:
    lets = decide(evidence(CLEAN), freeze(WEEKEND), now=SATURDAY, arrivals=(HERE,), asked=Track.EMERGENCY)
    not_let = freeze("{name: all, weekly: [sat, sun], allow: []}")
    stopped = decide(evidence(CLEAN), not_let, now=SATURDAY, arrivals=(HERE,), asked=Track.EMERGENCY)
    assert lets.holds_until is None or lets.holds_until > SATURDAY
    assert stopped.holds_until == SATURDAY


def test_two_freezes_that_touch_are_one_wait() -> None:
    text = freeze(WEEKEND, "{name: works, from: 2026-11-30, until: 2026-12-02}")
    calendar = decide(evidence(CLEAN), text, now=SATURDAY, arrivals=(HERE,)).inputs.calendar
    assert calendar.moves_again("fast", SATURDAY) == datetime(2026, 12, 2, tzinfo=UTC)


def test_people_get_the_days_of_a_freeze_back() -> None:
    decision = decide(evidence(MEDIUM), freeze("{name: works, from: 2026-11-25, until: 2026-12-05}"))
    assert decision.review_until == after(days=13)


def test_a_calendar_that_leaves_a_freeze_out_is_no_input_of_a_judgement() -> None:
    for one in (WEEKEND, YEAR_END):
        with pytest.raises(Unverified, match="calendar: expected the freeze"):
            put(evidence(CLEAN), freeze(one), calendar=ALWAYS_OPEN)


def test_a_calendar_that_moves_a_freeze_is_no_input_of_a_judgement() -> None:
    calendar = decide(evidence(CLEAN), freeze(YEAR_END)).inputs.calendar
    later = replace(calendar.freezes[0], begin=calendar.freezes[0].begin + timedelta(days=1))
    with pytest.raises(Unverified, match="calendar: expected the freeze 'year end'"):
        put(evidence(CLEAN), freeze(YEAR_END), calendar=replace(calendar, freezes=(later,)))


# The change, the policy's age, the risk.


def test_a_base_rebuilt_for_the_same_commit_is_routine_if_the_base_is_the_same_or_newer() -> None:
    newer = decide((sbom(*CLEAN), provenance("pkg:docker/debian@12.6"), source()), current=RUNS)
    older = decide((sbom(*CLEAN), provenance("pkg:docker/debian@12.4"), source()), current=RUNS)
    assert (newer.track.name, older.track.name) == (Track.FAST, Track.SLOW)


def test_another_major_version_is_for_people() -> None:
    decision = decide((sbom(("flask", "4.0.0")), provenance(), source()), current=RUNS)
    assert "another major version: pkg:pypi/flask 3 → 4" in told(decision)


def test_the_first_image_of_its_name_is_for_people_unless_the_policy_says_otherwise() -> None:
    first = gate(("also: {change: routine}, first_arrival: fast", "also: {change: routine}"))
    assert decide(evidence(CLEAN), first).track.name is Track.SLOW
    assert decide(evidence(CLEAN)).track.name is Track.FAST


@pytest.mark.parametrize(
    ("day", "track", "why"),
    [
        (datetime(2027, 5, 1, 23, tzinfo=UTC), Track.FAST, ""),
        (datetime(2027, 5, 2, tzinfo=UTC), Track.FAST, "the policy is due to be reviewed"),
        (datetime(2027, 5, 31, tzinfo=UTC), Track.FAST, "the policy is due to be reviewed"),
        (datetime(2027, 6, 1, tzinfo=UTC), Track.SLOW, "should have been reviewed more than 30 days ago"),
    ],
)
def test_a_policy_that_nobody_looks_at_warns_and_then_lets_nothing_through_by_itself(
    day: datetime, track: Track, why: str
) -> None:
    decision = decide(evidence(CLEAN), now=day, arrivals=(replace(ARRIVED, at=day - timedelta(days=2)),))
    assert decision.track.name is track
    assert why in told(decision)


def test_the_same_image_is_less_of_a_risk_where_fewer_can_reach_it() -> None:
    small = gate(("path:", "risk: {exposure: small, mission: low}\npath:"))
    assert float(decide(evidence(HIGH), small).risk.score) < float(decide(evidence(HIGH)).risk.score)


def test_what_the_risk_rests_on_adds_up_and_what_was_assumed_is_marked() -> None:
    risk = decide(evidence(HIGH)).risk
    assert sum(round(float(term.points) * 10) for term in risk.terms) == round(float(risk.score) * 10)
    assert any(term.assumed for term in risk.terms)


# A second look.

SITUATIONS: tuple[tuple[tuple[bytes, ...], str, dict[str, Any]], ...] = (
    (evidence(CLEAN), GATE, {}),
    (evidence(CLEAN), GATE, {"now": after(hours=8)}),
    (evidence(MEDIUM), GATE, {}),
    (evidence(MEDIUM), GATE, {"now": after(hours=8)}),
    (evidence(HIGH), GATE, {}),
    ((sbom(*MEDIUM), provenance()), GATE, {}),
    ((provenance(), source()), GATE, {}),
    (evidence(CLEAN), ALL_WAYS, {"asked": Track.EMERGENCY}),
    (evidence(HIGH), ALL_WAYS, {"current": RUNS, "left": ago(days=1)}),
)
RECORDS = tuple(put(contents, text, **changes) for contents, text, changes in SITUATIONS)


@pytest.mark.parametrize("record", RECORDS)
def test_nothing_is_worse_than_itself(record: Record) -> None:
    assert no_worse(record, record)


def test_no_worse_than_what_is_no_worse_is_no_worse() -> None:
    for one, two, three in itertools.product(RECORDS, repeat=3):
        assert not (no_worse(one, two) and no_worse(two, three)) or no_worse(one, three)


def test_a_nightly_rescan_that_finds_the_same_costs_nobody_a_vote() -> None:
    assert no_worse(put(evidence(MEDIUM), now=after(hours=8)), put(evidence(MEDIUM)))


def test_a_rescan_that_finds_one_more_asks_people_again() -> None:
    more = put((sbom(*MEDIUM, *HIGH), provenance(), source()))
    assert not no_worse(more, put(evidence(MEDIUM)))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([CLEAN, MEDIUM, HIGH]), st.sets(st.integers(0, 2)), st.sampled_from([GATE, ALL_WAYS]))
def test_what_is_taken_away_is_never_better(
    packages: tuple[tuple[str, str], ...], kept: set[int], text: str
) -> None:
    contents = evidence(packages)
    whole, less = put(contents, text), put((contents[place] for place in sorted(kept)), text)
    assert rank(less.decision.outcome) >= rank(whole.decision.outcome) or less.decision.outcome is Outcome.UNKNOWN
    assert ORDER.index(less.decision.track.name) >= ORDER.index(whole.decision.track.name)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([CLEAN, MEDIUM, HIGH]),
    st.sampled_from([None, Track.EMERGENCY]),
    st.sampled_from([None, ago(days=1), ago(days=100)]),
    st.sampled_from([GATE, ALL_WAYS, freeze(WEEKEND)]),
    st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 31)),
)
def test_every_situation_has_one_answer_and_always_the_same(
    packages: tuple[tuple[str, str], ...],
    asked: Track | None,
    left: datetime | None,
    text: str,
    now: datetime,
) -> None:
    found: dict[str, Any] = {"asked": asked, "left": left, "current": RUNS, "now": now.replace(tzinfo=UTC)}
    record = put(evidence(packages), text, **found)
    assert record.content == put(reversed(evidence(packages)), text, **found).content
    decision = record.decision
    assert decision.track.why
    assert (decision.review_until is None) == (decision.approvals == ())
    assert decision.holds_until is None or decision.holds_until >= decision.inputs.now


# Conditions.


def conditional(condition: str) -> str:
    return gate(("also: {change: routine}", f"also: {{expr: '{condition}'}}"))


def test_a_condition_of_the_fast_track_is_judged() -> None:
    holds = decide(evidence(CLEAN), conditional("diff.major_bumps == 0 && !diff.base_changed"), current=RUNS)
    fails = decide(evidence(CLEAN), conditional("diff.major_bumps > 0"), current=RUNS)
    assert (holds.track.name, fails.track.name) == (Track.FAST, Track.SLOW)
    assert "the condition 'diff.major_bumps > 0' does not hold" in told(fails)


def test_a_condition_about_what_nobody_knows_is_never_met() -> None:
    decision = decide(evidence(CLEAN), conditional("diff.major_bumps == 0 || risk.score < 100.0"))
    assert decision.track.name is Track.SLOW
    assert "cannot be judged" in told(decision)


@pytest.mark.parametrize(
    ("condition", "asked"),
    [("risk.score > 99.0", 1), ("risk.score >= 0.0", 2), ("image.setuid > 3", 2)],
    ids=["it does not hold", "it holds", "nobody measured the image"],
)
def test_a_reviewer_who_is_asked_under_a_condition(condition: str, asked: int) -> None:
    text = gate(("{role: security, count: 1}", f"{{role: security, count: 1, when: '{condition}'}}"))
    assert len(decide(evidence(MEDIUM), text).approvals) == asked


def test_whoever_changed_the_rules_last_is_kept_from_deciding_where_they_say_so() -> None:
    text = gate(("        window: 3d\n", "        separation: [policy_editor]\n        window: 3d\n"))
    record = put(evidence(MEDIUM), text, editors=(Actor("person:dan"),))
    assert [(one.person, one.because) for one in record.decision.separation.excluded] == [
        ("person:dan", "person:dan made the last change to the rules of prod")
    ]


def test_a_role_counts_only_for_those_whom_the_policy_names() -> None:
    text = gate(("path:", "roles:\n  release: {members: ['person:cleo']}\n  security: {min_size: 3}\npath:"))
    record = put(evidence(MEDIUM), text)
    release, security = record.decision.approvals
    assert (release.members, security.least) == (("person:cleo",), 3)
    names = enumerate(("cleo", "dan", "eve"), 1)
    votes = tuple(replace(review(name, index=place), record=record.digest) for place, name in names)
    why = {voter.person: voter.fills for voter in count(record.question, votes, directory(), now=after()).voters}
    # Dan holds release, too, but is not named; only two people hold security, so nobody counts as that.
    assert why == {"person:cleo": "release", "person:dan": None, "person:eve": None}


def test_people_are_reminded_within_their_time_and_not_in_a_freeze() -> None:
    text = gate(("        window: 3d\n", "        window: 3d\n        escalate: {after: 1d, to: board}\n"))
    frozen = text.replace(
        "  prod:\n", "  prod:\n    freeze: [{name: works, from: 2026-11-25, until: 2026-11-27}]\n"
    )
    plain, late = decide(evidence(MEDIUM), text).escalate, decide(evidence(MEDIUM), frozen).escalate
    assert (plain, late) == (Escalated(after(days=1), "board"), Escalated(after(days=3), "board"))
    assert decide(evidence(CLEAN), text).escalate is None
