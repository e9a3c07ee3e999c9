"""How one effect stands, as its row says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pratique.promotion.plan import Step
from pratique.values.canonical import Json, parse_json
from pratique.values.moment import parse_moment


class State(StrEnum):
    """Where an effect stands."""

    WANTED = "wanted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class EffectStanding:
    """One thing to be done and how far it is; ``id`` is ``promotion/generation/step``."""

    id: str
    promotion: str
    generation: int
    step: Step
    queue: str
    state: State
    attempt: int
    not_before: datetime
    owner: str | None
    lease_until: datetime | None
    result: Json
    error: str | None


def standing_of(row: sa.Row[Any]) -> EffectStanding:
    """Return what a row of the table says."""
    return EffectStanding(
        row.id,
        row.promotion,
        row.generation,
        Step(row.step),
        row.queue,
        State(row.state),
        row.attempt,
        parse_moment(row.not_before),
        row.owner,
        None if row.lease_until is None else parse_moment(row.lease_until),
        None if row.result is None else parse_json(row.result.encode(), "effect.result"),
        row.error,
    )
