"""Grace: a vulnerability may stay for so many days, counted from a clock that has a name.

A clock that has not begun gives no grace: where no fix is known, or no date of it, ``fix_available`` says nothing;
where the ledger was not asked, ``first_seen`` says nothing; and a date that lies in the future is no date. At the
last moment of its grace a vulnerability is still let be.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from pratique.evidence.model import Vulnerability
from pratique.policy.facts import Facts
from pratique.policy.schema import key
from pratique.policy.tightening import Tight, lower, tighter
from pratique.policy.words import Positive


class Clock(StrEnum):
    """From when the days are counted."""

    FIX_AVAILABLE = "fix_available"
    """Since a repaired version is there, as a scanner says."""
    FIRST_SEEN = "first_seen"
    """Since the ledger met it first in any image of this name; another build changes nothing about that."""
    PUBLISHED = "published"
    """Since it was made known, as a scanner or an advisory says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """So many days from one clock."""

    days: Positive = field(metadata=tighter(lower))
    clock: Clock = field(metadata=key("from"))


def _shorter(parent: Any, child: Any) -> bool:
    return child is None or (parent is not None and child.clock is parent.clock and child.days <= parent.days)


GRACE: Tight = _shorter


def grace_ends(grace: Grace, vulnerability: Vulnerability, facts: Facts) -> datetime | None:
    """Return the last moment at which this vulnerability is let be, or nothing where it has no grace."""
    began = _began(grace.clock, vulnerability, facts)
    if began is None or began > facts.now:
        return None
    try:
        return began + timedelta(days=grace.days)
    except OverflowError:
        return None


def _began(clock: Clock, vulnerability: Vulnerability, facts: Facts) -> datetime | None:
    match clock:
        case Clock.FIX_AVAILABLE:
            return vulnerability.fixed_since
        case Clock.PUBLISHED:
            return vulnerability.published
        case Clock.FIRST_SEEN:
            # What the ledger has never met it meets now.
            return None if facts.first_seen is None else facts.first_seen.get(vulnerability.term, facts.now)
        case _:
            assert_never(clock)
