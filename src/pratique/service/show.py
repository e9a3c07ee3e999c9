"""What is where, what is on its way, and everything about one promotion."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pratique.errors import Absent
from pratique.promotion.events import Entry
from pratique.promotion.happenings import (
    Commitment,
    PromotionFailed,
    PromotionRechecked,
    PromotionRequested,
    PromotionRetried,
    ReviewEscalated,
    ReviewVoided,
)
from pratique.promotion.hold import HoldStanding
from pratique.promotion.past import Arrival
from pratique.promotion.sentences import describe
from pratique.promotion.states import Promotion
from pratique.promotion.steps import (
    PromotionExpired,
    PromotionRecalled,
    PromotionSuperseded,
    PromotionVetoed,
    PromotionWithdrawn,
)
from pratique.service.drill import last_drill
from pratique.service.release import named
from pratique.service.remediation import overdue
from pratique.service.review_queue import Standing, standing
from pratique.service.witness import cosigners
from pratique.service.workspace import Workspace
from pratique.storage.effect import EffectStanding
from pratique.storage.remediation import Remediation
from pratique.storage.signal import Signal
from pratique.storage.transaction import View


@dataclass(frozen=True, slots=True)
class Status:
    """What every environment holds, what has not ended, and the ledger's size, now and at the last checkpoint.

    ``signals`` are the open ones: what turned out about images after they came; ``witnesses`` stand behind the last
    checkpoint, and ``drill`` is the last one that was held.
    """

    holding: tuple[Arrival, ...]
    open: tuple[Promotion, ...]
    size: int
    checkpoint: int | None
    signals: tuple[Signal, ...]
    witnesses: tuple[str, ...]
    drill: Entry | None
    waiting: tuple[EffectStanding, ...]
    """Steps that are tried again at a later moment, and why."""
    holds: tuple[HoldStanding, ...]
    """Those in force."""
    overdue: tuple[Remediation, ...]
    """What people should have looked back at by now."""


_TURNING = (
    PromotionRetried
    | PromotionRechecked
    | ReviewVoided
    | ReviewEscalated
    | PromotionFailed
    | PromotionVetoed
    | PromotionWithdrawn
    | PromotionExpired
    | PromotionSuperseded
    | PromotionRecalled
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that took a promotion off its way, in one sentence; ``words`` are private, and others'."""

    at: datetime
    type: str
    text: str
    words: str | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One promotion: where it stands and how it came there, who decided what, and what is to be done.

    ``comment`` is what whoever asked wrote, and ``turns`` what took it off its way, the oldest first.
    """

    promotion: Promotion
    comment: str | None
    standing: Standing | None
    turns: tuple[Turn, ...]
    remediations: tuple[Remediation, ...]
    effects: tuple[EffectStanding, ...]


@dataclass(frozen=True, slots=True)
class ToDecide:
    """What a reviewer decides on, and what whoever asked for it wrote."""

    standing: Standing
    comment: str | None


def status(workspace: Workspace, application: str | None) -> Status:
    """Return what is where; with an application, only of that one."""

    def query(view: View) -> Status:
        last = view.ledger.checkpoint()
        return Status(
            tuple(one for one in view.arrivals.holding() if application in (None, one.application)),
            tuple(one for one in view.promotions.open_everywhere() if application in (None, one.application)),
            view.ledger.frontier().size,
            None if last is None else last.size,
            tuple(one for one in view.signals.open() if application in (None, one.application)),
            () if last is None else cosigners(workspace, last),
            last_drill(view),
            view.effects.later(),
            tuple(one for one in workspace.holds(view) if one.ended is None),
            overdue(view, application),
        )

    return workspace.store.read(query)


def to_decide(workspace: Workspace, prefix: str) -> tuple[ToDecide, ...]:
    """Return what a reviewer decides on, of a promotion or of each part of a release.

    Raises:
        Absent: There is no such one, or a part of it is not judged yet.
        Conflict: Several begin so.
    """

    def query(view: View) -> tuple[ToDecide, ...]:
        every = named(view, prefix)
        return tuple(ToDecide(standing(workspace, view, one), comment_on(view, one)) for one in every)

    return workspace.store.read(query)


def details(workspace: Workspace, prefix: str) -> tuple[Detail, ...]:
    """Return everything about a promotion, or about each part of a release; raises as :func:`named`."""
    return workspace.store.read(
        lambda view: tuple(_detail(workspace, view, promotion) for promotion in named(view, prefix))
    )


def _detail(workspace: Workspace, view: View, promotion: Promotion) -> Detail:
    return Detail(
        promotion,
        comment_on(view, promotion),
        standing(workspace, view, promotion) if promotion.judgement else None,
        tuple(_turns(view, promotion)),
        view.remediations.of_promotion(promotion.id),
        view.effects.of_promotion(promotion.id),
    )


def remediations(workspace: Workspace, owner: str | None) -> tuple[Remediation, ...]:
    """Return what must be mended, the most urgent first."""
    items = workspace.store.read(lambda view: view.remediations.open())
    chosen = (one for one in items if owner in (None, one.owner))
    return tuple(sorted(chosen, key=lambda one: (one.due is None, one.due, one.index)))


def comment_on(view: View, promotion: Promotion) -> str | None:
    """Return what whoever asked for a promotion wrote to its reviewers, where it may still be read."""
    for entry in view.ledger.of_promotion(promotion.id):
        if isinstance(data := entry.event.data, PromotionRequested):
            return words_of(view, data.comment)
    return None


def words_of(view: View, commitment: Commitment | None) -> str | None:
    """Return what somebody wrote, where it may still be read; None where nothing was written or it was erased."""
    if commitment is None:
        return None
    try:
        return str(view.openings.find(commitment.commitment).value)
    except Absent:
        return None


def _turns(view: View, promotion: Promotion) -> Iterator[Turn]:
    for entry in view.ledger.of_promotion(promotion.id):
        event = entry.event
        if isinstance(event.data, _TURNING):
            words = words_of(view, event.data.words) if isinstance(event.data, PromotionFailed) else None
            yield Turn(event.at, event.type, describe(event), words)
