"""What should be done next, as data; ``service`` performs it.

Level-triggered: the answer depends on how things stand, not on how they came to. An effect wanted twice has the
same identifier, so asking again after a crash wants nothing new.
"""

from collections.abc import Iterable
from enum import StrEnum

from pratique.promotion.states import MOVING, Promotion, State
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


def plan(promotion: Promotion, others: Iterable[Promotion]) -> tuple[Effect, ...]:
    """Return the effects wanted now that this promotion stands so.

    Args:
        promotion: After its latest event.
        others: Every other open promotion of the same application, image name and environment.
    """
    step = _STEP_OF.get(promotion.state)
    own = (Effect(promotion.id, promotion.generation, step),) if step else ()
    # Whatever this promotion did, it may have made room for another one: a step back from approved does, too.
    turn = next_to_copy((promotion, *others))
    return (*own, Effect(turn.id, turn.generation, Step.COPY)) if turn else own


def next_to_copy(place: Iterable[Promotion]) -> Promotion | None:
    """Return whose turn it is to be copied, among all open promotions of one place; None where one is under way.

    The order is that of approval in the ledger, so nobody overtakes.
    """
    found = tuple(place)
    if any(promotion.state in MOVING for promotion in found):
        return None
    waiting = [promotion for promotion in found if promotion.state is State.APPROVED]
    return min(waiting, key=_approved_at, default=None)


def _approved_at(promotion: Promotion) -> int:
    return promotion.approval.index if promotion.approval else promotion.index
