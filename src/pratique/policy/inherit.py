"""How one environment is made from another: by tightening it, or by saying why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pratique.policy.check import Rule
from pratique.policy.environment import Enforcement, EnvironmentRules, refuse_twice
from pratique.policy.schema import Misfit, key, suggestion
from pratique.policy.settings import Settings
from pratique.policy.tightening import loosened
from pratique.policy.tracks import NO_TRACKS, FastTrack, SlowTrack, Tracks
from pratique.policy.words import CheckId, Text
from pratique.values.names import Environment

Track = TypeVar("Track", FastTrack, SlowTrack)
_SAY_WHY = "tighten it, or say why in 'relax'"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentText:
    """An environment as a person writes it: only what differs from the one that it inherits."""

    name: Environment
    predecessors: tuple[Environment, ...] | None = field(default=None, metadata=key("from"))
    inherits: Environment | None = None
    enforcement: Enforcement | None = None
    without: tuple[CheckId, ...] = ()
    """Inherited checks that are left out; needs ``relax``."""
    relax: Text | None = None
    """Why checks are left out, or the gate only warns."""
    checks: tuple[Rule, ...] = ()
    tracks: Tracks = NO_TRACKS

    def __post_init__(self) -> None:
        refuse_twice(self.checks)
        if self.without and not self.inherits:
            raise Misfit(("without",), "nothing is inherited here, so nothing can be left out")


@dataclass(frozen=True, slots=True)
class _Gate:
    """What is inherited."""

    enforcement: Enforcement
    checks: tuple[Rule, ...]
    tracks: Tracks


Texts = Mapping[Environment, EnvironmentText]


def complete(
    texts: Texts, name: Environment, came_from: tuple[Environment, ...], settings: Settings
) -> EnvironmentRules:
    """Return the rules of one environment, with all that it inherits.

    Raises:
        Misfit: What it inherits does not exist or goes in circles, or something is looser without saying why; the
            path begins below the environment.
    """
    oldest, *younger = reversed(_lineage(texts, name))
    gate = _Gate(oldest.enforcement or Enforcement.BLOCK, oldest.checks, oldest.tracks)
    for text in younger:
        gate = _Gate(_enforcement(gate, text), _checks(gate, text), _tracks(gate, text))
    return EnvironmentRules(
        name=name,
        predecessors=came_from,
        enforcement=gate.enforcement,
        relax=texts[name].relax,
        checks=gate.checks,
        tracks=gate.tracks,
        settings=settings,
    )


def _lineage(texts: Texts, name: Environment) -> list[EnvironmentText]:
    """Return the environment, what it inherits, what that inherits, and so on."""
    found = [texts[name]]
    while parent := found[-1].inherits:
        if parent not in texts:
            raise Misfit(("inherits",), f"there is no environment {parent!r}{suggestion(parent, texts)}")
        if texts[parent] in found:
            raise Misfit(("inherits",), f"{name} inherits from itself, by way of {found[-1].name}")
        found.append(texts[parent])
    return found


def _enforcement(gate: _Gate, text: EnvironmentText) -> Enforcement:
    enforcement = text.enforcement or gate.enforcement
    if enforcement is Enforcement.WARN and gate.enforcement is Enforcement.BLOCK and not text.relax:
        raise Misfit(("enforcement",), f"this gate only warns where {text.inherits} blocks; {_SAY_WHY}")
    return enforcement


def _checks(gate: _Gate, text: EnvironmentText) -> tuple[Rule, ...]:
    inherited = {rule.id: rule for rule in gate.checks}
    for place, name in enumerate(text.without):
        if name not in inherited:
            problem = f"{text.inherits} has no check {name!r}{suggestion(name, inherited)}"
            raise Misfit(("without", place), problem)
    if text.without and not text.relax:
        raise Misfit(("without",), f"checks of {text.inherits} are left out; keep them, or say why in 'relax'")
    for rule in text.checks:
        _refuse_looser_check(inherited.get(rule.id), rule, text)
    kept = {name: rule for name, rule in inherited.items() if name not in text.without}
    return tuple((kept | {rule.id: rule for rule in text.checks}).values())


def _refuse_looser_check(parent: Rule | None, child: Rule, text: EnvironmentText) -> None:
    if parent is None or child.relax:
        return
    if type(parent) is not type(child):
        problem = f"{child.id!r} is a {parent.check} check in {text.inherits}, and a {child.check} check here"
        raise Misfit(("checks", child.id, "check"), f"{problem}; give it another id, or say why in 'relax'")
    for name in loosened(parent, child):
        path = ("checks", child.id, *name.split("."))
        raise Misfit(path, f"{name} of {child.id!r} is looser than in {text.inherits}; {_SAY_WHY}")


def _tracks(gate: _Gate, text: EnvironmentText) -> Tracks:
    return Tracks(
        fast=_track(gate.tracks.fast, text.tracks.fast, "fast", text),
        slow=_track(gate.tracks.slow, text.tracks.slow, "slow", text),
    )


def _track(parent: Track | None, child: Track | None, name: str, text: EnvironmentText) -> Track | None:
    if child is None or child.relax:
        return child or parent
    if parent is None:
        raise Misfit(("tracks", name), f"{text.inherits} has no {name} track, so this is a new way in; {_SAY_WHY}")
    for looser in loosened(parent, child):
        raise Misfit(("tracks", name, looser), f"{looser} is looser than in {text.inherits}; {_SAY_WHY}")
    return child
