"""Where an image has been by now, and what of that counts."""

from collections.abc import Iterable
from datetime import datetime

from pratique.policy.facts import Arrival
from pratique.promotion.authority import Chain
from pratique.promotion.past import Arrival as Arrived
from pratique.promotion.record import Withheld
from pratique.promotion.states import Promotion
from pratique.promotion.steps import PromotionSealed
from pratique.storage.transaction import View
from pratique.values.ids import Kind


def arrivals_of(
    view: View, promotion: Promotion, uncounted: tuple[Withheld, ...], chain: Chain
) -> tuple[Arrival, ...]:
    """Return where a promotion's image has been by now, but for what does not count.

    Args:
        view: Where arrivals are known.
        promotion: Whose image is meant.
        uncounted: The holds on account of which a time does not count.
        chain: The directories, which say since when a stolen key's seals count for nothing.
    """
    stopped = {one.environment for one in uncounted if one.by.startswith(Kind.HOLD)}
    there = view.arrivals.of_image(promotion.image)
    worthless = doubtful(view, chain, there)
    return tuple(
        _arrival(view, one, view.now)
        for one in there
        if (one.application, one.image_name) == (promotion.application, promotion.image_name)
        and one.environment not in stopped  # what was taken back is no arrival any more
        and one.index not in worthless
    )


def doubtful(view: View, chain: Chain, arrivals: Iterable[Arrived]) -> frozenset[int]:
    """Return the indexes of those whose seal's key was revoked since from before the seal: a verifier counts none."""
    if not any(directory.document.revoked for _, directory in chain.versions):
        return frozenset()
    return frozenset(one.index for one in arrivals if _revoked(view, chain, one))


def _revoked(view: View, chain: Chain, one: Arrived) -> bool:
    sealed = [
        (entry.index, entry.event.data.key)
        for entry in view.ledger.of_promotion(one.promotion)
        if isinstance(entry.event.data, PromotionSealed) and entry.index < one.index
    ]
    index, key = sealed[-1] if sealed else (one.index, "")
    revoked = chain.revoked_from(key)
    return revoked is not None and revoked <= index


def _arrival(view: View, one: Arrived, now: datetime) -> Arrival:
    """Return an arrival with the last moment at which it ran there: now, or when another image took its place."""
    held = view.arrivals.current(one.application, one.image_name, one.environment)
    if held is not None and held.image == one.image:
        return Arrival(one.environment, one.at, one.level, now)
    there = view.arrivals.at_place(one.application, one.image_name, one.environment)
    replaced = min((each.at for each in there if each.at >= one.at and each.image != one.image), default=None)
    return Arrival(one.environment, one.at, one.level, replaced)
