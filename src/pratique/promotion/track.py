"""Which way a judged image goes: through at once, to people, or back to be repaired, and why in plain words.

Source: decisions.md, "Documents" (tracks) and spec/policy.md section 3.4. ``warn`` counts as pass; ``unknown`` and
``error`` count as the policy's settings say, and never as pass.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from pratique.policy.environment import Enforcement, EnvironmentRules
from pratique.policy.freshness import Freshness
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.risk import Risk
from pratique.policy.settings import Settings
from pratique.policy.tracks import Change as AlsoChange
from pratique.policy.tracks import FastTrack, FirstArrival, When
from pratique.promotion.adoption import kept_out, shown
from pratique.promotion.conditions import NOTHING, Known, why_unmet
from pratique.promotion.happenings import Track
from pratique.promotion.way import insisted, skipped, stopping, why_back
from pratique.values.dataclass import dataclass
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class Routing:
    """The track, and every reason that put the image on it."""

    name: Track
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How an image differs from the one that the environment holds.

    ``first`` says that there is none to compare with; ``more_than_routine`` lists what a person should look at.
    """

    first: bool
    more_than_routine: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides the track beside the checks.

    ``asked`` is the track that the request names, where it names one; ``left`` when this image was last replaced in
    the environment; ``held`` the vulnerabilities of what the environment holds, None where they are not known.
    """

    change: Change
    now: datetime
    asked: Track | None = None
    left: datetime | None = None
    held: frozenset[str] | None = None
    overtaken: datetime | None = None
    """When what the environment holds was first asked for, where this image is the older of the two."""
    review_by: Freshness = Freshness.FRESH
    known: Known | None = None
    """What conditions may refer to; None where nothing is known."""


def route(rules: EnvironmentRules, results: tuple[CheckResult, ...], risk: Risk, found: Circumstances) -> Routing:
    """Return the track for these results.

    Args:
        rules: Those of the target environment.
        results: One for each check of the environment.
        risk: The image's score.
        found: The comparison with what the environment holds, and what was asked for.
    """
    routing = _routed(rules, results, risk, found)
    return Routing(routing.name, tuple(dict.fromkeys((*routing.why, *_overdue(found)))))


def _routed(
    rules: EnvironmentRules, results: tuple[CheckResult, ...], risk: Risk, found: Circumstances
) -> Routing:
    blocking = tuple(blockers(results, rules.settings))
    if found.asked in (Track.EMERGENCY, Track.ADOPT):
        return _emergency(rules, results, found) if found.asked is Track.EMERGENCY else _adoption(rules, results)
    back = why_back(rules, found.left, found.now)
    if back:
        return Routing(Track.ROLLBACK, (*back, *(_told(result) for result in results if not _passes(result))))
    if blocking and rules.enforcement is Enforcement.BLOCK:
        return Routing(Track.REMEDIATION, tuple(_told(result) for result in blocking))
    obstacles = tuple(_obstacles(rules, results, risk, found))
    if not obstacles:
        return Routing(Track.FAST, tuple(_ease(rules, risk, found.change)))
    if rules.tracks.slow is None:
        return Routing(Track.REMEDIATION, (*obstacles, f"{rules.name} has no slow track"))
    return Routing(Track.SLOW, obstacles)


def _emergency(rules: EnvironmentRules, results: tuple[CheckResult, ...], found: Circumstances) -> Routing:
    track = rules.tracks.emergency
    if track is None:
        return Routing(Track.REMEDIATION, (f"{rules.name} has no emergency track; ask without --emergency",))
    blocking = insisted(results, track.never, rules.settings)
    stops = stopping(track, blocking, rules, found.held)
    if stops:
        return Routing(Track.REMEDIATION, tuple(f"also in an emergency: {_told(result)}" for result in stops))
    return Routing(Track.EMERGENCY, ("it was asked for as an emergency", *skipped(blocking, stops)))


def _adoption(rules: EnvironmentRules, results: tuple[CheckResult, ...]) -> Routing:
    track = rules.tracks.adopt
    if track is None:
        return Routing(Track.REMEDIATION, (f"{rules.name} has no adopt track; ask without --adopt",))
    blocking = insisted(results, track.never, rules.settings)
    stops = kept_out(track, blocking)
    if stops:
        return Routing(Track.REMEDIATION, tuple(f"never adopted: {_told(result)}" for result in stops))
    return Routing(Track.ADOPT, tuple(shown(blocking)))


def _overdue(found: Circumstances) -> Iterator[str]:
    match found.review_by:
        case Freshness.FRESH:
            return
        case Freshness.DUE:
            yield "the policy is due to be reviewed by its owner"
        case Freshness.OVERDUE:
            yield "the policy should have been reviewed more than 30 days ago, so nothing takes the fast track"
        case _:
            assert_never(found.review_by)


def blockers(results: tuple[CheckResult, ...], settings: Settings) -> Iterator[CheckResult]:
    """Yield the results that count as ``block``."""
    yield from (result for result in results if settings.counts_as(result.outcome) is Outcome.BLOCK)


def waits_until(
    rules: EnvironmentRules, results: tuple[CheckResult, ...], *, asked: datetime, now: datetime
) -> datetime | None:
    """Return until when the judgement should wait for evidence, or None where it should not wait.

    It waits where evidence is missing and nothing else blocks, and only so long after the request as the policy
    says (``evidence_wait``).
    """
    missing = any(result.outcome is Outcome.UNKNOWN for result in results)
    blocked = any(result.outcome is not Outcome.UNKNOWN for result in blockers(results, rules.settings))
    deadline = asked + rules.settings.evidence_wait
    return deadline if missing and not blocked and now < deadline else None


def _obstacles(
    rules: EnvironmentRules, results: tuple[CheckResult, ...], risk: Risk, found: Circumstances
) -> Iterator[str]:
    fast = rules.tracks.fast
    if fast is None:
        yield f"{rules.name} has no fast track"
        return
    if _must_pass(rules.enforcement, fast):
        if not results:
            yield f"{rules.name} has no checks, so none has passed"
        yield from (_told(result) for result in results if not _passes(result))
    if fast.risk_at_most is not None and Decimal(risk.score) > fast.risk_at_most:
        yield f"the risk is {risk.score}, and the fast track takes at most {fast.risk_at_most}"
    if found.overtaken is not None:  # decisions.md: arriving older than current is a way back, which asks people
        since = render_moment(found.overtaken)
        yield f"it is older than what {rules.name} holds, first asked for at {since}: going back is for people"
    yield from _differences(rules, fast, found.change)
    unmet = why_unmet(fast.also.expr, found.known or NOTHING) if fast.also and fast.also.expr else None
    if unmet:
        yield unmet
    if found.review_by is Freshness.OVERDUE:
        yield from _overdue(found)


def _must_pass(enforcement: Enforcement, fast: FastTrack) -> bool:
    """Tell whether the fast track takes only what passes every check; a gate that blocks opens by itself to no other.

    Where it only warns, what did not pass may be fast, and is admitted instead of promoted.
    """
    match fast.when:
        case When.ALL_PASS:
            return True
        case When.ALWAYS:
            return enforcement is Enforcement.BLOCK
        case _:
            assert_never(fast.when)


def _differences(rules: EnvironmentRules, fast: FastTrack, change: Change) -> Iterator[str]:
    if change.first:
        if fast.first_arrival is FirstArrival.SLOW:
            yield f"it is the first image of its name in {rules.name}, so there is nothing to compare it with"
    elif fast.also is not None and fast.also.change is AlsoChange.ROUTINE:
        yield from (f"not a routine change: {reason}" for reason in change.more_than_routine)


def _ease(rules: EnvironmentRules, risk: Risk, change: Change) -> Iterator[str]:
    fast = rules.tracks.fast
    if fast is None:
        return
    yield "every check passes" if _must_pass(rules.enforcement, fast) else "the fast track takes everything"
    if fast.risk_at_most is not None:
        yield f"the risk is {risk.score}, at most {fast.risk_at_most}"
    if change.first:
        yield "the first image of its name may take the fast track"
    elif fast.also is not None and fast.also.change is AlsoChange.ROUTINE:
        yield "the change is routine"


def _passes(result: CheckResult) -> bool:
    return result.outcome in (Outcome.PASS, Outcome.WARN)


def _told(result: CheckResult) -> str:
    return f"check {result.id}: {result.outcome}: {result.message}"[:500]
