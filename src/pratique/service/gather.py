"""Gathering: everything that claims to be evidence about an image, frozen by digest.

What the image carries in its registry, what was handed in here, what scanners say that the settings have run by
themselves, and the feeds in force. Nothing is judged yet; a list that could not be fetched is an error that is tried
again, never an empty list.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from pratique.evidence.model import Origin, Piece
from pratique.promotion.events import EventObject
from pratique.promotion.evidence_set import Listed, build_list, list_pieces, parse_list, root_of_evidence
from pratique.promotion.happenings import Feed, PromotionGathered
from pratique.promotion.image import MANIFESTS_MEDIA, build_manifests, needed, platforms_of
from pratique.promotion.intake import FeedImported
from pratique.promotion.states import Promotion
from pratique.registry.closure import Closure, plan
from pratique.registry.evidence import Carried, Found, collect_evidence
from pratique.registry.interface import Registry
from pratique.service.checking import checked_pieces
from pratique.service.confined import PATIENT, Limits, unreadable
from pratique.service.measuring import asks_for_layers, measured_pieces
from pratique.service.perform import Done
from pratique.service.scanning import scanned_pieces
from pratique.service.scribe import Scribe, keep
from pratique.service.uploads import uploads
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference
from pratique.values.uris import EVIDENCE_LIST_MEDIA, PROOF_MEDIA

_log = logging.getLogger(__name__)

_ORIGINS = {
    Found.REFERRER: Origin.REFERRER,
    Found.LEGACY: Origin.LEGACY,
    Found.ATTESTATION_CHILD: Origin.CHILD,
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found: the manifests of what runs, the evidence, and the feeds in force."""

    manifests: dict[Digest, bytes]
    pieces: tuple[Piece, ...]
    feeds: tuple[tuple[Feed, EventObject], ...]


def freeze(workspace: Workspace, promotion: Promotion, found: Gathered) -> Done:
    """Store what was found, and record the one digest that stands for it."""
    listed = list_pieces(found.pieces)
    for piece in found.pieces:
        workspace.blobs.put(piece.content)
    item = keep(workspace.blobs, "evidence-list", EVIDENCE_LIST_MEDIA, build_list(listed))
    happening = PromotionGathered(
        generation=promotion.generation,
        evidence_root=root_of_evidence(listed),
        pieces=len(listed),
        feeds=tuple(feed for feed, _ in found.feeds),
        platforms=platforms_of(promotion.image, found.manifests),
    )
    manifests = build_manifests(tuple(found.manifests.values()))
    objects = (
        item,
        keep(workspace.blobs, "manifests", MANIFESTS_MEDIA, manifests),
        *(feed_object for _, feed_object in found.feeds),
    )

    def record(scribe: Scribe, _promotion: Promotion) -> None:
        scribe.append(happening, *objects)

    return Done({"evidence": str(happening.evidence_root), "pieces": len(listed)}, record)


def collect(workspace: Workspace, promotion: Promotion) -> Gathered:
    """Return everything that claims to be evidence about a promotion's image, and the feeds in force."""
    repository = workspace.open(parse_reference(promotion.source).repository)
    closure = plan(repository, promotion.image)
    pieces = pieces_about(workspace, repository, closure)
    rules = workspace.store.read(lambda view: workspace.bundle(view).rules(promotion.to))
    if asks_for_layers(rules):
        pieces += measured_pieces(workspace, repository, closure, pieces)
    pieces += scanned_pieces(workspace, promotion, repository, closure, pieces)
    pieces += checked_pieces(workspace, promotion, repository, closure, pieces)
    feeds = workspace.store.read(feeds_in_force)
    bodies = {node.digest: node.raw for node in closure.nodes}
    manifests = {digest: bodies[digest] for digest in needed(promotion.image, bodies)}
    return Gathered(manifests, pieces, feeds)


def pieces_about(workspace: Workspace, repository: Registry, closure: Closure) -> tuple[Piece, ...]:
    """Return what an image carries, what was handed in about it, and what it was judged by before."""
    subjects = (closure.root, *(image.digest for image in closure.platforms))
    handed_in = workspace.store.read(lambda view: tuple(uploads(workspace, view, subjects)))
    known = workspace.store.read(lambda view: tuple(_known(workspace, view, closure.root)))
    return (*readable((*_carried(repository, closure), *handed_in), known), *known)


def readable(found: tuple[Piece, ...], known: tuple[Piece, ...], limits: Limits = PATIENT) -> tuple[Piece, ...]:
    """Return what can be read within limits; the rest, which breaks its reader, counts as not there.

    Each is tried in a process of its own, before anything reads it in this one.

    Args:
        found: What somebody brought.
        known: What was read before, and can be read again.
        limits: What one piece may cost.
    """
    before = {piece.digest for piece in known}
    fresh = {piece.digest: piece.content for piece in found if piece.digest not in before}
    broken = dict(zip(fresh, unreadable(fresh.values(), limits), strict=True))
    for piece in found:
        if reason := broken.get(piece.digest):
            _log.warning("evidence %s on %s counts as not there: %s", piece.digest, piece.subject, reason)
    return tuple(piece for piece in found if broken.get(piece.digest) is None)


def _carried(repository: Registry, closure: Closure) -> tuple[Piece, ...]:
    collected = collect_evidence(repository, closure)
    for left in collected.left_out:
        _log.warning("evidence %s on %s counts as not there: %s", left.edge.child, left.edge.parent, left.reason)
    return tuple(piece_of(one) for one in collected.pieces if not is_our_own(one))


def is_our_own(carried: Carried) -> bool:
    """Tell whether this is a proof of ours, which speaks about a promotion and not about the image."""
    return carried.media_type == PROOF_MEDIA


def piece_of(carried: Carried) -> Piece:
    """Return what the registry carries as a piece of evidence."""
    return Piece(
        digest=carried.digest,
        media_type=carried.media_type,
        size=len(carried.body),
        subject=carried.subject,
        origin=_ORIGINS[carried.found],
        content=carried.body,
    )


def _known(workspace: Workspace, view: View, image: Digest) -> Iterator[Piece]:
    """Yield the evidence that this image was judged by before: what somebody took away still counts."""
    for earlier in view.promotions.of_image(image):
        for listed in every_frozen_evidence(workspace, view, earlier):
            content = workspace.blobs.get(listed.digest)
            yield Piece(listed.digest, listed.media_type, listed.size, listed.subject, listed.origin, content)


def every_frozen_evidence(workspace: Workspace, view: View, promotion: Promotion) -> Iterator[Listed]:
    """Yield what each generation of a promotion froze, the oldest first."""
    for entry in view.ledger.of_promotion(promotion.id):
        if isinstance(entry.event.data, PromotionGathered) and (item := entry.event.object("evidence-list")):
            yield from parse_list(workspace.blobs.get(item.digest))


def feeds_in_force(view: View) -> tuple[tuple[Feed, EventObject], ...]:
    """Return the newest snapshot of every feed."""
    newest: dict[str, tuple[Feed, EventObject]] = {}
    for entry, data in view.ledger.told(FeedImported):
        if (item := entry.event.object("feed")) is not None:
            newest[data.name] = Feed(data.name, data.digest), item
    return tuple(newest[name] for name in sorted(newest))
