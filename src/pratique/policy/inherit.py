"""How one environment is made from another: by tightening it, or by saying why not."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

from pratique.policy.check import Rule
from pratique.policy.environment import NOBODY, Enforcement, EnvironmentRules, refuse_twice
from pratique.policy.freeze import Freeze, TrackName, inherit_freezes, refuse_freezes_twice
from pratique.policy.moments import Moment
from pratique.policy.role import RoleRules
from pratique.policy.schema import Misfit, Path, key, suggestion
from pratique.policy.settings import Settings
from pratique.policy.surroundings import RiskContext
from pratique.policy.tightening import loosened
from pratique.policy.tracks import (
    NO_TRACKS,
    AdoptTrack,
    EmergencyTrack,
    FastTrack,
    RollbackTrack,
    SlowTrack,
    Tracks,
)
from pratique.policy.waiver_rules import WaiverRules
from pratique.policy.words import CheckId, Count, Text
from pratique.values.names import Environment

Part = TypeVar("Part", FastTrack, SlowTrack, RollbackTrack, EmergencyTrack, AdoptTrack, WaiverRules)
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
    without_freezes: tuple[Text, ...] = ()
    """Names of inherited freezes that do not hold here; needs ``relax``."""
    without_tracks: tuple[TrackName, ...] = ()
    """Inherited ways in that cannot be taken here."""
    relax: Text | None = None
    """Why checks or freezes are left out, the gate only warns, or the surroundings are safer."""
    checks: tuple[Rule, ...] = ()
    tracks: Tracks = NO_TRACKS
    freeze: tuple[Freeze, ...] = ()
    waivers: WaiverRules | None = None
    risk: RiskContext | None = None
    effective_on: Moment | None = None
    require_witnesses: Count | None = None

    def __post_init__(self) -> None:
        refuse_twice(self.checks)
        refuse_freezes_twice(self.freeze)
        for word in ("without", "without_freezes", "without_tracks"):
            if getattr(self, word) and not self.inherits:
                raise Misfit((word,), "nothing is inherited here, so nothing can be left out")


@dataclass(frozen=True, slots=True)
class Whole:
    """What the whole policy says, and holds in each of its environments."""

    settings: Settings
    risk: RiskContext
    roles: tuple[RoleRules, ...]


@dataclass(frozen=True, slots=True)
class _Gate:
    """What is inherited."""

    enforcement: Enforcement
    checks: tuple[Rule, ...]
    tracks: Tracks
    freeze: tuple[Freeze, ...]
    waivers: WaiverRules | None
    risk: RiskContext
    witnesses: Count


Texts = Mapping[Environment, EnvironmentText]


def refuse_circles(texts: Texts) -> None:
    """Return if no environment inherits from itself, by whatever way, or raise ``Misfit`` from the whole policy."""
    for name in texts:
        walked: list[Environment] = []
        here: Environment | None = name
        while here is not None and here in texts and here not in walked:
            walked.append(here)
            here = texts[here].inherits
        if here == name:
            way = " ← ".join((*walked, name))
            raise Misfit(
                ("environments", name, "inherits"),
                f"these environments inherit from each other: {way}",
                ("environments", walked[-1], "inherits"),
            )


def complete(
    texts: Texts, name: Environment, came_from: tuple[Environment, ...], whole: Whole
) -> EnvironmentRules:
    """Return the rules of one environment, with all that it inherits.

    Raises:
        Misfit: What it inherits does not exist, or something is looser without saying why; the
            path begins below the environment.
    """
    oldest, *younger = reversed(_lineage(texts, name))
    gate = _oldest(oldest, whole)
    for text in younger:
        gate = _younger(gate, text)
    rules = EnvironmentRules(
        name=name,
        predecessors=came_from,
        enforcement=gate.enforcement,
        relax=texts[name].relax,
        checks=gate.checks,
        tracks=gate.tracks,
        settings=whole.settings,
        freeze=gate.freeze,
        waivers=gate.waivers,
        risk=gate.risk,
        effective_on=texts[name].effective_on,
        require_witnesses=gate.witnesses,
    )
    return replace(rules, roles=_roles(rules, whole.roles))


def _oldest(text: EnvironmentText, whole: Whole) -> _Gate:
    return _Gate(
        enforcement=text.enforcement or Enforcement.BLOCK,
        checks=text.checks,
        tracks=text.tracks,
        freeze=text.freeze,
        waivers=text.waivers,
        risk=text.risk or whole.risk,
        witnesses=text.require_witnesses or NOBODY,
    )


def _younger(gate: _Gate, text: EnvironmentText) -> _Gate:
    return _Gate(
        enforcement=_enforcement(gate, text),
        checks=_checks(gate, text),
        tracks=_tracks(gate, text),
        freeze=inherit_freezes(_kept_freezes(gate, text), text.freeze, str(text.inherits)),
        waivers=_part(gate.waivers, text.waivers, ("waivers",), text),
        risk=_risk(gate, text),
        witnesses=_witnesses(gate, text),
    )


def _roles(rules: EnvironmentRules, defined: tuple[RoleRules, ...]) -> tuple[RoleRules, ...]:
    """Return what the policy says of the roles named here; where it says something of any, it must of all."""
    known = {role.name: role for role in defined}
    for path, name in rules.named_roles if defined else ():
        if name not in known:
            raise Misfit(path, f"'roles' has no role {name!r}{suggestion(name, known)}")
    return tuple(known[name] for name in sorted({name for _, name in rules.named_roles} & known.keys()))


def _lineage(texts: Texts, name: Environment) -> list[EnvironmentText]:
    """Return the environment, what it inherits, what that inherits, and so on."""
    found = [texts[name]]
    while parent := found[-1].inherits:
        if parent not in texts:
            raise Misfit(("inherits",), f"there is no environment {parent!r}{suggestion(parent, texts)}")
        found.append(texts[parent])
    return found


def _enforcement(gate: _Gate, text: EnvironmentText) -> Enforcement:
    enforcement = text.enforcement or gate.enforcement
    if enforcement is Enforcement.WARN and gate.enforcement is Enforcement.BLOCK and not text.relax:
        raise Misfit(("enforcement",), f"this gate only warns where {text.inherits} blocks; {_SAY_WHY}")
    return enforcement


def _witnesses(gate: _Gate, text: EnvironmentText) -> Count:
    number = gate.witnesses if text.require_witnesses is None else text.require_witnesses
    if number < gate.witnesses and not text.relax:
        raise Misfit(("require_witnesses",), f"fewer than the {gate.witnesses} of {text.inherits}; {_SAY_WHY}")
    return number


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


def _kept_freezes(gate: _Gate, text: EnvironmentText) -> tuple[Freeze, ...]:
    known = {freeze.name for freeze in gate.freeze}
    for place, name in enumerate(text.without_freezes):
        if name not in known:
            problem = f"{text.inherits} has no freeze {name!r}{suggestion(name, known)}"
            raise Misfit(("without_freezes", place), problem)
    if text.without_freezes and not text.relax:
        problem = f"freezes of {text.inherits} are left out; keep them, or say why in 'relax'"
        raise Misfit(("without_freezes",), problem)
    return tuple(freeze for freeze in gate.freeze if freeze.name not in text.without_freezes)


def _risk(gate: _Gate, text: EnvironmentText) -> RiskContext:
    risk = text.risk or gate.risk
    if not text.relax:
        _refuse_looser_part(gate.risk, risk, ("risk",), text)
    return risk


def _kept_tracks(gate: _Gate, text: EnvironmentText) -> Tracks:
    known = {way.name for way in fields(Tracks) if getattr(gate.tracks, way.name) is not None}
    for place, name in enumerate(text.without_tracks):
        if name not in known:
            problem = f"{text.inherits} has no {name} track{suggestion(name, known)}"
            raise Misfit(("without_tracks", place), problem)
        if getattr(text.tracks, name) is not None:
            raise Misfit(("without_tracks", place), f"{name} stands in 'tracks' too; keep it in one of them")
    return replace(gate.tracks, **dict.fromkeys(text.without_tracks))


def _tracks(gate: _Gate, text: EnvironmentText) -> Tracks:
    old, new = _kept_tracks(gate, text), text.tracks
    return Tracks(
        fast=_part(old.fast, new.fast, ("tracks", "fast"), text),
        slow=_part(old.slow, new.slow, ("tracks", "slow"), text),
        rollback=_part(old.rollback, new.rollback, ("tracks", "rollback"), text),
        emergency=_part(old.emergency, new.emergency, ("tracks", "emergency"), text),
        adopt=_part(old.adopt, new.adopt, ("tracks", "adopt"), text),
    )


def _part(parent: Part | None, child: Part | None, path: Path, text: EnvironmentText) -> Part | None:
    """Return what holds of one track, or of the waivers: the child's word where it has one."""
    if child is None or child.relax:
        return child or parent
    if parent is None:
        raise Misfit(path, f"{text.inherits} has no {_called(path)}, so this is a new way in; {_SAY_WHY}")
    _refuse_looser_part(parent, child, path, text)
    return child


def _refuse_looser_part(parent: object, child: object, path: Path, text: EnvironmentText) -> None:
    for name in loosened(parent, child):
        raise Misfit((*path, *name.split(".")), f"{name} is looser than in {text.inherits}; {_SAY_WHY}")


def _called(path: Path) -> str:
    return "waivers" if path == ("waivers",) else f"{path[-1]} track"
