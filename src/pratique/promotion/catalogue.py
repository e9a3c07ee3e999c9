"""Every type of event that there is, by its name in the ledger.

The types themselves: ``promotion.happenings`` and its neighbours ``steps``, ``intake``, ``signal``, ``governance``
and ``upkeep``. Bytes: ``promotion.events``.
"""

from collections.abc import Mapping

from pratique.promotion.governance import (
    HoldLifted,
    HoldPlaced,
    PolicyEndorsed,
    PolicyProposed,
    PolicyReviewed,
    PolicyShadowed,
    WaiverExpired,
    WaiverGranted,
    WaiverProposed,
    WaiverRevoked,
    WaiverVoided,
)
from pratique.promotion.happenings import (
    DirectoryPublished,
    PolicyPublished,
    PromotionApproved,
    PromotionFailed,
    PromotionGathered,
    PromotionJudged,
    PromotionRechecked,
    PromotionRequested,
    PromotionRetried,
    RemediationClosed,
    RemediationOpened,
    ReviewEscalated,
    ReviewGiven,
    ReviewVoided,
)
from pratique.promotion.intake import EvidenceAdded, EvidenceSynced, FeedImported
from pratique.promotion.signal import SignalRaised, SignalReconciled
from pratique.promotion.steps import (
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
)
from pratique.promotion.upkeep import (
    DrillCompleted,
    EpochBegun,
    KeyReplaced,
    KeyRetired,
    KeyRotated,
    PrivateRedacted,
)
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """An event of a type from a later version: kept and shown, and it changes nothing."""

    type: str
    data: str
    """Its data as canonical JSON text."""


Happening = (
    DirectoryPublished
    | PolicyPublished
    | EvidenceAdded
    | EvidenceSynced
    | FeedImported
    | PromotionRequested
    | PromotionRetried
    | PromotionGathered
    | PromotionJudged
    | PromotionRechecked
    | ReviewGiven
    | ReviewVoided
    | ReviewEscalated
    | RemediationOpened
    | RemediationClosed
    | PromotionApproved
    | PromotionCopied
    | PromotionSealed
    | PromotionAttached
    | PromotionReleased
    | PromotionPointed
    | PromotionPromoted
    | PromotionFailed
    | PromotionVetoed
    | PromotionWithdrawn
    | PromotionExpired
    | PromotionSuperseded
    | SignalRaised
    | SignalReconciled
    | PrivateRedacted
    | PolicyProposed
    | PolicyEndorsed
    | PolicyReviewed
    | PolicyShadowed
    | WaiverProposed
    | WaiverGranted
    | WaiverRevoked
    | WaiverExpired
    | WaiverVoided
    | HoldPlaced
    | HoldLifted
    | PromotionRecalled
    | DrillCompleted
    | KeyRotated
    | KeyRetired
    | KeyReplaced
    | EpochBegun
    | Unknown
)

TYPES: Mapping[str, type[Happening]] = {
    "directory.published/1": DirectoryPublished,
    "policy.published/1": PolicyPublished,
    "evidence.added/1": EvidenceAdded,
    "evidence.synced/1": EvidenceSynced,
    "feed.imported/1": FeedImported,
    "promotion.requested/1": PromotionRequested,
    "promotion.retried/1": PromotionRetried,
    "promotion.gathered/1": PromotionGathered,
    "promotion.judged/1": PromotionJudged,
    "promotion.rechecked/1": PromotionRechecked,
    "review.given/1": ReviewGiven,
    "review.voided/1": ReviewVoided,
    "review.escalated/1": ReviewEscalated,
    "remediation.opened/1": RemediationOpened,
    "remediation.closed/1": RemediationClosed,
    "promotion.approved/1": PromotionApproved,
    "promotion.copied/1": PromotionCopied,
    "promotion.sealed/1": PromotionSealed,
    "promotion.attached/1": PromotionAttached,
    "promotion.released/1": PromotionReleased,
    "promotion.pointed/1": PromotionPointed,
    "promotion.promoted/1": PromotionPromoted,
    "promotion.failed/1": PromotionFailed,
    "promotion.vetoed/1": PromotionVetoed,
    "promotion.withdrawn/1": PromotionWithdrawn,
    "promotion.expired/1": PromotionExpired,
    "promotion.superseded/1": PromotionSuperseded,
    "promotion.recalled/1": PromotionRecalled,
    "signal.raised/1": SignalRaised,
    "signal.reconciled/1": SignalReconciled,
    "private.redacted/1": PrivateRedacted,
    "policy.proposed/1": PolicyProposed,
    "policy.endorsed/1": PolicyEndorsed,
    "policy.reviewed/1": PolicyReviewed,
    "policy.shadowed/1": PolicyShadowed,
    "waiver.proposed/1": WaiverProposed,
    "waiver.granted/1": WaiverGranted,
    "waiver.revoked/1": WaiverRevoked,
    "waiver.expired/1": WaiverExpired,
    "waiver.voided/1": WaiverVoided,
    "hold.placed/1": HoldPlaced,
    "hold.lifted/1": HoldLifted,
    "drill.completed/1": DrillCompleted,
    "key.rotated/1": KeyRotated,
    "key.retired/1": KeyRetired,
    "key.replaced/1": KeyReplaced,
    "epoch.begun/1": EpochBegun,
}
"""The name of each type in the ledger. A name once used keeps its meaning for ever."""
