"""How a promotion ends without entering: taken back by who may, or left alone for too long.

Source: decisions.md, "Who counts" (taking back needs one person) and "Life of a promotion".
"""

from datetime import datetime

from pratique.errors import Refused
from pratique.promotion.directory import Directory
from pratique.promotion.happenings import ReviewEscalated
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionExpired, PromotionWithdrawn
from pratique.values.moment import render_moment
from pratique.values.names import Actor


def withdraw(promotion: Promotion, by: Actor, directory: Directory, *, now: datetime) -> PromotionWithdrawn:
    """Return the withdrawal, if ``by`` asked for this promotion, owns what asked, or holds any role for it.

    Raises:
        Refused: ``by`` may not take it back.
    """
    asked = {promotion.requester, directory.person_behind(promotion.requester)}
    if by in asked:
        return PromotionWithdrawn(by, f"{by} took the request back")
    roles = directory.roles_of(by, promotion.application, promotion.to, now)
    if not roles:
        place = f"{promotion.application} in {promotion.to}"
        raise Refused(f"withdraw: expected {promotion.requester} or somebody with a role for {place}, found {by}")
    return PromotionWithdrawn(by, f"{by} ({', '.join(sorted(roles))}) stopped it")


def escalate(promotion: Promotion, *, now: datetime) -> ReviewEscalated | None:
    """Return the escalation of a review that has waited long enough and was not escalated yet, or None."""
    judgement = promotion.judgement
    if promotion.state is not State.REVIEW or judgement is None or judgement.escalated is not None:
        return None
    if judgement.escalate_at is None or judgement.escalate_to is None or now < judgement.escalate_at:
        return None
    because = f"it has waited since {render_moment(judgement.at)}"
    return ReviewEscalated(judgement.record, judgement.escalate_to, because)


def expire(promotion: Promotion, *, now: datetime) -> PromotionExpired | None:
    """Return the expiry of a promotion whose review window has closed by now, or None."""
    until = promotion.judgement.review_until if promotion.judgement else None
    if promotion.state is not State.REVIEW or until is None or now < until:
        return None
    return PromotionExpired(f"people could decide until {render_moment(until)}, and not enough did")
