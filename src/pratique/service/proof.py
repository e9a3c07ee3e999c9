"""Clearances and proofs, assembled from this ledger; whoever verifies them needs nothing of it."""

from collections.abc import Iterator

from pratique.promotion.happenings import DirectoryPublished, PolicyPublished
from pratique.promotion.hold import TYPES as HOLD_TYPES
from pratique.promotion.states import Promotion
from pratique.promotion.waiver_standing import TYPES
from pratique.proof.clearance import Sources, assemble_clearance, assemble_promotion
from pratique.service.ledger import checkpoint_over
from pratique.service.witness import cosigners, witnessed
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import View
from pratique.tlog.checkpoint import open_checkpoint
from pratique.tlog.note import keep_lines

_PUBLISHED = ("directory.published/1", "policy.published/1")


def clearance(workspace: Workspace, promotion: Promotion, checkpoint: SignedCheckpoint) -> bytes:
    """Return the clearance of an approved promotion under a checkpoint that covers its approval.

    Raises:
        Refused: It is not approved.
    """

    def query(view: View) -> bytes:
        note = _accountable(workspace, checkpoint)
        return assemble_clearance(promotion.id, note, _sources(workspace, view, promotion.id))

    return workspace.store.read(query)


def export(workspace: Workspace, prefix: str) -> bytes:
    """Return the proof of a sealed or promoted promotion, under the first checkpoint that covers all of it.

    It covers the oldest directory and policy, too, that the trust root accepts.

    Raises:
        Absent, Conflict: No such promotion, or several.
        Refused: It has not come so far.
    """

    def last(view: View) -> tuple[str, int, int]:
        promotion = view.promotions.by_prefix(prefix)
        needed = workspace.bundle(view).rules(promotion.to).require_witnesses
        end = view.ledger.of_promotion(promotion.id)[-1].index
        return promotion.id, max(end, *_demanded(workspace, view)), needed

    promotion, index, needed = workspace.store.read(last)
    note = _accountable(workspace, _covering(workspace, index, needed))
    return workspace.store.read(
        lambda view: assemble_promotion(promotion, note, _sources(workspace, view, promotion))
    )


def _demanded(workspace: Workspace, view: View) -> Iterator[int]:
    """Yield the places of the oldest directory and policy that the trust root lets a proof end with."""
    least = {DirectoryPublished: workspace.trust.min_version, PolicyPublished: workspace.trust.min_policy_version}
    for name in _PUBLISHED:
        for entry in view.ledger.of_type(name):
            data = entry.event.data
            if isinstance(data, DirectoryPublished | PolicyPublished) and data.version == least[type(data)]:
                yield entry.index


def _covering(workspace: Workspace, index: int, needed: int) -> SignedCheckpoint:
    """Return the first checkpoint over an entry, or the newest one where that has too few witnesses."""
    found = checkpoint_over(workspace, index)
    by = cosigners(workspace, found)
    enough = workspace.trust.ledger.quorum_met(by) and len(by) >= needed
    return found if enough else witnessed(workspace).signed


def _accountable(workspace: Workspace, checkpoint: SignedCheckpoint) -> bytes:
    """Return the note without the lines of witnesses that the trust root does not know, which a proof never has.

    Of two keys of the ledger that overlap, the older one's line is kept: every trust root that was handed out knows it.
    """
    signed = open_checkpoint(checkpoint.note, workspace.every_log_key)
    return keep_lines(checkpoint.note, (signed.log, *(each.key for each in workspace.trust.ledger.witnesses)))


def _sources(workspace: Workspace, view: View, promotion: str) -> Sources:
    published = tuple(entry for name in (*_PUBLISHED, *TYPES, *HOLD_TYPES) for entry in view.ledger.of_type(name))
    return Sources(
        entries=(*published, *view.ledger.of_promotion(promotion)),
        node=view.ledger.node,
        object=workspace.blobs.get,
    )
