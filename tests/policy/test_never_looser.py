"""Whatever a child environment says: without a reason, nothing enters it that its parent would have kept out.

What the words mean is written here once more, by what they do to an image, and not by which value is the tighter one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy.approval import Approval, Escalation, Hours, Reason, Separation
from pratique.policy.checks.promoted_from import PromotedFromRule
from pratique.policy.environment import EnvironmentRules
from pratique.policy.freeze import Freeze, TrackName
from pratique.policy.inherit import EnvironmentText, Whole, complete
from pratique.policy.moments import Edge, Weekday
from pratique.policy.risk import Exposure
from pratique.policy.schema import Misfit
from pratique.policy.settings import USUAL
from pratique.policy.surroundings import WORST_PLACE, Mission, RiskContext
from pratique.policy.tracks import (
    AdoptTrack,
    Afterwards,
    Also,
    Change,
    EmergencyTrack,
    FastTrack,
    FirstArrival,
    RollbackTrack,
    SlowTrack,
    Tracks,
    When,
)
from pratique.policy.waiver_rules import Granter, MaxDays, Requirement, WaiverRules
from pratique.policy.words import CheckId, Count, Expression, Points, Positive, Role, Text
from pratique.values.names import Environment

CONDITION = Expression("diff.major_bumps == 0")
ROLES = (Role("lead"), Role("board"))
CHECKS = (CheckId("one"), CheckId("two"))
DAYS = tuple(timedelta(days=days) for days in (1, 2, 3))
MOMENTS = tuple(Edge(datetime(2026, 12, day, tzinfo=UTC)) for day in (18, 21, 24, 28))
UP, DOWN = Environment("up"), Environment("down")


def some(kind: Any, **fields: Any) -> Any:
    """Return a strategy of those of a class that the class itself takes."""

    def made(values: dict[str, Any]) -> Any:
        try:
            return kind(**values)
        except Misfit:
            return None

    return st.fixed_dictionaries(fields).map(made).filter(lambda value: value is not None)


def several(items: Any, least: int = 0) -> Any:
    return st.lists(st.sampled_from(items), min_size=least, max_size=3, unique=True).map(tuple)


counts = st.sampled_from([Positive(1), Positive(2)])
approvals = st.lists(
    some(Approval, role=st.sampled_from(ROLES), count=counts, when=st.sampled_from([None, None, CONDITION])),
    min_size=1,
    max_size=3,
).map(tuple)
granters = st.lists(
    some(Granter, role=st.sampled_from(ROLES), count=counts, severity=several([Severity.HIGH, Severity.LOW])),
    min_size=1,
    max_size=2,
).map(tuple)
days = st.sampled_from([None, Positive(7), Positive(30)])
fast = some(
    FastTrack,
    when=st.sampled_from(When),
    risk_at_most=st.sampled_from([None, Points(10), Points(50)]),
    also=st.sampled_from([None, Also(change=Change.ROUTINE), Also(expr=CONDITION)])
    | st.just(Also(change=Change.ROUTINE, expr=CONDITION)),
    first_arrival=st.sampled_from(FirstArrival),
)
slow = some(
    SlowTrack,
    approvals=approvals,
    separation=several(list(Separation)),
    reason=st.sampled_from(Reason),
    window=st.sampled_from(DAYS),
    hours=st.sampled_from([None, Hours()]),
    escalate=st.sampled_from([None, Escalation(after=timedelta(hours=5), to=ROLES[1])]),
)
rollback = some(
    RollbackTrack,
    approvals=approvals,
    keep=st.sampled_from(DAYS),
    separation=several(list(Separation)),
    window=st.sampled_from(DAYS),
    post_mortem=st.sampled_from(Afterwards),
)
emergency = some(
    EmergencyTrack,
    approvals=approvals,
    separation=several(list(Separation)),
    skippable=several(CHECKS),
    never=several(CHECKS),
    expires=st.sampled_from(DAYS),
    window=st.sampled_from(DAYS),
    post_mortem=st.sampled_from(Afterwards),
)
adopt = some(
    AdoptTrack,
    approvals=approvals,
    separation=several(list(Separation)),
    never=several(CHECKS),
    expires=st.sampled_from(DAYS),
    window=st.sampled_from(DAYS),
)
freezes = st.lists(
    some(
        Freeze,
        name=st.sampled_from([Text("a"), Text("b")]),
        begin=st.sampled_from([None, *MOMENTS]),
        end=st.sampled_from([None, *MOMENTS]),
        weekly=several([Weekday.SAT, Weekday.SUN, Weekday.MON]),
        allow=several(list(TrackName)),
    ),
    max_size=2,
    unique_by=lambda freeze: freeze.name,
).map(tuple)
waivers = some(
    WaiverRules,
    who=granters,
    max_days=some(MaxDays, critical=days, high=days, low=days),
    max_renewals=st.sampled_from([Count(0), Count(1)]),
    require=several(list(Requirement)),
    never=several(CHECKS),
)
risks = some(RiskContext, exposure=st.sampled_from(Exposure), mission=st.sampled_from(Mission))
PARTS: dict[str, Any] = {
    "fast": fast,
    "slow": slow,
    "rollback": rollback,
    "emergency": emergency,
    "adopt": adopt,
    "freeze": freezes,
    "waivers": waivers,
    "risk": risks,
}


@st.composite
def families(draw: Any) -> tuple[EnvironmentText, EnvironmentText]:
    """Return a parent, and a child that says one part of it again, one or two words of that in another way."""
    part = draw(st.sampled_from(list(PARTS)))
    before = draw(PARTS[part])
    other = draw(PARTS[part])
    after = draw(refrozen(before, other)) if part == "freeze" else draw(mixed(before, other))
    checks = tuple(PromotedFromRule(id=name, environment=UP) for name in CHECKS)
    parent = with_part(
        EnvironmentText(name=UP, checks=checks, tracks=Tracks(fast=FastTrack(when=When.ALL_PASS))), part, before
    )
    return parent, with_part(EnvironmentText(name=DOWN, inherits=UP), part, after)


def with_part(text: EnvironmentText, part: str, value: Any) -> EnvironmentText:
    if part in ("freeze", "waivers", "risk"):
        return replace(text, **{part: value})
    return replace(text, tracks=replace(text.tracks, **{part: value}))


@st.composite
def mixed(draw: Any, one: Any, other: Any) -> Any:
    """Return one of two, with one or two of its words from the other."""
    names = draw(several([name for name in one.__dataclass_fields__ if name != "relax"], least=1))[:2]
    try:
        return replace(one, **{name: getattr(other, name) for name in names})
    except Misfit:
        return one


@st.composite
def refrozen(draw: Any, before: tuple[Freeze, ...], other: tuple[Freeze, ...]) -> Any:
    """Return freezes of the names that there are, each mixed, and what is new."""
    by_name = {freeze.name: freeze for freeze in other}
    changed = {freeze.name: draw(mixed(freeze, by_name.get(freeze.name, freeze))) for freeze in before}
    return tuple((by_name | changed).values())


def completed(texts: tuple[EnvironmentText, EnvironmentText]) -> tuple[EnvironmentRules, EnvironmentRules] | None:
    by_name = {text.name: text for text in texts}
    whole = Whole(USUAL, WORST_PLACE, ())
    try:
        return complete(by_name, UP, (), whole), complete(by_name, DOWN, (UP,), whole)
    except Malformed:
        return None


PEOPLE = tuple(dict(zip(ROLES, numbers, strict=True)) for numbers in product(range(3), repeat=2))


def signs(approvals: tuple[Any, ...], people: dict[Role, int], *, holds: bool) -> bool:
    asked = [each for each in approvals if each.when is None or holds]
    return all(people[each.role] >= each.count for each in asked)


def enters_fast(track: FastTrack | None) -> Iterator[tuple[Any, ...]]:
    """Yield every situation in which the fast track is open."""
    for passes, risk, routine, holds, first in product((0, 1), (0, 10, 30, 50, 90), (0, 1), (0, 1), (0, 1)):
        if track is None or (track.when is When.ALL_PASS and not passes):
            continue
        if track.risk_at_most is not None and risk > track.risk_at_most:
            continue
        if track.also and ((track.also.change and not routine) or (track.also.expr and not holds)):
            continue
        if not (first and track.first_arrival is FirstArrival.SLOW):
            yield passes, risk, routine, holds, first


def enters_with(track: Any) -> Iterator[tuple[Any, ...]]:
    """Yield every way in which people let something in: who signs, who of them is involved, after how long."""
    for people, holds, days in product(PEOPLE, (False, True), DAYS):
        if track is not None and signs(track.approvals, people, holds=holds) and days <= track.window:
            for involved in Separation:
                if involved not in track.separation:
                    yield tuple(people.items()), holds, days, involved


def emergencies(track: EmergencyTrack | None) -> Iterator[tuple[Any, ...]]:
    for failed, hours in product((None, *CHECKS), DAYS):
        if track is None or hours > track.expires:
            continue
        if failed is None or (failed in track.skippable and failed not in track.never):
            yield failed, hours, "looked at"
            if track.post_mortem is Afterwards.OPTIONAL:
                yield failed, hours, "not looked at"


def adoptions(track: AdoptTrack | None) -> Iterator[tuple[Any, ...]]:
    for failed, hours in product((None, *CHECKS), DAYS):
        if track is not None and hours <= track.expires and failed not in track.never:
            yield failed, hours


def moves(freezes: tuple[Freeze, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield every day of two weeks and every track that moves on it."""
    for day, track in product(range(17, 32), TrackName):
        at = datetime(2026, 12, day, 12, tzinfo=UTC)
        frozen = [freeze for freeze in freezes if freezes_on(freeze, at)]
        if all(freeze.lets(track) for freeze in frozen):
            yield day, track


def freezes_on(freeze: Freeze, at: datetime) -> bool:
    if freeze.begin and freeze.end:
        return freeze.begin <= at < freeze.end
    return tuple(Weekday)[at.weekday()] in freeze.weekly


def waived(rules: WaiverRules | None) -> Iterator[tuple[Any, ...]]:
    for severity, people, days, check in product((None, *Severity), PEOPLE, (5, 20, 60), CHECKS):
        if rules is None or check in rules.never or days > rules.max_days.of(severity):
            continue
        if all(people[who.role] >= who.count for who in rules.granters(severity)):
            yield severity, tuple(people.items()), days, check


@settings(max_examples=400)  # a child that is refused says nothing
@given(families())
def test_nothing_enters_a_child_that_its_parent_would_have_kept_out(
    texts: tuple[EnvironmentText, EnvironmentText],
) -> None:
    family = completed(texts)
    if family is None:
        return
    up, down = family
    assert set(enters_fast(down.tracks.fast)) <= set(enters_fast(up.tracks.fast))
    for name in ("slow", "rollback", "emergency", "adopt"):
        assert set(enters_with(getattr(down.tracks, name))) <= set(enters_with(getattr(up.tracks, name)))
    assert set(emergencies(down.tracks.emergency)) <= set(emergencies(up.tracks.emergency))
    assert set(adoptions(down.tracks.adopt)) <= set(adoptions(up.tracks.adopt))
    assert set(moves(down.freeze)) <= set(moves(up.freeze))
    assert set(waived(down.waivers)) <= set(waived(up.waivers))
    assert tuple(Exposure).index(down.risk.exposure) <= tuple(Exposure).index(up.risk.exposure)


@given(families())
def test_a_child_that_says_the_same_is_always_taken(texts: tuple[EnvironmentText, EnvironmentText]) -> None:
    parent, _ = texts
    same = replace(parent, name=DOWN, inherits=UP)
    if completed((parent, EnvironmentText(name=DOWN, inherits=UP))) is not None:
        family = completed((parent, same))
        assert family is not None
        assert replace(family[1], name=UP, predecessors=()) == family[0]
