"""How long a decision may be acted upon without another look.

Whatever can change an outcome by the mere passing of time ends it: a decision holds while ``now`` is before the
first of these moments (decisions.md, "Judging").
"""

from collections.abc import Iterable
from datetime import datetime

from pratique.policy.result import CheckResult
from pratique.promotion.waiver import Fate, Heard


def holds_until(
    results: Iterable[CheckResult], stops_at: datetime | None = None, waivers: Iterable[Heard] = ()
) -> datetime | None:
    """Return the first moment at which an outcome may be another one; None where time alone changes nothing.

    Args:
        results: Of every check.
        stops_at: When a freeze begins in which what was judged may not move.
        waivers: Those that were heard; what relies on one holds no longer than it.
    """
    ends = (one.expires for one in waivers if one.fate is Fate.APPLIED)
    moments = (stops_at, *(result.holds_until for result in results), *ends)
    return min((moment for moment in moments if moment is not None), default=None)
