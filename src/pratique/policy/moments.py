"""How a policy writes moments, times of day and days of the week.

``2026-12-18T00:00:00Z`` is one moment everywhere. Without the ``Z``, and as ``2026-12-18`` alone, it is what clocks
on the wall show in the policy's time zone; this floor never looks into a zone, so such a value stays naive.
"""

import re
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import NewType

from pratique.errors import Malformed
from pratique.values.moment import render_moment

Moment = NewType("Moment", datetime)
"""An aware moment, in UTC."""

Edge = NewType("Edge", datetime)
"""Where a window begins or ends: an aware moment, or a naive one on the clocks of the policy's time zone."""

_EDGE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{3})?)?)(Z?))?")
_TIME = re.compile(r"\d{2}:\d{2}")
_EDGES = "2026-12-18T00:00:00Z, or 2026-12-18T00:00 or 2026-12-18 in the policy's time zone"


class Weekday(StrEnum):
    """A day of the week, in the policy's time zone; the week begins on Monday."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


def parse_edge(text: str) -> datetime:
    """Read a moment, or a time on the wall; raises ``Malformed`` with the spellings."""
    found = _EDGE.fullmatch(text)
    if not found:
        raise Malformed(f"expected {_EDGES}, found {text[:40]!r}")
    try:
        read = datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}")
    except ValueError as error:
        raise Malformed(f"the moment {text} does not exist: {error}") from error
    return read.replace(tzinfo=UTC) if found[3] else read


def parse_utc(text: str) -> datetime:
    """Read a moment that is the same everywhere; raises ``Malformed`` where the ``Z`` is missing."""
    read = parse_edge(text)
    if read.tzinfo is None:
        raise Malformed(f"expected a moment in UTC such as 2026-12-01T00:00:00Z, found {text[:40]!r}")
    return read


def render_edge(edge: datetime) -> str:
    """Write a moment with its ``Z``, or a time on the wall without."""
    return render_moment(edge) if edge.tzinfo else edge.isoformat(timespec="milliseconds")


def parse_time(text: str) -> time:
    """Read a time of day such as ``09:00``, or raise ``Malformed``."""
    if not _TIME.fullmatch(text):
        raise Malformed(f"expected a time of day such as 09:00, in quotes, found {text[:40]!r}")
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"the time {text} does not exist: {error}") from error


def render_time(moment: time) -> str:
    """Write a time of day, ``09:00``."""
    return moment.isoformat(timespec="minutes")


def parse_day(text: str) -> date:
    """Read an ISO date, or raise ``Malformed``."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise Malformed(f"expected an ISO date such as 2027-05-01, found {text[:40]!r}")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"the day {text} does not exist: {error}") from error
