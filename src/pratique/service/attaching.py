"""Attaching the seal, the risk score and the proof to an image at its destination; no tag moves here."""

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle, bundle_annotations, legacy_annotations
from pratique.attest.dsse import parse_envelope
from pratique.attest.statement import parse_statement
from pratique.errors import Conflict
from pratique.promotion.events import Event
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionAttached, PromotionSealed
from pratique.registry.attach import Body, attach_legacy, attach_referrer
from pratique.registry.edges import EdgeKind
from pratique.registry.interface import Registry
from pratique.service.again import judge_again
from pratique.service.copying import why_stale
from pratique.service.perform import Done
from pratique.service.proof import export_bare
from pratique.service.scribe import Scribe
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository
from pratique.values.uris import ENVELOPE_MEDIA, PROOF_MEDIA


def attach_seal(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done:
    """Attach the seal, the risk score and the proof to the image at its destination."""
    stale = workspace.store.transact(lambda tx: why_stale(workspace, tx, promotion))
    if stale is not None:
        return judge_again(stale)
    destination = workspace.open(parse_repository(promotion.destination))
    referrers = (*hang_seal(workspace, destination, promotion), hang_proof(workspace, destination, promotion))

    def record(scribe: Scribe, standing: Promotion) -> None:
        scribe.append(PromotionAttached(generation=standing.generation, referrers=tuple(sorted(referrers))))

    return Done({"referrers": [str(digest) for digest in referrers]}, record)


def hang_seal(workspace: Workspace, destination: Registry, promotion: Promotion) -> tuple[Digest, ...]:
    """Attach the seal and the risk score to an image and each of its platforms; return the referrers."""
    sealed = workspace.store.read(lambda view: sealed_event(view, promotion))
    subjects = (promotion.image, *(one.digest for one in promotion.platforms if one.digest != promotion.image))
    referrers: list[Digest] = []
    for role in ("seal", "risk"):
        item = sealed.object(role)
        if item is not None:
            content = workspace.blobs.get(item.digest)
            for subject in subjects:
                referrers.append(_attach_envelope(workspace, destination, subject, content, sealed))
    return tuple(referrers)


def hang_proof(workspace: Workspace, destination: Registry, promotion: Promotion) -> Digest:
    """Attach the proof as the ledger has it now; return the referrer."""
    proof = Body(PROOF_MEDIA, export_bare(workspace, promotion.id))
    return attach_referrer(destination, promotion.image, proof, workspace.lock)


def _attach_envelope(
    workspace: Workspace, destination: Registry, subject: Digest, content: bytes, sealed: Event
) -> Digest:
    """Attach a signed statement both ways that verifiers look for; the same one twice is there once."""
    envelope = parse_envelope(content)
    predicate_type = parse_statement(envelope.payload).predicate_type
    bundle = Body(BUNDLE_MEDIA, build_bundle(envelope), bundle_annotations(predicate_type, sealed.at))
    legacy = Body(ENVELOPE_MEDIA, content, legacy_annotations(predicate_type))
    attach_legacy(destination, subject, EdgeKind.ATT, legacy, workspace.lock)
    return attach_referrer(destination, subject, bundle, workspace.lock)


def sealed_event(view: View, promotion: Promotion) -> Event:
    """Return the event that recorded a promotion's present seal."""
    for entry in reversed(view.ledger.of_promotion(promotion.id)):
        data = entry.event.data
        if isinstance(data, PromotionSealed) and data.seal == promotion.seal:
            return entry.event
    raise Conflict(f"promotion {promotion.id}: expected its seal in the ledger, found none; retry it")
