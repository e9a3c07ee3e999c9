"""Tracks back and in an emergency, freezes, waivers' limits, roles: what they say, and what is refused."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy.document import Bundle, parse_bundle
from pratique.policy.freeze import TrackName
from pratique.policy.freshness import Freshness, freshness
from pratique.policy.moments import Weekday, parse_edge, render_edge
from pratique.policy.source import load
from pratique.policy.waiver_rules import MaxDays
from pratique.policy.words import Positive

GATE = """\
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: p, version: 2026.11.1, owner: group:g, review_by: 2027-05-01}
settings: {timezone: Europe/Berlin, max_evidence_age: 24h}
risk: {model: pratique-risk/1, exposure: controlled, mission: medium}
roles:
  lead: {members: ["group:leads", "person:ann"]}
  board: {members: ["group:board"], min_size: 3}
  unused: {}
environments:
  prod:
    effective_on: 2026-12-01T00:00:00Z
    checks:
      - {id: sig, check: signature, keys: ["service:ci"]}
      - {id: kev, check: vulnerabilities, where: {kev: true}}
      - {id: high, check: vulnerabilities, where: {severity: [high]}}
    tracks:
      fast: {when: all_pass, also: {change: routine, expr: diff.major_bumps == 0}}
      slow:
        approvals: [{role: lead, count: 1}, {role: board, count: 2, when: risk.score > 60.0}]
        separation: [requester, author, builder, policy_editor, waiver_granter]
        reason: text
        window: 3d
        hours: {days: [mon, tue], from: "08:30", until: "17:00"}
        escalate: {after: 1d, to: board}
      rollback: {approvals: [{role: lead, count: 1}]}
      emergency: {approvals: [{role: board, count: 2}], skippable: [high], never: [sig, kev], expires: 48h}
    freeze:
      - {name: year end, from: 2026-12-18T00:00:00Z, until: 2027-01-04T00:00:00Z, allow: [emergency, slow]}
      - {name: fair, from: 2026-10-01, until: 2026-10-05T06:00}
      - {name: weekend, weekly: [sat, sun]}
    waivers:
      who: [{role: lead, count: 1}, {role: board, count: 1, severity: [high, critical]}]
      max_days: {critical: 14, high: 30}
      require: [justification, ticket]
      never: [sig]
"""


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load({"gate.yaml": GATE})


def test_every_word_is_read_and_written_back(bundle: Bundle) -> None:
    assert parse_bundle(bundle.resolved) == bundle


def test_the_tracks_say_who_signs_and_for_how_long(bundle: Bundle) -> None:
    tracks = bundle.rules("prod").tracks
    assert tracks.slow
    assert tracks.slow.hours
    assert tracks.slow.escalate
    assert tracks.rollback
    assert tracks.emergency
    assert [approval.when for approval in tracks.slow.approvals] == [None, "risk.score > 60.0"]
    assert (tracks.slow.hours.begin, tracks.slow.escalate.after) == (time(8, 30), timedelta(days=1))
    assert (tracks.rollback.keep, tracks.rollback.separation) == (timedelta(days=90), ())
    assert (tracks.emergency.expires, tracks.emergency.never) == (timedelta(hours=48), ("sig", "kev"))


def test_moments_in_utc_are_aware_and_those_on_the_wall_are_not(bundle: Bundle) -> None:
    year_end, fair, weekend = bundle.rules("prod").freeze
    assert year_end.begin == datetime(2026, 12, 18, tzinfo=UTC)
    assert (fair.begin, fair.end) == tuple(map(datetime.fromisoformat, ("2026-10-01", "2026-10-05T06:00")))
    assert weekend.weekly == (Weekday.SAT, Weekday.SUN)


def test_a_freeze_never_stops_a_rollback(bundle: Bundle) -> None:
    year_end, _, weekend = bundle.rules("prod").freeze
    assert [track for track in TrackName if weekend.lets(track)] == [TrackName.ROLLBACK, TrackName.EMERGENCY]
    assert not year_end.lets(TrackName.FAST)


def test_an_environment_carries_only_the_roles_that_it_names(bundle: Bundle) -> None:
    assert [(role.name, role.min_size) for role in bundle.rules("prod").roles] == [("board", 3), ("lead", 1)]


def test_the_board_is_asked_about_what_is_grave_or_not_known_to_be_harmless(bundle: Bundle) -> None:
    waivers = bundle.rules("prod").waivers
    assert waivers
    asked = {severity: [who.role for who in waivers.granters(severity)] for severity in (None, *Severity)}
    assert asked[Severity.LOW] == ["lead"]
    assert asked[Severity.HIGH] == asked[None] == ["lead", "board"]


@given(st.lists(st.none() | st.integers(min_value=1, max_value=400), min_size=5, max_size=5))
def test_where_no_severity_is_known_a_waiver_lasts_as_long_as_the_strictest(days: list[int | None]) -> None:
    critical, high, medium, low, negligible = (None if each is None else Positive(each) for each in days)
    limit = MaxDays(critical=critical, high=high, medium=medium, low=low, negligible=negligible)
    assert limit.of(None) == min(limit.of(severity) for severity in (Severity.NONE, *Severity))
    assert limit.of(Severity.CRITICAL) == (critical or 90)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2027, 5, 1), Freshness.FRESH),
        (date(2027, 5, 2), Freshness.DUE),
        (date(2027, 5, 31), Freshness.DUE),
        (date(2027, 6, 1), Freshness.OVERDUE),
    ],
)
def test_a_policy_is_due_after_its_day_and_overdue_thirty_days_later(today: date, state: Freshness) -> None:
    assert freshness(date(2027, 5, 1), today) is state


@given(st.datetimes(timezones=st.none() | st.just(UTC)).map(lambda at: at.replace(microsecond=0)))
def test_every_edge_is_read_back_the_same(edge: datetime) -> None:
    assert parse_edge(render_edge(edge)) == edge


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("skippable: [high]", "skippable: [«hihg]", "prod has no check 'hihg'; did you mean 'high'?"),
        ("never: [sig, kev]", "never: [sig, «kve]", "prod has no check 'kve'; did you mean 'kev'?"),
        ("never: [sig, kev]", "never: «[kev]", "expected the signature check 'sig' here"),
        ("skippable: [high]", "skippable: [«sig]", "'sig' stands in 'never' too"),
        ("never: [sig]\n", "never: [«sgi]\n", "prod has no check 'sgi'; did you mean 'sig'?"),
        (
            "[{role: lead, count: 1}]}",
            "[{role: «laed, count: 1}]}",
            "'roles' has no role 'laed'; did you mean 'lead'?",
        ),
        ("to: board}", "to: «bord}", "'roles' has no role 'bord'; did you mean 'board'?"),
        (
            "{role: lead, count: 1}, {role: board, count: 1,",
            "{role: «lad, count: 1}, {role: board, count: 1,",
            "'lad'",
        ),
        ("after: 1d", "after: «3d", "expected a time shorter than 'window'"),
        ("expires: 48h", "expires: «0h", "expected a time for which its seal holds"),
        ("until: 2027-01-04T00:00:00Z", "until: «2026-01-04T00:00:00Z", "expected a moment later than 'from'"),
        ("until: 2027-01-04T00:00:00Z", "until: «2027-01-04", "expected both moments in UTC (with Z), or both"),
        ("from: 2026-12-18T00:00:00Z", "from: «18.12.2026", "expected 2026-12-18T00:00:00Z, or 2026-12-18T00:00"),
        ("from: 2026-12-18T00:00:00Z", "from: «2026-02-30T00:00:00Z", "does not exist"),
        (
            "- {name: weekend, weekly: [sat, sun]}",
            "- «{name: weekend}",
            "expected 'from' and 'until', or 'weekly'",
        ),
        (
            "{name: fair, from: 2026-10-01, ",
            "«{name: fair, ",
            "expected both 'from' and 'until'; a freeze has an end",
        ),
        ("[sat, sun]", "[sat, «sunday]", "did you mean 'sun'?"),
        ("name: weekend", "name: «fair", "'fair' stands twice"),
        ("allow: [emergency, slow]", "allow: [«emergancy]", "did you mean 'emergency'?"),
        ("effective_on: 2026-12-01T00:00:00Z", "effective_on: «2026-12-01", "expected a moment in UTC"),
        ('from: "08:30"', 'from: «"8:30"', "expected a time of day such as 09:00"),
        ('until: "17:00"', 'until: «"08:00"', "expected a time later than 'from'"),
        ("days: [mon, tue]", "days: «[]", "at least one day of the week"),
        ("require: [justification, ticket]", "require: [«tiket]", "did you mean 'ticket'?"),
        (
            "{role: lead, count: 1}, {role: board, count: 2,",
            "{role: board, count: 1, when: diff.major_bumps == 0}, {role: board, count: 2,",
            "without 'when'",
        ),
        ("also: {change: routine, expr: diff.major_bumps == 0}", "also: «{}", "expected 'change', 'expr' or both"),
        (
            "when: risk.score > 60.0",
            "when: «risk.scoer > 60.0",
            "there is no fact 'risk.scoer'; did you mean 'risk.score'",
        ),
        ("expr: diff.major_bumps == 0", "expr: «diff.major_bump == 0", "did you mean 'diff.major_bumps'"),
        ("when: risk.score > 60.0", 'when: «risk.score > "a"', "expression 1:"),
        ("exposure: controlled", "exposure: «contrlled", "did you mean 'controlled'?"),
        ("model: pratique-risk/1", "model: «pratique-risk/2", "did you mean 'pratique-risk/1'?"),
        ("version: 2026.11.1", "version: «2026.11", "put it in quotes"),
        ("max_evidence_age: 24h", "max_evidence_age: «0h", "no evidence could ever be young enough"),
        ("min_size: 3", "min_siez: 3", "did you mean 'min_size'?"),
        ('"group:leads"', "«leads", "expected person:<slug> or group:<slug>"),
    ],
)
def test_every_mistake_in_them_is_told_with_its_place(old: str, new: str, words: str) -> None:
    assert old in GATE
    before, mark, after = GATE.replace(old, new, 1).partition("«")
    with pytest.raises(Malformed) as caught:
        load({"gate.yaml": before + after})
    assert words in str(caught.value)
    if mark:
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        assert str(caught.value).startswith(f"gate.yaml:{line}:{column}: "), str(caught.value)
