"""What is missing must never help: every fact of a situation is taken away in turn, and judged again.

The guard against a gate that fails open. Taken away are whole pieces of evidence, every attribute in them that may
be absent, signatures, lists and what the ledger remembers. What a tool found (a finding, a package, a test, a
result) is the thing itself and no attribute of it; such things are protected by the digest of the evidence set.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from pratique.evidence.facts.packages import Sbom
from pratique.evidence.facts.results import Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.facts.verdict import CheckRun
from pratique.evidence.model import Bound, Evidence
from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import Outcome, rank
from pratique.promotion.happenings import Track
from pratique.promotion.policy_test import Ran, Tried, judge_situation
from pratique.promotion.record import Decision
from pratique.promotion.situation import Situation, facts_of
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_THINGS = frozenset(
    {(Sbom, "components"), (Scan, "findings"), (Suites, "runs"), (Results, "results"), (CheckRun, "objections")}
)
_TRACKS = (Track.FAST, Track.SLOW, Track.REMEDIATION)
"""Those that lead to one another; the others are asked for, by people."""


@dataclass(frozen=True, slots=True)
class Improved:
    """A case that came out better for what it lacks."""

    case: str
    without: str
    what: str
    before: str
    after: str


def mutate(ran: Ran, policy: Tried) -> tuple[int, tuple[Improved, ...]]:
    """Return how many facts were taken away, and each time that something came out better for it."""
    taken = 0
    improved: list[Improved] = []
    for without, poorer in _poorer(ran.situation):
        taken += 1
        after = judge_situation(poorer, policy, ran.court).decision
        improved.extend(_improved(ran, without, after, policy.bundle.rules(ran.situation.to)))
    return taken, tuple(improved)


def _improved(ran: Ran, without: str, after: Decision, rules: EnvironmentRules) -> Iterator[Improved]:
    before, name = ran.decision, ran.case.text.name
    for one, other in zip(before.checks, after.checks, strict=True):
        if _rank(other.outcome, rules) < _rank(one.outcome, rules):
            yield Improved(name, without, f"check {one.id}", one.outcome, other.outcome)
    if _place(after.track.name) < _place(before.track.name):
        yield Improved(name, without, "track", before.track.name, after.track.name)


def _rank(outcome: Outcome, rules: EnvironmentRules) -> int:
    return rank(rules.settings.counts_as(outcome))


def _place(track: Track) -> int:
    return _TRACKS.index(track) if track in _TRACKS else 0


# ------------------------------------------------------------------------------------------------- what is taken


def _poorer(situation: Situation) -> Iterator[tuple[str, Situation]]:
    for place, (name, piece) in enumerate(situation.evidence):
        rest = situation.evidence[:place] + situation.evidence[place + 1 :]
        yield name, replace(situation, evidence=rest)
        for what, poorer in _poorer_piece(piece):
            changed = (*situation.evidence[:place], (name, poorer), *situation.evidence[place + 1 :])
            yield f"{name}.{what}", replace(situation, evidence=changed)
    for place, (name, scan) in enumerate(situation.matched):
        rest_matched = situation.matched[:place] + situation.matched[place + 1 :]
        yield name, replace(situation, matched=rest_matched)
        for what, poorer_scan in _without(scan):
            changed_matched = (*situation.matched[:place], (name, poorer_scan), *situation.matched[place + 1 :])
            yield f"{name}.{what}", replace(situation, matched=changed_matched)
    yield from _poorer_memory(situation)


def _poorer_piece(piece: Evidence) -> Iterator[tuple[str, Evidence]]:
    if piece.signers:
        yield "signed_by", replace(piece, signers=(), bound=Bound.REPORT)
    yield "covers", replace(piece, covers=())
    for what, fact in _without(facts_of(piece)):
        yield what, replace(piece, reading=replace(piece.reading, facts=(fact,)))


def _poorer_memory(situation: Situation) -> Iterator[tuple[str, Situation]]:
    yield "lists.kev", replace(situation, lists=replace(situation.lists, exploited=None))
    yield "lists.epss", replace(situation, lists=replace(situation.lists, likelihoods=None))
    yield "arrivals", replace(situation, arrivals=None)
    yield "first_seen", replace(situation, first_seen=None)
    yield "left", replace(situation, left=None)
    for place, one in enumerate(situation.arrivals or ()):
        rest = tuple(each for each in situation.arrivals or () if each is not one)
        yield f"arrivals.{place}", replace(situation, arrivals=rest)
        forgotten = tuple(replace(each, until=None) if each is one else each for each in situation.arrivals or ())
        yield f"arrivals.{place}.until", replace(situation, arrivals=forgotten)
    for place, waiver in enumerate(situation.waivers):
        rest_waivers = situation.waivers[:place] + situation.waivers[place + 1 :]
        yield f"waivers.{place}", replace(situation, waivers=rest_waivers)
        for at in range(len(waiver.grants)):
            less = replace(waiver, grants=waiver.grants[:at] + waiver.grants[at + 1 :])
            yield f"waivers.{place}.granted_by.{at}", replace(situation, waivers=(*rest_waivers, less))
    if situation.current is not None:
        for what, poorer in _without(situation.current):
            yield f"current.{what}", replace(situation, current=poorer)


def _without(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value as often as something in it can be absent, each time without that."""
    kind: Any = type(value)
    for name, hint in _open_fields(kind):
        held = getattr(value, name)
        if NoneType in get_args(hint) and held is not None:
            yield name, replace(value, **{name: None})
        if isinstance(held, tuple) and held:
            yield from _without_items(value, name, held, NoneType in get_args(hint))
        elif is_dataclass(held) and not isinstance(held, Digest):
            yield from ((f"{name}.{what}", replace(value, **{name: poorer})) for what, poorer in _without(held))


def _without_items(value: Any, name: str, held: tuple[Any, ...], nullable: object) -> Iterator[tuple[str, Any]]:
    # Where a list may be missing, an empty one says that there is nothing: another fact, and not an absent one.
    if (type(value), name) not in _THINGS and not nullable:
        yield name, replace(value, **{name: ()})
    for place, item in enumerate(held):
        if is_dataclass(item) and not isinstance(item, Digest):
            for what, poorer in _without(item):
                changed = (*held[:place], poorer, *held[place + 1 :])
                yield f"{name}.{place}.{what}", replace(value, **{name: changed})


@cache
def _open_fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return the fields that may be empty, or hold something that has such fields."""
    hints = get_type_hints(kind)
    named = ((found.name, hints[found.name]) for found in fields(kind) if found.init)
    return tuple((name, hint) for name, hint in named if _may_be_empty(hint))


def _may_be_empty(hint: Any) -> bool:
    inner = [part for part in get_args(hint) if part is not NoneType]
    return (
        NoneType in get_args(hint)
        or get_origin(hint) is tuple
        or is_dataclass(hint)
        or any(map(is_dataclass, inner))
    )
