"""What the tests of a policy have seen of it: how each check ended, and which ways in were taken.

A rule that no case ever saw fail may be one that cannot fail.
"""

from dataclasses import fields

from pratique.policy.document import Bundle
from pratique.policy.result import Outcome
from pratique.policy.tracks import Tracks
from pratique.promotion.happenings import Track
from pratique.promotion.policy_test import Ran
from pratique.values.dataclass import dataclass

_FAILING = frozenset({Outcome.WARN, Outcome.REVIEW, Outcome.BLOCK})
_NOT_JUDGED = frozenset({Outcome.UNKNOWN, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Seen:
    """How a check was seen to end, over all cases."""

    environment: str
    check: str
    passing: bool
    failing: bool
    unknown: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """In which ways no case shows it."""
        named = (("passing", self.passing), ("failing", self.failing), ("unknown", self.unknown))
        return tuple(word for word, seen in named if not seen)


@dataclass(frozen=True, slots=True)
class Taken:
    """Whether a case expects that a track is taken, and one that takes it expects who must agree."""

    environment: str
    track: Track
    taken: bool
    asked: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """What no case expects of it."""
        named = (("the track", self.taken), ("the approvals", self.asked))
        return tuple(word for word, seen in named if not seen)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every check and every track of every environment, in the policy's order."""

    checks: tuple[Seen, ...]
    tracks: tuple[Taken, ...]

    @property
    def whole(self) -> bool:
        """Tell whether everything was seen."""
        return not any(one.missing for one in self.checks) and not any(one.missing for one in self.tracks)


def coverage(bundle: Bundle, ran: tuple[Ran, ...]) -> Coverage:
    """Return what all cases together saw of a policy."""
    return Coverage(_checks(bundle, ran), _tracks(bundle, ran))


def _checks(bundle: Bundle, ran: tuple[Ran, ...]) -> tuple[Seen, ...]:
    ended: dict[tuple[str, str], set[Outcome]] = {}
    for one in ran:
        for result in one.decision.checks:
            ended.setdefault((one.situation.to, result.id), set()).add(result.outcome)
    return tuple(
        _seen(rules.name, rule.id, ended.get((rules.name, rule.id), set()))
        for rules in bundle.environments
        for rule in rules.checks
    )


def _seen(environment: str, check: str, outcomes: set[Outcome]) -> Seen:
    return Seen(
        environment, check, Outcome.PASS in outcomes, bool(outcomes & _FAILING), bool(outcomes & _NOT_JUDGED)
    )


def _tracks(bundle: Bundle, ran: tuple[Ran, ...]) -> tuple[Taken, ...]:
    return tuple(
        _taken(rules.name, Track(way.name), ran)
        for rules in bundle.environments
        for way in fields(Tracks)
        if getattr(rules.tracks, way.name) is not None
    )


def _taken(environment: str, track: Track, ran: tuple[Ran, ...]) -> Taken:
    there = [one for one in ran if one.situation.to == environment and one.decision.track.name is track]
    expected = [one.case.text.expect for one in there]
    return Taken(
        environment,
        track,
        any(one.track is not None for one in expected),
        any(one.approvals is not None or one.missing is not None for one in expected),
    )
