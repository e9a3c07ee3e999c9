"""Clearances and proofs, assembled from this ledger; whoever verifies them needs nothing of it."""

from pratique.promotion.states import Promotion
from pratique.proof.clearance import Sources, assemble_clearance, assemble_promotion
from pratique.service.ledger import checkpoint_over
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import View

_PUBLISHED = ("directory.published/1", "policy.published/1")


def clearance(workspace: Workspace, promotion: Promotion, checkpoint: SignedCheckpoint) -> bytes:
    """Return the clearance of an approved promotion under a checkpoint that covers its approval.

    Raises:
        Refused: It is not approved.
    """

    def query(view: View) -> bytes:
        return assemble_clearance(promotion.id, checkpoint.note, _sources(workspace, view, promotion.id))

    return workspace.store.read(query)


def export(workspace: Workspace, prefix: str) -> bytes:
    """Return the proof of a sealed or promoted promotion, under the first checkpoint that covers all of it.

    Raises:
        Absent, Conflict: No such promotion, or several.
        Refused: It has not come so far.
    """

    def last(view: View) -> tuple[str, int]:
        promotion = view.promotions.by_prefix(prefix)
        return promotion.id, view.ledger.of_promotion(promotion.id)[-1].index

    promotion, index = workspace.store.read(last)
    signed = checkpoint_over(workspace, index)

    def query(view: View) -> bytes:
        return assemble_promotion(promotion, signed.note, _sources(workspace, view, promotion))

    return workspace.store.read(query)


def _sources(workspace: Workspace, view: View, promotion: str) -> Sources:
    published = tuple(entry for name in _PUBLISHED for entry in view.ledger.of_type(name))
    return Sources(
        entries=(*published, *view.ledger.of_promotion(promotion)),
        node=view.ledger.node,
        object=workspace.blobs.get,
    )
