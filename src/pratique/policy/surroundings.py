"""What an environment is exposed to, and how much depends on it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from pratique.policy.risk import Exposure
from pratique.policy.tightening import one_of, tighter


class Mission(StrEnum):
    """How much depends on what runs there (SSVC's terms)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_OPENING = one_of(Exposure.SMALL, Exposure.CONTROLLED, Exposure.OPEN)
_WEIGHING = one_of(Mission.LOW, Mission.MEDIUM, Mission.HIGH)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskContext:
    """By which model risk is told, and in which surroundings; without a word, in the worst."""

    model: Literal["pratique-risk/1"] = "pratique-risk/1"
    exposure: Exposure = field(default=Exposure.OPEN, metadata=tighter(_OPENING))
    mission: Mission = field(default=Mission.HIGH, metadata=tighter(_WEIGHING))
    """Orders queues; the score does not depend on it."""


WORST_PLACE: Final = RiskContext()
