"""Freezes: times in which an environment stands still.

A freeze is bound to moments, or comes back every week in the policy's time zone. Which instants that means is worked
out where time zones are known; here are only the words. Going back to an earlier image is always possible.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pratique.policy.moments import Edge, Weekday
from pratique.policy.schema import Misfit, key
from pratique.policy.tightening import Tight, loosened, tighter, trusts_less
from pratique.policy.words import Text


class TrackName(StrEnum):
    """The tracks as a policy names them."""

    FAST = "fast"
    SLOW = "slow"
    ROLLBACK = "rollback"
    EMERGENCY = "emergency"
    ADOPT = "adopt"


def _begins_no_later(parent: Any, child: Any) -> bool:
    return _comparable(parent, child) and bool(child <= parent)


def _ends_no_earlier(parent: Any, child: Any) -> bool:
    return _comparable(parent, child) and bool(child >= parent)


def _comparable(parent: Any, child: Any) -> bool:
    return parent is not None and child is not None and (parent.tzinfo is None) == (child.tzinfo is None)


def _more_days(parent: tuple[Weekday, ...], child: tuple[Weekday, ...]) -> bool:
    return bool(parent) and set(parent) <= set(child)


BEGINS: Tight = _begins_no_later
ENDS: Tight = _ends_no_earlier
MORE_DAYS: Tight = _more_days


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """From ``begin`` until before ``end``, or on these days of every week; only what ``allow`` names moves."""

    name: Text
    begin: Edge | None = field(default=None, metadata=key("from") | tighter(BEGINS))
    end: Edge | None = field(default=None, metadata=key("until") | tighter(ENDS))
    weekly: tuple[Weekday, ...] = field(default=(), metadata=tighter(MORE_DAYS))
    allow: tuple[TrackName, ...] = field(default=(TrackName.EMERGENCY,), metadata=tighter(trusts_less))
    """Tracks that move all the same; ``rollback`` always does."""
    relax: Text | None = None

    def __post_init__(self) -> None:
        once = self.begin is not None or self.end is not None
        if once == bool(self.weekly):
            raise Misfit((), f"freeze {self.name!r}: expected 'from' and 'until', or 'weekly'")
        if once and (self.begin is None or self.end is None):
            raise Misfit((), f"freeze {self.name!r}: expected both 'from' and 'until'; a freeze has an end")
        if self.begin and self.end:
            self._refuse_backwards(self.begin, self.end)

    def _refuse_backwards(self, begin: Edge, end: Edge) -> None:
        if (begin.tzinfo is None) != (end.tzinfo is None):
            raise Misfit(("until",), "expected both moments in UTC (with Z), or both in the policy's time zone")
        if begin >= end:
            raise Misfit(("until",), "expected a moment later than 'from'")

    def lets(self, track: TrackName) -> bool:
        """Tell whether this track moves all the same."""
        return track is TrackName.ROLLBACK or track in self.allow


def inherit_freezes(parents: tuple[Freeze, ...], children: tuple[Freeze, ...], source: str) -> tuple[Freeze, ...]:
    """Return the inherited freezes with the child's own, which replace those of their name.

    Raises:
        Misfit: One replaces a freeze by a shorter one and does not say why; the path begins at ``freeze``.
    """
    found = {freeze.name: freeze for freeze in parents}
    for child in children:
        parent = found.get(child.name)
        for looser in loosened(parent, child) if parent and not child.relax else ():
            problem = f"{looser} of {child.name!r} is looser than in {source}; tighten it, or say why in 'relax'"
            raise Misfit(("freeze", child.name, looser), problem)
        found[child.name] = child
    return tuple(found.values())


def refuse_freezes_twice(freezes: tuple[Freeze, ...]) -> None:
    """Return if every freeze has its own name, or raise ``Misfit``."""
    names = [freeze.name for freeze in freezes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Misfit(("freeze", twice, "name"), f"{twice!r} stands twice; give each freeze its own name")
