"""Where an image's time does not count any more: a hold is in force there, or it was taken back from there.

Neither ``promoted_from`` nor the rollback track counts such a time (decisions.md, "Documents").
"""

from collections.abc import Iterator

from pratique.promotion.hold import HoldStanding, holding
from pratique.promotion.record import Withheld
from pratique.promotion.states import Promotion, State
from pratique.storage.transaction import View
from pratique.values.digest import Digest


def images_of(promotion: Promotion) -> tuple[Digest, ...]:
    """Return the image and each of its platforms, as far as they are known."""
    return (promotion.image, *(platform.digest for platform in promotion.platforms))


def withheld(view: View, holds: tuple[HoldStanding, ...], promotion: Promotion) -> tuple[Withheld, ...]:
    """Return the environments where this image's time does not count, each with the hold or the recalled promotion."""
    return tuple(sorted(set(_withheld(view, holds, promotion)), key=lambda one: (one.environment, one.by)))


def _withheld(view: View, holds: tuple[HoldStanding, ...], promotion: Promotion) -> Iterator[Withheld]:
    same = promotion.application, promotion.image_name
    every = [one for one in view.promotions.of_image(promotion.image) if (one.application, one.image_name) == same]
    there = {one.to: one for one in every if one.state is State.PROMOTED}
    for one in every:
        if one.state is State.RECALLED and one.to not in there:
            yield Withheld(one.to, one.id)
    for environment, one in there.items():
        held = holding(holds, one.application, environment, images_of(one))
        if held is not None:
            yield Withheld(environment, held.hold)
