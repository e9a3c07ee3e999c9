"""Nothing is approved or sealed in a freeze of the signed policy, whatever calendar a server writes into its record."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion import cases
from tests.promotion.builders import NOW, PROD
from tests.proof.attacks import reviewed
from tests.proof.builders import GATE, REVIEWERS, Story, founded, trust_root

from pratique.attest.fields import Fields
from pratique.errors import Malformed, Unverified
from pratique.promotion.calendar import Calendar
from pratique.promotion.happenings import Track
from pratique.promotion.record_form import build_record
from pratique.proof.document import Kind
from pratique.proof.established import Established
from pratique.proof.freeze import verify_freezes
from pratique.proof.reading import open_proof
from pratique.proof.rules import read_policy
from pratique.proof.verify import verify_clearance, verify_promotion
from pratique.service.calendar import calendar_of
from pratique.service.zone import find_zone, zone_named
from pratique.values.moment import render_moment

TUESDAY = "{name: tuesdays, weekly: [tue]}"  # NOW is one


def frozen(
    freeze: str, zone: str = "Europe/Zurich", packages: tuple[tuple[str, str], ...] = cases.MEDIUM
) -> Story:
    """Return the story in which the server writes a calendar without any freeze into its record."""
    gate = GATE.replace("path:", f"settings: {{timezone: {zone}}}\npath:", 1)
    story = founded(gate=gate.replace("  prod:\n", f"  prod:\n    freeze: [{freeze}]\n"), packages=packages)
    story.ask()
    story.gather()
    assert story.inputs is not None
    calendar = calendar_of(story.read.rules(PROD), story.inputs.now)
    story.inputs = replace(story.inputs, calendar=calendar)
    honest = story.decide().decision
    story.judge(
        build_record(replace(honest, inputs=replace(honest.inputs, calendar=Calendar()), holds_until=None))
    )
    return story


def verified(story: Story) -> Established:
    return verify_clearance(story.clearance(), trust_root(), zones=find_zone)


def refused(story: Story, message: str) -> None:
    with pytest.raises(Unverified, match=message):
        verified(story)


@pytest.mark.parametrize(
    "freeze",
    [
        TUESDAY,
        "{name: tuesdays, weekly: [mon, tue]}",
        "{name: tuesdays, weekly: [mon, tue, wed, thu, fri, sat, sun]}",
        "{name: tuesdays, from: 2026-11-24T09:00:00Z, until: 2026-11-25T00:00:00Z}",
        "{name: tuesdays, from: 2026-11-24T10:00, until: 2026-11-24T11:00}",
        "{name: tuesdays, from: 2026-11-24, until: 2026-11-25, allow: [fast, rollback]}",
    ],
)
def test_an_approval_in_a_freeze_is_refused(freeze: str) -> None:
    message = (
        r"promotion\.approved at 2026-11-24T09:\S+: the freeze 'tuesdays' stood from .* on the slow track moves"
    )
    refused(reviewed(frozen(freeze), *REVIEWERS), message)


@pytest.mark.parametrize(
    ("freeze", "zone"),
    [
        ("{name: other days, weekly: [mon, wed, thu, fri, sat, sun]}", "Europe/Zurich"),
        ("{name: tuesdays, weekly: [tue], allow: [slow]}", "Europe/Zurich"),
        ("{name: over, from: 2026-11-20T00:00:00Z, until: 2026-11-24T09:00:00Z}", "Europe/Zurich"),
        ("{name: local, from: 2026-11-24T08:00, until: 2026-11-24T10:00}", "Europe/Zurich"),
        ("{name: weekday there, weekly: [wed]}", "America/Los_Angeles"),
    ],
)
def test_what_no_freeze_stops_holds_and_leaves_nothing_open(freeze: str, zone: str) -> None:
    found = verified(reviewed(frozen(freeze, zone), *REVIEWERS))
    assert not any("freeze" in sentence for sentence in found.not_checked)


def test_a_seal_in_a_freeze_is_refused() -> None:
    story = frozen("{name: soon, from: 2026-11-24T12:00:00Z, until: 2026-11-25T00:00:00Z}")
    reviewed(story, *REVIEWERS)
    verified(story)
    story.copy()
    summary = story.summary()
    story.book.now = datetime(2026, 11, 24, 13, tzinfo=UTC)
    story.seal(summary)
    with pytest.raises(Unverified, match=r"promotion\.sealed at 2026-11-24T13:\S+: the freeze 'soon' stood from"):
        verify_promotion(story.proof(), trust_root(), zones=find_zone)


def test_a_day_of_the_week_is_one_of_the_policys_zone() -> None:
    """At half past nine in UTC it is Tuesday in Zurich, and still Monday night nowhere; in Kiritimati it is late."""
    refused(reviewed(frozen(TUESDAY, "Pacific/Kiritimati"), *REVIEWERS), "the freeze 'tuesdays' stood")
    midnight = frozen("{name: wednesdays, weekly: [wed]}", "Pacific/Kiritimati")
    midnight.book.now = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)
    refused(reviewed(midnight, *REVIEWERS), "the freeze 'wednesdays' stood from 2026-11-24T10:00:00.000Z until")


def test_a_machine_that_does_not_know_the_zone_says_so_and_the_signer_seals_nothing() -> None:
    story = reviewed(frozen(TUESDAY), *REVIEWERS)
    found = verify_clearance(story.clearance(), trust_root())
    told = "whether the freeze 'tuesdays' stood: this machine does not know the time zone 'Europe/Zurich'; install"
    assert any(sentence.startswith(told) for sentence in found.not_checked)

    def nothing(name: str) -> tzinfo:
        return zone_named(f"No/{name}")

    with pytest.raises(Unverified, match="the time zone 'No/Europe/Zurich' is not known here; install"):
        verify_clearance(story.clearance(), trust_root(), zones=nothing)


def test_a_freeze_in_utc_needs_no_zone() -> None:
    freeze = "{name: tuesdays, from: 2026-11-24T09:00:00Z, until: 2026-11-25T00:00:00Z}"
    with pytest.raises(Unverified, match="the freeze 'tuesdays' stood"):
        verify_clearance(reviewed(frozen(freeze), *REVIEWERS).clearance(), trust_root())


def _wall(hours: int) -> str:
    return (NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


FREEZES = st.one_of(
    st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1, unique=True).map(
        lambda days: f"{{name: it, weekly: [{', '.join(days)}]}}"
    ),
    st.integers(-72, 72).map(lambda hours: f"{{name: it, from: {_wall(hours)}, until: {_wall(hours + 30)}}}"),
)


@settings(max_examples=60, deadline=None)
@given(
    FREEZES,
    st.sampled_from(["Europe/Zurich", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"]),
    st.integers(-400 * 24 * 60, 400 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
)
def test_the_verifier_finds_the_freezes_that_the_server_works_out(freeze: str, zone: str, at: datetime) -> None:
    gate = GATE.replace("path:", f"settings: {{timezone: {zone}}}\npath:", 1)
    policy = cases.bundle(gate.replace("  prod:\n", f"  prod:\n    freeze: [{freeze}]\n"))
    stops = calendar_of(policy.rules(PROD), at).freeze_at(Track.SLOW, at)
    reading = _READING
    moved = replace(reading, contents=replace(reading.contents, approval=replace(reading.approval, at=at)))
    rules = read_policy(policy.resolved).rules(PROD)
    if stops is None:
        assert verify_freezes(moved, Track.SLOW, rules, ZoneInfo) == ()
    else:
        with pytest.raises(Unverified, match=f"stood from {render_moment(stops.begin)} until"):
            verify_freezes(moved, Track.SLOW, rules, ZoneInfo)


_READING = open_proof(reviewed(frozen(TUESDAY), *REVIEWERS).clearance(), Kind.CLEARANCE, trust_root())


@pytest.mark.parametrize(
    "values",
    [
        {"name": "x"},
        {"name": "x", "weekly": ["someday"]},
        {"name": "x", "weekly": ["tue"], "from": "2026-11-24T00:00:00.000", "until": "2026-11-25T00:00:00.000"},
        {"name": "x", "from": "2026-11-24T00:00:00.000"},
        {"name": "x", "from": "2026-11-24T00:00:00.000Z", "until": "2026-11-25T00:00:00.000"},
        {"name": "x", "from": "yesterday", "until": "tomorrow"},
        {"name": "x", "weekly": ["tue"], "unless": "it rains"},
    ],
)
def test_a_freeze_that_breaks_its_form_is_told(values: dict[str, object]) -> None:
    rules = read_policy(cases.bundle().resolved).rules(PROD)
    broken = replace(rules, freezes=(Fields("policy.freeze[0]", values),))
    with pytest.raises(Malformed, match=r"policy\.freeze\[0\]"):
        verify_freezes(_READING, Track.SLOW, broken, ZoneInfo)
