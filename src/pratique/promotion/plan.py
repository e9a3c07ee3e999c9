"""What should be done next, as data; ``service`` performs it.

Level-triggered: the answer depends on how things stand, not on how they came to. An effect wanted twice has the
same identifier, so asking again after a crash wants nothing new.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from pratique.promotion.states import MOVING, Promotion, State
from pratique.promotion.together import approved_at, may_move, may_point
from pratique.values.dataclass import dataclass


class Step(StrEnum):
    """What an effect does, outside of the database."""

    GATHER = "gather"
    JUDGE = "judge"
    COPY = "copy"
    SEAL = "seal"
    ATTACH = "attach"
    POINT = "point"


@dataclass(frozen=True, slots=True)
class Effect:
    """One step of one attempt of one promotion."""

    promotion: str
    generation: int
    step: Step

    @property
    def id(self) -> str:
        """``promotion/generation/name``: the same step of the same attempt has the same one."""
        return f"{self.promotion}/{self.generation}/{self.step}"


_STEP_OF = {
    State.GATHERING: Step.GATHER,
    State.JUDGING: Step.JUDGE,
    State.SEALING: Step.SEAL,
    State.ATTACHING: Step.ATTACH,
    State.POINTING: Step.POINT,
}


Releases = Mapping[str, tuple[Promotion, ...]]
"""Every part of each release, the first one first, by the release's id."""


def plan(promotion: Promotion, others: Iterable[Promotion], releases: Releases) -> tuple[Effect, ...]:
    """Return the effects wanted now that this promotion stands so.

    Args:
        promotion: After its latest event.
        others: Every other open promotion of the same application, image name and environment.
        releases: Those that any of these is a part of.
    """
    step = None if _waits_to_point(promotion, releases) else _STEP_OF.get(promotion.state)
    own = (Effect(promotion.id, promotion.generation, step),) if step else ()
    # Whatever this promotion did, it may have made room for another one: a step back from approved does, too.
    turn = next_to_copy((promotion, *others), releases)
    return (*own, Effect(turn.id, turn.generation, Step.COPY)) if turn else own


def _waits_to_point(promotion: Promotion, releases: Releases) -> bool:
    """Tell whether others of its release are not so far, or one of them points every tag."""
    if promotion.release is None or promotion.state is not State.POINTING:
        return False
    return promotion.id != promotion.release.first or not may_point(parts_of(promotion, releases))


def parts_of(promotion: Promotion, releases: Releases) -> tuple[Promotion, ...]:
    """Return every part of a promotion's release; the promotion alone where it is of none."""
    return (promotion,) if promotion.release is None else releases[promotion.release.id]


def next_to_copy(place: Iterable[Promotion], releases: Releases) -> Promotion | None:
    """Return whose turn it is to be copied, among all open promotions of one place; None where one is under way.

    The order is that of approval in the ledger, so nobody overtakes; a release is approved with its last part.
    """
    found = tuple(place)
    if any(promotion.state in MOVING for promotion in found):
        return None
    approved = [(parts_of(one, releases), one) for one in found if one.state is State.APPROVED]
    turns = [(approved_at(parts), one) for parts, one in approved if may_move(parts)]
    return min(turns, key=lambda turn: turn[0], default=(0, None))[1]
