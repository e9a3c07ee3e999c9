"""Moments: RFC 3339 in UTC with exactly three decimals, ``2026-11-24T09:30:00.000Z``.

One spelling, so that a moment inside signed bytes has one canonical form and sorts as text.
"""

import re
from datetime import UTC, datetime, timedelta

from pratique.errors import Malformed

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_DURATION = re.compile(r"(\d{1,6})(ms|s|m|h|d)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def parse_moment(text: str) -> datetime:
    """Read one moment.

    Raises:
        Malformed: Another spelling, or a day that does not exist.
    """
    if not _MOMENT.fullmatch(text):
        raise Malformed(f"moment: expected YYYY-MM-DDTHH:MM:SS.mmmZ, found {text[:40]!r}")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"moment: {text!r} does not exist: {error}") from error


def render_moment(moment: datetime) -> str:
    """Write one aware moment; what is finer than a millisecond is cut off."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """Read a duration such as ``30m``, ``24h`` or ``90d``.

    Raises:
        Malformed: Anything else, for example two units or a sign.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise Malformed(f"duration: expected a number and one of ms, s, m, h, d, found {text[:40]!r}")
    return timedelta(milliseconds=int(found[1]) * _UNIT_MS[found[2]])
