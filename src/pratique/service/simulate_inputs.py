"""What a recorded decision is judged by again: as it was then, or by today's clock and what is known today.

Known today are the lists that were imported last, evidence that was handed in or gathered about the image since, the
waivers and the directory in force, and where the image has been. What the image was compared with stays as it was:
the decision was about that change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from pratique.errors import Absent
from pratique.evidence.feed import ADVISORIES, EXPLOITED, LIKELIHOODS
from pratique.policy.document import Bundle
from pratique.promotion.directory import Directory
from pratique.promotion.evidence_set import Listed, list_distinct, root_of_evidence
from pratique.promotion.intake import FeedImported
from pratique.promotion.record import (
    Decision,
    DirectoryUsed,
    EvidenceUsed,
    HistoryUsed,
    Inputs,
    PolicyUsed,
)
from pratique.promotion.record_form import parse_record
from pratique.promotion.sightings import Sightings, asks_for_sightings, first_sightings
from pratique.promotion.states import Promotion
from pratique.service.arrivals import arrivals_of
from pratique.service.calendar import calendar_of
from pratique.service.gather import every_frozen_evidence, feeds_in_force
from pratique.service.uploads import uploads
from pratique.service.withheld import withheld
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

_MOST_EARLIER = 50  # promotions; each one's record knows what those before it knew
_LISTS = (
    (ADVISORIES, "advisories"),
    (EXPLOITED, "known exploited vulnerabilities"),
    (LIKELIHOODS, "probabilities of exploitation"),
)
_HANGING = "what was hung on an image in its registry since it was last gathered, and was not handed in here"


class Clock(StrEnum):
    """By which clock, and which knowledge, a recorded decision is judged again."""

    THEN = "then"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy that decisions are judged under, with its digests, worked out once."""

    bundle: Bundle
    digest: Digest
    rules: tuple[tuple[str, Digest], ...]

    def used_in(self, decision: Decision) -> PolicyUsed:
        """Return how a record names it, or raise ``Absent`` where it has no such environment."""
        name = self.bundle.rules(decision.inputs.to).name
        return PolicyUsed(self.digest, dict(self.rules)[name], decision.inputs.policy.editors)


def candidate(bundle: Bundle) -> Candidate:
    """Return a policy ready to judge by."""
    return Candidate(bundle, bundle.digest, tuple((rules.name, rules.digest) for rules in bundle.environments))


@dataclass(frozen=True, slots=True)
class Again:
    """The inputs of a decision that is judged again, and the directory that they name."""

    inputs: Inputs
    directory: Directory


def inputs_again(workspace: Workspace, view: View, policy: Candidate, decision: Decision, clock: Clock) -> Again:
    """Return what a decision is judged by again.

    Raises:
        Absent: The policy has no such environment, or the ledger has forgotten what the decision rests on.
    """
    match clock:
        case Clock.THEN:
            return _then(workspace, view, policy, decision)
        case Clock.NOW:
            return _now(workspace, view, policy, decision)
        case _:
            assert_never(clock)


def _then(workspace: Workspace, view: View, policy: Candidate, decision: Decision) -> Again:
    before = decision.inputs
    rules = policy.bundle.rules(before.to)
    seen = before.history.first_seen
    if seen is None and asks_for_sightings(rules.checks):
        every = _sightings(workspace, view, before)
        seen = tuple((term, at) for term, at in every if at <= before.now)
    inputs = replace(
        before,
        policy=policy.used_in(decision),
        history=replace(before.history, first_seen=seen),
        calendar=calendar_of(rules, before.now),
    )
    return Again(inputs, _directory_of(workspace, view, before.directory.digest))


def _now(workspace: Workspace, view: View, policy: Candidate, decision: Decision) -> Again:
    before, promotion = decision.inputs, view.promotions.find(decision.promotion)
    rules, directory = policy.bundle.rules(before.to), workspace.directory(view)
    listed = _known_about(workspace, view, before)
    inputs = replace(
        before,
        now=view.now,
        policy=policy.used_in(decision),
        directory=DirectoryUsed(directory.digest),
        evidence=EvidenceUsed(root_of_evidence(listed), listed),
        feeds=tuple(feed for feed, _ in feeds_in_force(view)),
        history=_history(workspace, view, promotion, before),
        calendar=calendar_of(rules, view.now),
        waivers=tuple(
            one.used for one in workspace.waivers(view) if one.environment == before.to and one.in_force(view.now)
        ),
    )
    if not asks_for_sightings(rules.checks):
        inputs = replace(inputs, history=replace(inputs.history, first_seen=None))
    return Again(inputs, directory)


def _known_about(workspace: Workspace, view: View, before: Inputs) -> tuple[Listed, ...]:
    """Return the evidence of then, and what was handed in or gathered about the image since."""
    return list_distinct((*before.evidence.pieces, *_since(workspace, view, before)))


def _since(workspace: Workspace, view: View, before: Inputs) -> Iterator[Listed]:
    subjects = (before.image.digest, *(platform.digest for platform in before.image.platforms))
    for piece in uploads(workspace, view, subjects):
        yield Listed(piece.digest, piece.media_type, piece.size, piece.subject, piece.origin)
    for promotion in view.promotions.of_image(before.image.digest):
        yield from every_frozen_evidence(workspace, view, promotion)


def _history(workspace: Workspace, view: View, promotion: Promotion, before: Inputs) -> HistoryUsed:
    uncounted = withheld(view, workspace.holds(view), promotion)
    return replace(
        before.history,
        arrivals=arrivals_of(view, promotion, uncounted, workspace.chain(view)),
        first_seen=_sightings(workspace, view, before),
        withheld=uncounted,
    )


def _sightings(workspace: Workspace, view: View, inputs: Inputs) -> Sightings:
    earlier = view.promotions.of_name(inputs.application, inputs.image.name, _MOST_EARLIER)
    judged = (one.judgement.record for one in earlier if one.judgement is not None)
    return first_sightings(parse_record(workspace.blobs.get(digest)) for digest in judged)


def _directory_of(workspace: Workspace, view: View, digest: Digest) -> Directory:
    for _, directory in workspace.chain(view).versions:
        if directory.digest == digest:
            return directory
    raise Absent(f"directory {digest}: this ledger never had it")


def knowledge(view: View, clock: Clock) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is known by a clock beyond the records, in words, and what is not to be had."""
    if clock is Clock.THEN:
        return (), ()
    imported = {data.name: entry.event.at for entry, data in view.ledger.told(FeedImported)}
    known = tuple(f"{name}, imported at {render_moment(at)}" for name, at in sorted(imported.items()))
    missing = tuple(
        f"{what}: nobody imported any"
        for start, what in _LISTS
        if not any(name.startswith(start) for name in imported)
    )
    return known, (*missing, _HANGING)
