"""Sealing: a checkpoint over the approval, the clearance, and the signer's word on it.

The risk score is signed here too, by the record key, so that what is attached afterwards is always the same bytes.
"""

from pratique.attest.dsse import IN_TOTO
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Conflict, Refused
from pratique.promotion.form import write
from pratique.promotion.states import Promotion
from pratique.promotion.steps import Checkpoint, PromotionSealed
from pratique.service.again import judge_again
from pratique.service.copying import why_stale
from pratique.service.perform import Done
from pratique.service.proof import clearance
from pratique.service.review_queue import record_of
from pratique.service.scribe import Scribe, keep
from pratique.service.witness import witnessed
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.values.digest import Digest
from pratique.values.uris import ENVELOPE_MEDIA, RISK


def seal_promotion(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done:
    """Have an approved promotion sealed, and record the seal; nothing is attached yet.

    Raises:
        Unverified: The signer refuses: something in the clearance does not hold.
        Refused: The directory does not list the signer's key.
    """
    if promotion.approval is None:
        raise Conflict(f"promotion {promotion.id}: expected its approval in the ledger, found none; retry it")
    with workspace.lock("signer"):  # one after the other: the signer takes no shorter ledger than it has seen
        seen = witnessed(workspace).signed
        # After the checkpoint: whatever stops it there, and the signer would refuse, is seen here first.
        stale = workspace.store.read(lambda view: why_stale(workspace, view, promotion))
        if stale is not None:
            return judge_again(stale)
        now = workspace.store.read(lambda view: view.now)
        sealed = workspace.sealer.seal(clearance(workspace, promotion, seen), workspace.blobs.get, now)
        _check_listed(workspace, promotion, sealed.key)
    seal = keep(workspace.blobs, "seal", ENVELOPE_MEDIA, sealed.envelope)
    risk = keep(workspace.blobs, "risk", ENVELOPE_MEDIA, _risk(workspace, promotion, sealed.established.images))
    happening = PromotionSealed(
        generation=promotion.generation,
        seal=seal.digest,
        key=sealed.key,
        checkpoint=Checkpoint(seen.size, Digest(seen.root.hex())),
        level=sealed.established.level,
    )

    def record(scribe: Scribe, standing: Promotion) -> None:
        outdated = why_stale(workspace, scribe.tx, standing)
        if outdated is not None:
            judge_again(outdated).record(scribe, standing)
        else:
            scribe.append(happening, seal, risk)

    return Done({"seal": str(seal.digest)}, record)


def _check_listed(workspace: Workspace, promotion: Promotion, key: str) -> None:
    """Return if a proof could rest on this key's seals, which nobody would notice before somebody verifies one."""
    use, directory = f"seal:{promotion.to}", workspace.store.read(workspace.directory)
    if key not in {listed.key_id for _, listed in directory.service_keys(use)}:
        raise Refused(
            f"seal: version {directory.version} of the directory does not list {key} for {use}; put the key that it "
            "lists in place, or replace it with `pratique ledger replace-key`"
        )


def _risk(workspace: Workspace, promotion: Promotion, images: tuple[Digest, ...]) -> bytes:
    """Return the risk score as a statement about the image, signed with the record key."""
    record = record_of(workspace, promotion)
    inputs = record.decision.inputs
    place = workspace.bundle_of(inputs.policy.digest).rules(inputs.to).risk
    predicate = {
        "record": {"sha256": record.digest.hex},
        "environment": inputs.to,
        "exposure": place.exposure,
        "mission": place.mission,
        **write(record.decision.risk),
    }
    statement = build_statement(tuple(map(Subject, images)), RISK, predicate)
    return workspace.keys.record().envelope(IN_TOTO, statement)
