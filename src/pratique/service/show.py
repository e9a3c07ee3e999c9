"""What is where, what is on its way, and everything about one promotion."""

from dataclasses import dataclass

from pratique.errors import Absent
from pratique.promotion.happenings import Commitment
from pratique.promotion.states import Promotion
from pratique.service.review import Standing, standing
from pratique.service.workspace import Workspace
from pratique.storage.effects import EffectStanding
from pratique.storage.promotion import Arrival, Remediation
from pratique.storage.transaction import View
from pratique.values.commitment import Opening


@dataclass(frozen=True, slots=True)
class Status:
    """What every environment holds, what has not ended, and the ledger's size, now and at the last checkpoint."""

    holding: tuple[Arrival, ...]
    open: tuple[Promotion, ...]
    size: int
    checkpoint: int | None


@dataclass(frozen=True, slots=True)
class Detail:
    """One promotion: where it stands, who decided what, what must be mended, and what is being done."""

    promotion: Promotion
    standing: Standing | None
    remediations: tuple[Remediation, ...]
    effects: tuple[EffectStanding, ...]


def status(workspace: Workspace, application: str | None) -> Status:
    """Return what is where; with an application, only of that one."""

    def query(view: View) -> Status:
        last = view.ledger.checkpoint()
        return Status(
            tuple(one for one in view.arrivals.holding() if application in (None, one.application)),
            tuple(one for one in view.promotions.open_everywhere() if application in (None, one.application)),
            view.ledger.frontier().size,
            None if last is None else last.size,
        )

    return workspace.store.read(query)


def detail(workspace: Workspace, prefix: str) -> Detail:
    """Return everything about one promotion; raises ``Absent`` or ``Conflict`` for its prefix."""

    def query(view: View) -> Detail:
        promotion = view.promotions.by_prefix(prefix)
        return Detail(
            promotion,
            standing(workspace, view, promotion) if promotion.judgement else None,
            view.remediations.of_promotion(promotion.id),
            view.effects.of_promotion(promotion.id),
        )

    return workspace.store.read(query)


def remediations(workspace: Workspace, owner: str | None) -> tuple[Remediation, ...]:
    """Return what must be mended, the most urgent first."""
    items = workspace.store.read(lambda view: view.remediations.open())
    chosen = (one for one in items if owner in (None, one.owner))
    return tuple(sorted(chosen, key=lambda one: (one.due is None, one.due, one.index)))


def words_of(workspace: Workspace, commitment: Commitment | None) -> str | None:
    """Return what somebody wrote, where it may still be read; None where nothing was written or it was erased."""
    if commitment is None:
        return None
    digest = commitment.commitment

    def query(view: View) -> Opening | None:
        try:
            return view.openings.find(digest)
        except Absent:
            return None

    opening = workspace.store.read(query)
    return None if opening is None else str(opening.value)
