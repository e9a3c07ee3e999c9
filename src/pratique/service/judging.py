"""Judging: the frozen evidence, the rules and the ledger's memory put before the one judge there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pratique.errors import Conflict, Refused
from pratique.promotion.authority import Chain
from pratique.promotion.calendar import Frozen
from pratique.promotion.case import bodies_of, build_case
from pratique.promotion.consequences import Verdict, follow
from pratique.promotion.happenings import (
    Feed,
    Platform,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    Track,
)
from pratique.promotion.judge import judge
from pratique.promotion.past import Arrival as Arrived
from pratique.promotion.past import replacement_of
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
)
from pratique.promotion.record_form import parse_record
from pratique.promotion.sightings import Sightings, asks_for_sightings, first_sightings
from pratique.promotion.states import Promotion
from pratique.service.again import judge_again
from pratique.service.arrivals import arrivals_of, doubtful
from pratique.service.calendar import calendar_of
from pratique.service.copying import frozen_evidence
from pratique.service.perform import Done, NotYet
from pratique.service.policy_history import editors
from pratique.service.remediation import overdue
from pratique.service.scribe import Scribe, keep
from pratique.service.shadow import shadow_of, tell
from pratique.service.waiver import void_waivers
from pratique.service.withheld import withheld
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.uris import RECORD_MEDIA

_MOST_EARLIER = 20  # records; each of them knows what those before it knew
_LOOK_AGAIN = timedelta(hours=1)
_FRESH = timedelta(hours=1)  # between gathering and judging, which follow each other at once
_WITH_RECORD = (PromotionJudged, PromotionRechecked)


def judge_promotion(workspace: Workspace, promotion: Promotion, _effect: EffectStanding) -> Done | NotYet:
    """Judge a promotion by what was gathered, and record what follows: an approval, a review, or remediation.

    Under a hold, and in a freeze that stops its track, it waits, and goes on by itself afterwards; after an hour with
    evidence gathered anew.
    """
    stopped = workspace.store.read(lambda view: _stopped(workspace, view, promotion))
    if stopped is not None:
        return stopped
    if workspace.store.read(lambda view: _has_waited(view, promotion)):
        return judge_again("what was gathered had to wait; it is gathered anew")
    inputs = workspace.store.read(lambda view: _inputs(workspace, view, promotion))
    _check_destination(workspace, promotion, inputs)
    record = judge_inputs(workspace, promotion, inputs)
    frozen = _frozen(record)
    if frozen is not None:
        until = inputs.calendar.moves_again(record.decision.track.name, inputs.now)
        return NotYet(until, f"{frozen.told}: nothing on the {record.decision.track.name} track moves")
    item = keep(workspace.blobs, "record", RECORD_MEDIA, record.content)
    shadowed = shadow_of(workspace, record)

    def write(scribe: Scribe, standing: Promotion) -> None:
        happenings = follow(
            standing,
            Verdict(record, _earlier(workspace, standing)),
            bundle=workspace.bundle(scribe.tx),
            directory=workspace.directory(scribe.tx),
            in_force=workspace.in_force(scribe.tx, standing),
        )
        void_waivers(scribe.tx, record)
        if shadowed is not None:
            tell(scribe, shadowed, record)
        for happening in happenings:
            scribe.append(happening, *([item] if isinstance(happening, _WITH_RECORD) else []))

    return Done({"record": str(record.digest), "outcome": record.decision.outcome}, write)


def _stopped(workspace: Workspace, view: View, promotion: Promotion) -> NotYet | None:
    """Return why a promotion waits that a hold stops; whoever lifts the hold wakes it, and it looks itself, too."""
    hold = workspace.in_force(view, promotion).hold
    return None if hold is None else NotYet(view.now + _LOOK_AGAIN, f"the hold {hold} stops it; see `hold show`")


def _has_waited(view: View, promotion: Promotion) -> bool:
    gathered = _gathered_at(view, promotion)
    return gathered is not None and view.now - gathered > _FRESH


def _gathered_at(view: View, promotion: Promotion) -> datetime | None:
    for entry in reversed(view.ledger.of_promotion(promotion.id)):
        if isinstance(data := entry.event.data, PromotionGathered) and data.generation == promotion.generation:
            return entry.event.at
    return None


def _frozen(record: Record) -> Frozen | None:
    """Return the freeze that stops what was judged; what must be repaired first is told in a freeze, too."""
    decision = record.decision
    if decision.track.name is Track.REMEDIATION:
        return None
    return decision.inputs.calendar.freeze_at(decision.track.name, decision.inputs.now)


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
    bodies = {digest: workspace.blobs.get(digest) for digest in bodies_of(inputs)}
    case = build_case(
        promotion.id, promotion.generation, inputs, bundle=bundle, directory=directory, bodies=bodies
    )
    return judge(case)


@dataclass(frozen=True, slots=True)
class Gathering:
    """What was gathered: the evidence by digest, the feeds, and which images run."""

    evidence: EvidenceUsed
    feeds: tuple[Feed, ...]
    platforms: tuple[Platform, ...]


def _inputs(workspace: Workspace, view: View, promotion: Promotion) -> Inputs:
    gathered = _gathered(view, promotion)
    evidence = EvidenceUsed(gathered.evidence_root, frozen_evidence(workspace, view, promotion))
    return collect_inputs(workspace, view, promotion, Gathering(evidence, gathered.feeds, gathered.platforms))


def collect_inputs(workspace: Workspace, view: View, promotion: Promotion, frozen: Gathering) -> Inputs:
    """Return everything that a judgement depends on, as it stands now."""
    bundle, directory = workspace.bundle(view), workspace.directory(view)
    return Inputs(
        now=view.now,
        application=promotion.application,
        image=Image(promotion.image_name, promotion.source, promotion.image, frozen.platforms),
        from_=promotion.from_,
        to=promotion.to,
        destination=promotion.destination,
        policy=PolicyUsed(
            bundle.digest, bundle.rules(promotion.to).digest, editors(view, bundle.rules(promotion.to))
        ),
        directory=DirectoryUsed(directory.digest),
        request=RequestUsed(promotion.request, promotion.requester, promotion.signed, promotion.track),
        evidence=frozen.evidence,
        feeds=frozen.feeds,
        history=_history(workspace, view, promotion),
        calendar=calendar_of(bundle.rules(promotion.to), view.now),
        waivers=tuple(
            one.used
            for one in workspace.waivers(view)
            if one.environment == promotion.to and one.in_force(view.now)
        ),
    )


def _gathered(view: View, promotion: Promotion) -> PromotionGathered:
    for entry in reversed(view.ledger.of_promotion(promotion.id)):
        if isinstance(data := entry.event.data, PromotionGathered) and data.generation == promotion.generation:
            return data
    raise Conflict(f"promotion {promotion.id}: generation {promotion.generation} has gathered nothing; retry it")


def _history(workspace: Workspace, view: View, promotion: Promotion) -> HistoryUsed:
    held = view.arrivals.current(*promotion.place)
    record = None if held is None else _record_of_arrival(workspace, view, held)
    uncounted = withheld(view, workspace.holds(view), promotion)
    late = overdue(view, promotion.application) if promotion.track is Track.EMERGENCY else ()
    return HistoryUsed(
        current=None if held is None else Held(held.image, None if record is None else record.digest),
        arrivals=arrivals_of(view, promotion, uncounted, workspace.chain(view)),
        current_facts=None if record is None else record.decision.profile,
        left=_left(view, promotion, workspace.chain(view)),
        first_seen=_sightings(workspace, view, promotion),
        overtaken=None if held is None else _overtaken(view, promotion, held),
        withheld=uncounted,
        overdue=tuple(one.id for one in late),
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


def _left(view: View, promotion: Promotion, chain: Chain) -> datetime | None:
    """Return when another image last took the place of this one, which had been promoted there."""
    place = view.arrivals.at_place(*promotion.place)
    replacement = replacement_of(promotion.image, place, promotion.index, doubtful(view, chain, place))
    return None if replacement is None else replacement.at


def _overtaken(view: View, promotion: Promotion, held: Arrived) -> datetime | None:
    """Return when the image that the environment holds was first asked for, where that is later than this one was."""
    current, own = _first_asked(view, promotion, held.image), _first_asked(view, promotion, promotion.image)
    return current.requested_at if own.index < current.index else None


def _first_asked(view: View, promotion: Promotion, image: Digest) -> Promotion:
    same = promotion.application, promotion.image_name
    every = (one for one in view.promotions.of_image(image) if (one.application, one.image_name) == same)
    return min(every, key=lambda one: one.index)


def _earlier(workspace: Workspace, promotion: Promotion) -> Record | None:
    if promotion.judgement is None:
        return None
    return parse_record(workspace.blobs.get(promotion.judgement.record))
