"""Clearances and proofs, assembled from this ledger; whoever verifies them needs nothing of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from pratique.promotion.events import Entry
from pratique.promotion.happenings import DirectoryPublished, PolicyPublished, PromotionJudged, PromotionRechecked
from pratique.promotion.hold import TYPES as HOLD_TYPES
from pratique.promotion.states import Promotion
from pratique.promotion.waiver_standing import TYPES
from pratique.proof.clearance import Sources, assemble_clearance, assemble_promotion
from pratique.proof.stamp import Kept
from pratique.service.ledger import checkpoint_over
from pratique.service.stamp import kept_stamps
from pratique.service.witness import cosigners, witnessed
from pratique.service.workspace import Workspace
from pratique.storage.ledger import SignedCheckpoint
from pratique.storage.transaction import View
from pratique.tlog.checkpoint import open_checkpoint
from pratique.tlog.note import keep_lines
from pratique.values.digest import Digest

Stamps = Callable[[Workspace, View], tuple[Kept, ...]]

_PROMOTED = "promotion.promoted/1"
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

    It covers the oldest directory and policy, too, that the trust root accepts, and carries the timestamps there are.

    Raises:
        Absent, Conflict: No such promotion, or several.
        Refused: It has not come so far.
    """
    return _exported(workspace, prefix, kept_stamps)


def export_bare(workspace: Workspace, prefix: str) -> bytes:
    """Return the same without timestamps, so that it is the same bytes whenever it is attached; raises as above."""
    return _exported(workspace, prefix, lambda _workspace, _view: ())


def _exported(workspace: Workspace, prefix: str, stamps: Stamps) -> bytes:
    def last(view: View) -> tuple[str, int, int]:
        promotion = view.promotions.by_prefix(prefix)
        needed = workspace.bundle(view).rules(promotion.to).require_witnesses
        end = view.ledger.of_promotion(promotion.id)[-1].index
        return promotion.id, max(end, *_demanded(workspace, view)), needed

    promotion, index, needed = workspace.store.read(last)
    note = _accountable(workspace, _covering(workspace, index, needed))

    def assembled(view: View) -> bytes:
        sources = replace(_sources(workspace, view, promotion), stamps=stamps(workspace, view))
        return assemble_promotion(promotion, note, sources)

    return workspace.store.read(assembled)


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
    own = view.ledger.of_promotion(promotion)
    earlier = _earlier(view, view.promotions.find(promotion), own)
    every = {entry.index: entry for entry in (*published, *own, *earlier)}
    return Sources(
        entries=tuple(every.values()),
        node=view.ledger.node,
        object=workspace.blobs.get,
    )


def _earlier(view: View, standing: Promotion, own: tuple[Entry, ...]) -> Iterator[Entry]:
    """Yield at least what came before of this image, of what the environment held, and of what took its place there."""
    judged = [entry for entry in own if isinstance(entry.event.data, PromotionJudged | PromotionRechecked)]
    images = {standing.image, *(one for entry in judged if (one := _compared_with(entry)) is not None)}
    for image in sorted(images):
        yield from view.ledger.of_image(image)
    if judged:
        yield from _after(view, standing, judged[-1].index)


def _compared_with(entry: Entry) -> Digest | None:
    data = entry.event.data
    return data.current if isinstance(data, PromotionJudged | PromotionRechecked) else None


def _after(view: View, standing: Promotion, last: int) -> Iterator[Entry]:
    """Yield everything of the promotions that came to where this image was before, after it and before an index."""
    came = (
        entry.index
        for entry in view.ledger.of_image(standing.image)
        if (entry.event.type, entry.event.application) == (_PROMOTED, standing.application)
        and entry.event.environment == standing.to
    )
    first = min(came, default=last)
    if first < last:
        for entry in view.ledger.at_place(_PROMOTED, standing.application, standing.to, first):
            if entry.index < last and entry.event.promotion is not None:
                yield from view.ledger.of_promotion(entry.event.promotion)
