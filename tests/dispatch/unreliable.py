"""A dispatcher that loses three hints of ten and doubles three of ten: its interface allows as much."""

import random
from datetime import datetime

import sqlalchemy as sa

from pratique.dispatch.interface import Dispatcher, Run


class Unreliable:
    """Another dispatcher, seen through a bad line."""

    def __init__(self, true: Dispatcher, seed: int) -> None:
        self._true = true
        self._chance = random.Random(seed)

    def enqueue(
        self, connection: sa.Connection, effect: str, attempt: int, queue: str, not_before: datetime
    ) -> None:
        times = self._chance.choices((0, 1, 2), (3, 4, 3))[0]
        for _ in range(times):
            self._true.enqueue(connection, effect, attempt, queue, not_before)

    def start(self, run: Run) -> None:
        self._true.start(run)

    def stop(self) -> None:
        self._true.stop()
