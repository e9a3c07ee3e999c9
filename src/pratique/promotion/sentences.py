"""What happened, in one plain sentence for each event."""

from typing import assert_never

from pratique.promotion.catalogue import Happening, Unknown
from pratique.promotion.events import Event
from pratique.promotion.governance import Governance, describe_governance
from pratique.promotion.happenings import (
    Deciding,
    DirectoryPublished,
    PolicyPublished,
    PromotionApproved,
    PromotionFailed,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    PromotionRequested,
    PromotionRetried,
    Published,
    RemediationClosed,
    RemediationOpened,
    ReviewEscalated,
    ReviewGiven,
    ReviewVoided,
    Track,
)
from pratique.promotion.intake import EvidenceAdded, EvidenceSynced, FeedImported, Intake, Sync
from pratique.promotion.signal import Signalling, SignalRaised, SignalReconciled
from pratique.promotion.steps import (
    Moving,
    PromotionAttached,
    PromotionCopied,
    PromotionExpired,
    PromotionPointed,
    PromotionPromoted,
    PromotionRecalled,
    PromotionReleased,
    PromotionSealed,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
    Stopping,
)
from pratique.promotion.upkeep import Upkeep, describe_upkeep
from pratique.values.moment import render_moment

_SYNCED = {Sync.LATER: "brought evidence that came later to", Sync.REPAIR: "restored what was lost at"}


def describe(event: Event) -> str:
    """Return one sentence about this event, without its moment, and without a full stop."""
    return _describe(event.data, event)


def _describe(data: Happening, event: Event) -> str:
    if isinstance(data, PromotionRequested):
        return _requested(data)
    if isinstance(data, Deciding):
        return _decided(data, event)
    if isinstance(data, Moving):
        return _moved(data, event)
    if isinstance(data, Stopping):
        return _stopped(data, event)
    return _beside(data, event)


def _beside(data: Published | Intake | Signalling | Governance | Upkeep | Unknown, event: Event) -> str:
    if isinstance(data, Governance):
        return describe_governance(data, event.environment)
    if isinstance(data, Upkeep):
        return f"{event.actor} {describe_upkeep(data)}"
    return _outside(data, event)


def _outside(data: Published | Intake | Signalling | Unknown, event: Event) -> str:
    match data:
        case DirectoryPublished():
            text = f"{event.actor} published version {data.version} of the directory, {data.digest.short}"
        case PolicyPublished():
            when = f", in force from {render_moment(data.effective_on)}" if data.effective_on else ""
            text = f"{event.actor} published version {data.version} of the policy {data.bundle}{when}"
        case EvidenceAdded():
            text = f"{event.actor} handed in evidence {data.digest.short} ({data.media_type})"
        case EvidenceSynced():
            counts = f"{data.pieces} pieces of evidence, {data.manifests} manifests, {data.blobs} blobs"
            text = f"{event.actor} {_SYNCED[data.why]} {data.destination}: {counts}"
        case FeedImported():
            changes = {"new": data.added, "changed": data.changed, "withdrawn": data.withdrawn, "gone": data.gone}
            told = "".join(f", {count} {word}" for word, count in changes.items() if count)
            text = f"{event.actor} took in the feed {data.name} with {data.records} records{told}"
        case SignalRaised():
            rated = f", {data.severity}" if data.severity else ""
            text = f"{data.vulnerability} now also concerns {data.package} in {event.environment}{rated}"
        case SignalReconciled():
            text = f"the signal about {data.term} is settled: {data.because}"
        case Unknown():
            text = f"{data.type} happened, which this version does not know"
        case _:
            assert_never(data)
    return text


def _requested(data: PromotionRequested) -> str:
    way = f"from {data.from_} to {data.to}" if data.from_ else f"to {data.to}"
    how = ("" if data.signed else ", unsigned") + (f", on the {data.track} track" if data.track else "")
    along = f", with all of {data.release.id}" if data.release else ""
    return f"{data.requester} asked that {data.image_name} go {way}{how}{along}"


def _decided(data: Deciding, event: Event) -> str:
    match data:
        case PromotionRetried():
            why = f", because {data.because}" if data.because else ""
            text = f"{event.actor} began attempt {data.generation}{why}"
        case PromotionGathered():
            text = f"{data.pieces} pieces of evidence were found and frozen"
        case PromotionJudged():
            text = f"judged {data.outcome}: {_way(data.track)}: {'; '.join(data.why)}"
        case PromotionRechecked():
            text = f"judged again, {data.outcome}: no worse, so the decision {data.record.short} stands"
        case ReviewGiven():
            said = f"{data.reviewer} signed: {data.decision}" + (f" ({data.reason})" if data.reason else "")
            text = said if data.counts else f"{said}; it does not count, because {data.because}"
        case ReviewVoided():
            text = f"the reviews of {data.record.short} lapsed, because {data.because}"
        case ReviewEscalated():
            text = f"whoever holds the role {data.to} is asked, too, because {data.because}"
        case RemediationOpened():
            due = f" by {render_moment(data.due)}" if data.due else ""
            text = f"{data.owner} is to repair {data.term} ({data.check}){due}: {data.remedy or data.message}"
        case RemediationClosed():
            text = f"{data.remediation} is closed, because {data.because}"
        case _:
            assert_never(data)
    return text


def _way(track: Track) -> str:
    match track:
        case Track.FAST:
            return "the fast track"
        case Track.SLOW:
            return "the slow track, people decide"
        case Track.ROLLBACK:
            return "back to what was here, people decide"
        case Track.EMERGENCY:
            return "the emergency track, people decide"
        case Track.ADOPT:
            return "adopted as it stands, people decide"
        case Track.REMEDIATION:
            return "to be repaired first"
        case _:
            assert_never(track)


def _moved(data: Moving, event: Event) -> str:
    match data:
        case PromotionApproved():
            people = f"with {len(data.reviews)} signed approvals" if data.reviews else "by the machine alone"
            text = f"approved on the {data.track} track, {people}"
        case PromotionCopied():
            text = f"copied to {data.destination} and read back: {data.manifests} manifests, {data.blobs} blobs"
        case PromotionSealed():
            text = f"sealed as {data.level} with the key {data.key}, seal {data.seal.short}"
        case PromotionAttached():
            text = f"the seal was attached to the image, in {len(data.referrers)} referrers"
        case PromotionReleased():
            text = "nothing stands against it: its tag is pointed now, and nothing takes that back"
        case PromotionPointed():
            text = (
                f"{data.destination}:{data.tag} points at it"
                if data.tag
                else f"{data.destination} has no tag for it"
            )
        case PromotionPromoted():
            before = f", in the place of {data.previous.short}" if data.previous else ""
            text = f"{event.environment} holds it as {data.level}{before}"
        case _:
            assert_never(data)
    return text


def _stopped(data: Stopping, event: Event) -> str:
    match data:
        case PromotionFailed():
            text = f"the step {data.effect} was given up at attempt {data.attempts}: {data.reason}"
        case PromotionVetoed():
            text = f"stopped by a veto: {data.because}"
        case PromotionWithdrawn():
            text = f"withdrawn: {data.because}"
        case PromotionExpired():
            text = f"expired: {data.because}"
        case PromotionSuperseded():
            text = f"superseded by {data.by}: {data.because}"
        case PromotionRecalled():
            text = f"{data.by} took it back: {event.environment} no longer holds it by this promotion"
        case _:
            assert_never(data)
    return text
