"""Where an image has been by now, and what of that counts."""

from datetime import datetime

from pratique.policy.facts import Arrival
from pratique.promotion.past import Arrival as Arrived
from pratique.promotion.record import Withheld
from pratique.promotion.states import Promotion
from pratique.storage.transaction import View
from pratique.values.ids import Kind


def arrivals_of(view: View, promotion: Promotion, uncounted: tuple[Withheld, ...]) -> tuple[Arrival, ...]:
    """Return where a promotion's image has been by now, but for what does not count."""
    stopped = {one.environment for one in uncounted if one.by.startswith(Kind.HOLD)}
    return tuple(
        _arrival(view, one, view.now)
        for one in view.arrivals.of_image(promotion.image)
        if (one.application, one.image_name) == (promotion.application, promotion.image_name)
        and one.environment not in stopped  # what was taken back is no arrival any more
    )


def _arrival(view: View, one: Arrived, now: datetime) -> Arrival:
    """Return an arrival with the last moment at which it ran there: now, or when another image took its place."""
    held = view.arrivals.current(one.application, one.image_name, one.environment)
    if held is not None and held.image == one.image:
        return Arrival(one.environment, one.at, one.level, now)
    there = view.arrivals.at_place(one.application, one.image_name, one.environment)
    replaced = min((each.at for each in there if each.at >= one.at and each.image != one.image), default=None)
    return Arrival(one.environment, one.at, one.level, replaced)
