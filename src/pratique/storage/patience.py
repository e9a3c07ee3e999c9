"""How long anybody is waited for, and which effects have been waited for too long."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from pratique.storage.effect import State
from pratique.storage.schema import EFFECT
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class Patience:
    """How long anybody is waited for.

    Attributes:
        lease: How long a worker is believed to be alive without a word.
        unhinted: How old an effect without a hint gets before the reconciler gives one.
        unheeded: How old a hint gets that nobody has followed before another one is given.
        attempts: After this many it is dead.
        first_wait: Before the second attempt; it doubles with each one more.
        longest_wait: The most that it grows to.
    """

    lease: timedelta = timedelta(seconds=60)
    unhinted: timedelta = timedelta(seconds=1)
    unheeded: timedelta = timedelta(seconds=10)
    attempts: int = 5
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=5)

    def wait_after(self, attempt: int) -> timedelta:
        """Return how long to wait after this attempt has failed."""
        doubled: int = 1 << min(attempt - 1, 30)
        return min(self.first_wait * doubled, self.longest_wait)


def stuck(now: datetime) -> sa.ColumnElement[bool]:
    """Select what needs its next attempt: its worker was not heard of for a lease, or it failed and has waited."""
    moment = render_moment(now)
    lapsed = (EFFECT.c.state == State.RUNNING) & (EFFECT.c.lease_until < moment)
    return lapsed | (EFFECT.c.state == State.FAILED) & (EFFECT.c.not_before <= moment)


def unheard(now: datetime, patience: Patience) -> sa.ColumnElement[bool]:
    """Select what needs a hint: it is wanted, and nobody was told, or nobody came."""
    never = EFFECT.c.hinted_at.is_(None) & (EFFECT.c.not_before <= render_moment(now - patience.unhinted))
    # A hint may be lost, or wait in a long queue; one more costs little.
    lost = EFFECT.c.hinted_at <= render_moment(now - min(patience.unheeded, patience.lease))
    return (EFFECT.c.state == State.WANTED) & (never | lost)
