"""What wakes a worker up for an effect: a hint, never the truth.

What must be done, and who may do it, stands in the effect's row, and there a worker claims it. So a hint may be
lost, doubled or late, and still nothing is lost, and nothing is recorded twice: a lost hint is made up for by the
reconciler, and a doubled one claims nothing.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

Run = Callable[[str, int], None]
"""``(effect, attempt)`` → try to claim it, and perform it if that succeeds."""


class Dispatcher(Protocol):
    """One process's end of the way that hints travel."""

    def enqueue(
        self, connection: sa.Connection, effect: str, attempt: int, queue: str, not_before: datetime
    ) -> None:
        """Hint that some worker should run this attempt, not before that moment.

        The hint becomes visible when the caller's transaction commits, and vanishes when it is rolled back.
        """

    def start(self, run: Run) -> None:
        """Begin to call ``run``, from several threads at once, for hints of this and of other processes."""

    def stop(self) -> None:
        """Stop calling ``run``, and wait for the calls under way, a minute at most: then their leases lapse."""
