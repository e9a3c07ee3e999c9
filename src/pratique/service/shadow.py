"""Shadows: a proposed policy is judged beside the one in force, told, and never acted upon."""

from pratique.errors import PratiqueError
from pratique.policy.document import parse_bundle
from pratique.promotion.governance import PolicyProposed, PolicyShadowed
from pratique.promotion.record import Decision, Record
from pratique.service.policy_change import open_proposal
from pratique.service.scribe import About, Scribe
from pratique.service.simulate import judge_under
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View


def shadow_of(workspace: Workspace, record: Record) -> PolicyShadowed | None:
    """Return what the proposed policy would have decided, where one is to run as a shadow; else None.

    A shadow that cannot be judged says nothing: it never stands in the way of the decision that counts.
    """
    proposal = workspace.store.read(open_proposal)
    if proposal is None or not proposal.proposed.shadow:
        return None
    item = proposal.entry.event.object("policy")
    live = record.decision
    try:
        bundle = parse_bundle(workspace.blobs.get(item.digest)) if item else None
        after = judge_under(workspace, bundle, live) if bundle else None
    except PratiqueError:
        return None
    return None if after is None else _shadowed(proposal.proposed, live, after)


def _shadowed(proposed: PolicyProposed, live: Decision, after: Decision) -> PolicyShadowed:
    return PolicyShadowed(
        version=proposed.version,
        digest=proposed.digest,
        promotion=live.promotion,
        live_outcome=live.outcome,
        live_track=live.track.name,
        outcome=after.outcome,
        track=after.track.name,
    )


def tell(scribe: Scribe, shadowed: PolicyShadowed, record: Record) -> None:
    """Record what a shadow said of a decision."""
    where = About(None, record.decision.inputs.application, record.decision.inputs.to, None)
    Scribe(scribe.tx, about=where).append(shadowed)


def shadows(view: View) -> tuple[PolicyShadowed, ...]:
    """Return everything that shadows said, in the ledger's order."""
    return tuple(data for _, data in view.ledger.told(PolicyShadowed))
