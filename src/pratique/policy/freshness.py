"""Whether a policy has been looked at in time."""

from datetime import date, timedelta
from enum import StrEnum, auto

GRACE = timedelta(days=30)


class Freshness(StrEnum):
    """How a policy stands to the day on which it was to be looked at again."""

    FRESH = auto()
    DUE = auto()
    """That day is over: every decision says so."""
    OVERDUE = auto()
    """It is over by more than 30 days: nothing takes the fast track."""


def freshness(review_by: date, today: date) -> Freshness:
    """Return how a policy stands on a day, in UTC; on the day itself it is still fresh."""
    if today <= review_by:
        return Freshness.FRESH
    return Freshness.DUE if today <= review_by + GRACE else Freshness.OVERDUE
