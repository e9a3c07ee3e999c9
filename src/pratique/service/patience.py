"""Gathering with patience: where the policy lets evidence arrive late, nothing is judged before it is there.

A promotion stays in ``gathering`` and is looked at again as each piece arrives, until its checks have what they need
or the policy's ``evidence_wait`` is over (decisions.md, "Judging").
"""

from datetime import datetime, timedelta

from pratique.promotion.evidence_set import list_pieces, root_of_evidence
from pratique.promotion.image import platforms_of
from pratique.promotion.record import EvidenceUsed
from pratique.promotion.states import Promotion
from pratique.promotion.track import waits_until
from pratique.service.gather import Gathered, collect, freeze
from pratique.service.judging import Gathering, collect_inputs, judge_inputs
from pratique.service.perform import Done, NotYet
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding

_LOOK_AGAIN = timedelta(seconds=10)  # evidence handed in here is noticed at once; a registry has to be asked


def gather(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done | NotYet:
    """Collect and freeze the evidence of a promotion, or wait for what is missing.

    Raises:
        Unreachable: A list could not be fetched; it is never taken as empty.
    """
    found = collect(workspace, promotion)
    rules = workspace.store.read(lambda view: workspace.bundle(view).rules(promotion.to))
    if rules.settings.evidence_wait > timedelta(0):
        for piece in found.pieces:
            workspace.blobs.put(piece.content)
        until = _waits_until(workspace, promotion, found)
        if until is not None:
            now = workspace.store.read(lambda view: view.now)
            return NotYet(min(until, now + _LOOK_AGAIN), "it waits for evidence")
    return freeze(workspace, promotion, found)


def _waits_until(workspace: Workspace, promotion: Promotion, found: Gathered) -> datetime | None:
    """Return how long to wait for evidence that a judgement made now would miss, or None where none is missing."""
    listed = list_pieces(found.pieces)
    frozen = Gathering(
        EvidenceUsed(root_of_evidence(listed), listed),
        tuple(feed for feed, _ in found.feeds),
        platforms_of(promotion.image, found.manifests),
    )
    inputs = workspace.store.read(lambda view: collect_inputs(workspace, view, promotion, frozen))
    checks = judge_inputs(workspace, promotion, inputs).decision.checks
    rules = workspace.bundle_of(inputs.policy.digest).rules(promotion.to)
    return waits_until(rules, checks, asked=promotion.requested_at, now=inputs.now)
