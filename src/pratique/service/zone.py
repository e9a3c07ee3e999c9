"""Time zones by name, from the system or, without one, from ``tzdata``: the one place that knows them."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pratique.errors import Absent


def find_zone(name: str) -> ZoneInfo | None:
    """Return a time zone, or None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone, or raise ``Absent`` where this machine does not know it."""
    found = find_zone(name)
    if found is None:
        raise Absent(f"the time zone {name[:80]!r} is not known here; install the system's zones or tzdata")
    return found
