"""The two ways in that are neither fast nor slow: back to what was here, and in an emergency.

Source: decisions.md, "Documents" (tracks). Neither is a bypass: both are written in the policy, ask people, and are
looked at afterwards.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pratique.policy.approval import Approval, Separation
from pratique.policy.check import is_known_exploited
from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.settings import Settings
from pratique.policy.tracks import AdoptTrack, EmergencyTrack, RollbackTrack, SlowTrack, Tracks
from pratique.policy.words import CheckId
from pratique.promotion.happenings import Track
from pratique.values.moment import render_moment


def asks(tracks: Tracks, track: Track) -> tuple[tuple[Approval, ...], tuple[Separation, ...]]:
    """Return who must agree on a track, and who never counts there; on one that asks nobody, as on the slow one."""
    found = _with_people(tracks).get(track)
    if found is not None:
        return found.approvals, found.separation
    return (), tracks.slow.separation if tracks.slow else ()


def window_of(tracks: Tracks, track: Track) -> timedelta | None:
    """Return how long people may decide on a track; None on one that asks nobody."""
    found = _with_people(tracks).get(track)
    return found.window if found else None


def _with_people(tracks: Tracks) -> dict[Track, SlowTrack | RollbackTrack | EmergencyTrack | AdoptTrack | None]:
    return {
        Track.SLOW: tracks.slow,
        Track.ROLLBACK: tracks.rollback,
        Track.EMERGENCY: tracks.emergency,
        Track.ADOPT: tracks.adopt,
    }


def why_back(rules: EnvironmentRules, left: datetime | None, now: datetime) -> tuple[str, ...]:
    """Return why an image goes back to where it was, or nothing where that is no rollback.

    Args:
        rules: Those of the environment.
        left: When it last ceased to be what the environment holds; None where it never was, or still is.
        now: The moment of judgement.
    """
    track = rules.tracks.rollback
    if track is None or left is None or now - left > track.keep:
        return ()
    return (
        f"{rules.name} held this image until {render_moment(left)}, so it goes back",
        "what the checks find is shown, and does not stop it",
    )


def insisted(
    results: tuple[CheckResult, ...], never: tuple[CheckId, ...], settings: Settings
) -> tuple[CheckResult, ...]:
    """Return what blocks, and whatever did not pass of the checks that a track's ``never`` names.

    These must pass, whatever a policy lets missing evidence count as elsewhere.
    """
    return tuple(
        result
        for result in results
        if settings.counts_as(result.outcome) is Outcome.BLOCK
        or (result.id in never and result.outcome not in (Outcome.PASS, Outcome.WARN))
    )


def stopping(
    track: EmergencyTrack, blocking: tuple[CheckResult, ...], rules: EnvironmentRules, held: frozenset[str] | None
) -> tuple[CheckResult, ...]:
    """Return the results that stop even an emergency.

    Args:
        track: What may be skipped, and what never.
        blocking: Every result that blocks, and what else must pass.
        rules: Those of the environment.
        held: The vulnerabilities of what runs there now; None where nobody looked, or nothing does.
    """
    exploited = {rule.id for rule in rules.checks if is_known_exploited(rule)}
    return tuple(
        result
        for result in blocking
        if not (result.id in track.skippable or (result.id in exploited and _no_worse(result, held)))
    )


def skipped(blocking: tuple[CheckResult, ...], stops: tuple[CheckResult, ...]) -> Iterator[str]:
    """Yield what an emergency passes over, check by check."""
    for result in blocking:
        if result not in stops:
            yield f"passed over in an emergency: check {result.id}: {result.outcome}: {result.message}"[:500]


def _no_worse(result: CheckResult, held: frozenset[str] | None) -> bool:
    found = {finding.term for finding in result.findings}
    failed = result.outcome in (Outcome.BLOCK, Outcome.REVIEW)
    return failed and bool(found) and held is not None and found <= held
