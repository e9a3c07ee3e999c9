"""Evidence after the promotion: what came later is brought to the destination, and what that lost is restored.

A promotion takes along exactly the evidence it was judged by. Whatever follows is an action of its own, in the ledger
with every digest. Nothing is judged here, and no tag of an image moves.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pratique.errors import Absent, Conflict
from pratique.promotion.evidence_set import Listed, list_pieces
from pratique.promotion.form import write
from pratique.promotion.intake import EvidenceSynced, Sync
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionAttached
from pratique.registry.anchor import find_bare, put_anchored
from pratique.registry.closure import Closure, distinct_blobs, plan
from pratique.registry.copy import copy
from pratique.registry.evidence import collect_evidence
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.registry.readback import Depth, What, find_flaws
from pratique.registry.verify import verify_image
from pratique.service.attaching import hang_proof, hang_seal
from pratique.service.copying import attach_piece, carried_by, frozen_evidence, whole_carriers
from pratique.service.gather import piece_of
from pratique.service.scribe import About, Scribe, keep
from pratique.service.uploads import uploads
from pratique.service.workspace import Workspace
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.reference import Reference, parse_reference, parse_repository
from pratique.values.uris import PROOF_MEDIA

SYNC_MEDIA = "application/vnd.pratique.sync.v1+json"


@dataclass(frozen=True, slots=True)
class Synced:
    """What is at the destination now and was not there before.

    Attributes:
        promotion: Whose destination that is.
        destination: The repository.
        image: The image.
        pieces: Evidence.
        manifests: Every manifest, those that carry the evidence included, sorted.
        blobs: Blobs that manifests there had lost, sorted.
        anchored: Manifests that were there and would not have outlived the registry's clean-up, sorted.
        lost: Evidence the promotion was judged by that is still not there.
    """

    promotion: str
    destination: str
    image: Digest
    pieces: tuple[Listed, ...]
    manifests: tuple[Digest, ...]
    blobs: tuple[Digest, ...]
    anchored: tuple[Digest, ...]
    lost: tuple[Listed, ...]

    @property
    def changed(self) -> bool:
        """Whether anything had to be brought."""
        return bool(self.pieces or self.manifests or self.blobs or self.anchored)


def promotion_of(workspace: Workspace, about: Reference | str) -> Promotion:
    """Return the promotion that brought an image to where it is.

    Args:
        workspace: Where it was recorded.
        about: The image at its destination, or the id of a promotion or its beginning.

    Raises:
        Absent: No promotion brought that image there.
        Conflict: The promotion that is named has not come so far.
    """
    if isinstance(about, Reference):
        return _brought(workspace, about)
    promotion = workspace.store.read(lambda view: view.promotions.by_prefix(about))
    if promotion.state is not State.PROMOTED:
        raise Conflict(
            f"promotion {promotion.id} is {promotion.state}: what comes before it is promoted travels with it; hand "
            "evidence in with `pratique evidence add`"
        )
    return promotion


def _brought(workspace: Workspace, reference: Reference) -> Promotion:
    repository = workspace.open(reference.repository)
    image = reference.digest or (repository.resolve(reference.tag) if reference.tag else None)
    if image is None:
        raise Absent(f"{reference} does not exist; name a tag that does, a digest, or the promotion")
    known = workspace.store.read(lambda view: view.promotions.of_image(image))
    place = str(reference.repository)
    brought = [one for one in known if one.state is State.PROMOTED and one.destination == place]
    if not brought:
        raise Absent(f"{reference}: no promotion brought {image} there; name an image at its destination")
    return brought[-1]


def bring_later(workspace: Workspace, promotion: Promotion) -> Synced:
    """Bring evidence that came after the judgement: what the source carries now, and what was handed in.

    Raises:
        Absent: The image is not whole at the source or at the destination.
        Unreachable: A list could not be fetched, or the copy failed; run it again.
    """
    frozen = _keys(workspace.store.read(lambda view: frozen_evidence(workspace, view, promotion)))

    def act(source: Registry, destination: Registry) -> None:
        plan(destination, promotion.image)  # evidence of half an image helps nobody: it is repaired first
        there = frozen | _keys(_see(destination, promotion.image).pieces)
        found = plan(source, promotion.image)
        carried = tuple(one for one in carried_by(source, found) if (one.digest, one.subject) not in there)
        copy(found, source, destination, frozenset(one.manifest for one in carried), workspace.lock)
        subjects = (promotion.image, *(one.digest for one in found.platforms))
        added = workspace.store.read(lambda view: tuple(uploads(workspace, view, subjects)))
        known = there | {(one.digest, one.subject) for one in carried}
        for listed in list_pieces(one for one in added if (one.digest, one.subject) not in known):
            attach_piece(workspace, destination, listed)

    return _synced(workspace, promotion, Sync.LATER, act)


def restore(workspace: Workspace, promotion: Promotion) -> Synced:
    """Restore what the destination lacks of a promotion: image, judged evidence, seal, proof, and anchors.

    Evidence comes from the source where that still has it, else from our own store.

    Raises:
        Absent: The image is not whole at the destination, and not at the source either.
        Unreachable: A list could not be fetched, or a write failed; run it again.
    """
    frozen = workspace.store.read(lambda view: frozen_evidence(workspace, view, promotion))

    def act(source: Registry, destination: Registry) -> None:
        # 1. The image, and the evidence that the source still carries as it was judged.
        found = _still_at_source(source, destination, promotion)
        if found is not None:
            wanted = whole_carriers(carried_by(source, found), frozen)
            copy(found, source, destination, wanted, workspace.lock)
        # 2. Evidence that only we have any more.
        there = _keys(_see(destination, promotion.image).pieces)
        for listed in frozen:
            if (listed.digest, listed.subject) not in there:
                attach_piece(workspace, destination, listed)
        # 3. What we say of it ourselves. A proof that is there is left alone: a newer one is another document.
        hang_seal(workspace, destination, promotion)
        if not _has_proof(workspace, plan(destination, promotion.image).nodes, promotion):
            hang_proof(workspace, destination, promotion)

    return _synced(workspace, promotion, Sync.REPAIR, act)


def _still_at_source(source: Registry, destination: Registry, promotion: Promotion) -> Closure | None:
    """Return the closure at the source; None where the source lost the image and the destination has all of it."""
    try:
        return plan(source, promotion.image)
    except Absent as error:
        if _has_all_of(destination, promotion.image):
            return None
        lost = f"{promotion.destination} has not all of it either, so it cannot be restored from here"
        raise Absent(f"{error}; {lost}") from error


def _has_all_of(destination: Registry, image: Digest) -> bool:
    try:
        body = plan(destination, image).tree(image)
    except Absent:
        return False
    return not find_flaws((), distinct_blobs(body), (), destination)


def _has_proof(workspace: Workspace, nodes: tuple[Manifest, ...], promotion: Promotion) -> bool:
    """Tell whether the proof that was attached then is among these; another promotion's in the same place is not."""
    entries = workspace.store.read(lambda view: view.ledger.of_promotion(promotion.id))
    attached = {
        digest
        for entry in entries
        if isinstance(entry.event.data, PromotionAttached)
        for digest in entry.event.data.referrers
    }
    return any(node.digest in attached and node.artifact_type == PROOF_MEDIA for node in nodes)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a destination has of an image."""

    manifests: frozenset[Digest] = frozenset()
    pieces: tuple[Listed, ...] = ()
    lost_blobs: frozenset[Digest] = frozenset()
    bare: frozenset[Digest] = frozenset()


def _see(destination: Registry, image: Digest) -> _Seen:
    if not destination.has_manifest(image):
        return _Seen()
    report = verify_image(destination, image, Depth.READ_BACK)
    pieces = collect_evidence(destination, report.closure).pieces
    return _Seen(
        frozenset(node.digest for node in report.closure.nodes),
        list_pieces(map(piece_of, pieces)),
        frozenset(flaw.digest for flaw in report.flaws if flaw.what is What.BLOB),
        frozenset(node.digest for node in find_bare(destination, report.closure.untagged)),
    )


def _synced(
    workspace: Workspace, promotion: Promotion, why: Sync, act: Callable[[Registry, Registry], None]
) -> Synced:
    """Act, and record what changed at the destination: as it is looked at afterwards, not as it was meant."""
    source = workspace.open(parse_reference(promotion.source).repository)
    destination = workspace.open(parse_repository(promotion.destination))
    before = _see(destination, promotion.image)
    act(source, destination)
    for bare in find_bare(destination, plan(destination, promotion.image).untagged):
        put_anchored(destination, bare)
    after = _see(destination, promotion.image)
    frozen = workspace.store.read(lambda view: frozen_evidence(workspace, view, promotion))
    synced = Synced(
        promotion=promotion.id,
        destination=promotion.destination,
        image=promotion.image,
        pieces=_without(after.pieces, before.pieces),
        manifests=tuple(sorted(after.manifests - before.manifests)),
        blobs=tuple(sorted(before.lost_blobs - after.lost_blobs)),
        anchored=tuple(sorted(before.bare - after.bare)),
        lost=_without(frozen, after.pieces),
    )
    if synced.changed:
        _record(workspace, promotion, why, synced)
    return synced


def _record(workspace: Workspace, promotion: Promotion, why: Sync, synced: Synced) -> None:
    document = {
        "pieces": [write(one) for one in synced.pieces],
        "manifests": [str(digest) for digest in synced.manifests],
        "blobs": [str(digest) for digest in synced.blobs],
        "anchored": [str(digest) for digest in synced.anchored],
    }
    item = keep(workspace.blobs, "synced", SYNC_MEDIA, canonical(document))
    happened = EvidenceSynced(
        promotion=promotion.id,
        destination=promotion.destination,
        why=why,
        pieces=len(synced.pieces),
        manifests=len(synced.manifests),
        blobs=len(synced.blobs),
    )
    # Not an event of the promotion: that is over, and its proof is complete without.
    about = About(None, promotion.application, promotion.to, promotion.image)
    workspace.store.transact(lambda tx: Scribe(tx, about=about).append(happened, item))


def _keys(listed: Iterable[Listed]) -> frozenset[tuple[Digest, Digest]]:
    return frozenset((one.digest, one.subject) for one in listed)


def _without(listed: tuple[Listed, ...], others: tuple[Listed, ...]) -> tuple[Listed, ...]:
    known = _keys(others)
    return tuple(one for one in listed if (one.digest, one.subject) not in known)
