"""Judging: the frozen evidence, the rules and the ledger's memory put before the one judge there is."""

from dataclasses import dataclass
from datetime import datetime

from pratique.errors import Conflict, Refused
from pratique.policy.facts import Arrival
from pratique.promotion.case import build_case
from pratique.promotion.consequences import Verdict, follow
from pratique.promotion.happenings import Feed, Platform, PromotionGathered, PromotionJudged, PromotionRechecked
from pratique.promotion.judge import judge
from pratique.promotion.record import (
    DirectoryUsed,
    EvidenceUsed,
    Held,
    HistoryUsed,
    Image,
    Inputs,
    PolicyUsed,
    Record,
    RequestUsed,
    parse_record,
)
from pratique.promotion.sightings import Sightings, asks_for_sightings, first_sightings
from pratique.promotion.states import Promotion
from pratique.service.copying import frozen_evidence
from pratique.service.perform import Done
from pratique.service.scribe import Scribe, keep
from pratique.service.workspace import Workspace
from pratique.storage.effects import EffectStanding
from pratique.storage.promotion import Arrival as Arrived
from pratique.storage.transaction import View
from pratique.values.uris import RECORD_MEDIA

_MOST_EARLIER = 20  # records; each of them knows what those before it knew
_WITH_RECORD = (PromotionJudged, PromotionRechecked)


def judge_promotion(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done:
    """Judge a promotion by what was gathered, and record what follows: an approval, a review, or remediation."""
    inputs = workspace.store.read(lambda view: _inputs(workspace, view, promotion))
    _check_destination(workspace, promotion, inputs)
    record = judge_inputs(workspace, promotion, inputs)
    item = keep(workspace.blobs, "record", RECORD_MEDIA, record.content)

    def write(scribe: Scribe, standing: Promotion) -> None:
        happenings = follow(
            standing,
            Verdict(record, _earlier(workspace, standing)),
            bundle=workspace.bundle(scribe.tx),
            directory=workspace.directory(scribe.tx),
            in_force=workspace.in_force(scribe.tx, standing),
        )
        for happening in happenings:
            scribe.append(happening, *([item] if isinstance(happening, _WITH_RECORD) else []))

    return Done({"record": str(record.digest), "outcome": record.decision.outcome}, write)


def _check_destination(workspace: Workspace, promotion: Promotion, inputs: Inputs) -> None:
    """Return if the policy in force still sends the image where the request was to take it."""
    application = workspace.bundle_of(inputs.policy.digest).application(promotion.application)
    there = str(application.image(promotion.image_name).destination(promotion.to).repository)
    if there != promotion.destination:
        raise Refused(
            f"promotion {promotion.id}: the policy now sends {promotion.image_name} in {promotion.to} to {there}, not "
            f"to {promotion.destination}; withdraw it and ask again"
        )


def judge_inputs(workspace: Workspace, promotion: Promotion, inputs: Inputs) -> Record:
    """Return the record of these inputs, whose bytes are in the workspace's store."""
    bundle = workspace.bundle_of(inputs.policy.digest)
    directory = workspace.store.read(workspace.directory)
    named = {*(piece.digest for piece in inputs.evidence.pieces), *(feed.digest for feed in inputs.feeds)}
    bodies = {digest: workspace.blobs.get(digest) for digest in named}
    case = build_case(
        promotion.id, promotion.generation, inputs, bundle=bundle, directory=directory, bodies=bodies
    )
    return judge(case)


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was gathered: the evidence by digest, the feeds, and which images run."""

    evidence: EvidenceUsed
    feeds: tuple[Feed, ...]
    platforms: tuple[Platform, ...]


def _inputs(workspace: Workspace, view: View, promotion: Promotion) -> Inputs:
    gathered = _gathered(view, promotion)
    evidence = EvidenceUsed(gathered.evidence_root, frozen_evidence(workspace, view, promotion))
    return collect_inputs(workspace, view, promotion, Frozen(evidence, gathered.feeds, gathered.platforms))


def collect_inputs(workspace: Workspace, view: View, promotion: Promotion, frozen: Frozen) -> Inputs:
    """Return everything that a judgement depends on, as it stands now."""
    bundle, directory = workspace.bundle(view), workspace.directory(view)
    return Inputs(
        now=view.now,
        application=promotion.application,
        image=Image(promotion.image_name, promotion.source, promotion.image, frozen.platforms),
        from_=promotion.from_,
        to=promotion.to,
        destination=promotion.destination,
        policy=PolicyUsed(bundle.digest, bundle.rules(promotion.to).digest),
        directory=DirectoryUsed(directory.digest),
        request=RequestUsed(promotion.request, promotion.requester, promotion.signed),
        evidence=frozen.evidence,
        feeds=frozen.feeds,
        history=_history(workspace, view, promotion),
    )


def _gathered(view: View, promotion: Promotion) -> PromotionGathered:
    for entry in reversed(view.ledger.of_promotion(promotion.id)):
        if isinstance(data := entry.event.data, PromotionGathered) and data.generation == promotion.generation:
            return data
    raise Conflict(f"promotion {promotion.id}: generation {promotion.generation} has gathered nothing; retry it")


def _history(workspace: Workspace, view: View, promotion: Promotion) -> HistoryUsed:
    held = view.arrivals.current(*promotion.place)
    record = None if held is None else _record_of_arrival(workspace, view, held)
    return HistoryUsed(
        current=None if held is None else Held(held.image, None if record is None else record.digest),
        arrivals=tuple(
            _arrival(view, one, view.now)
            for one in view.arrivals.of_image(promotion.image)
            if (one.application, one.image_name) == (promotion.application, promotion.image_name)
        ),
        current_facts=None if record is None else record.decision.profile,
        first_seen=_sightings(workspace, view, promotion),
    )


def _sightings(workspace: Workspace, view: View, promotion: Promotion) -> Sightings | None:
    if not asks_for_sightings(workspace.bundle(view).rules(promotion.to).checks):
        return None
    earlier = view.promotions.of_name(promotion.application, promotion.image_name, _MOST_EARLIER)
    judged = (one.judgement.record for one in earlier if one.judgement is not None)
    return first_sightings(parse_record(workspace.blobs.get(digest)) for digest in judged)


def _record_of_arrival(workspace: Workspace, view: View, arrived: Arrived) -> Record | None:
    judgement = view.promotions.find(arrived.promotion).judgement
    return None if judgement is None else parse_record(workspace.blobs.get(judgement.record))


def _arrival(view: View, one: Arrived, now: datetime) -> Arrival:
    held = view.arrivals.current(one.application, one.image_name, one.environment)
    still_there = held is not None and held.image == one.image
    return Arrival(one.environment, one.at, one.level, now if still_there else None)


def _earlier(workspace: Workspace, promotion: Promotion) -> Record | None:
    if promotion.judgement is None:
        return None
    return parse_record(workspace.blobs.get(promotion.judgement.record))
