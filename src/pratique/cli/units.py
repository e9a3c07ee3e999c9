"""Sizes and durations for people; machines get plain numbers of bytes."""

_STEPS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def size(count_bytes: int) -> str:
    """Return a size in bytes with its unit: ``999 B``, ``1.5 KiB``, ``266.0 MiB``."""
    unit, factor = _unit(count_bytes)
    return f"{_number(count_bytes, factor)} {unit}"


def share(count_bytes: int, total_bytes: int) -> str:
    """Return a part of a size, in the unit of the whole and as wide whatever the part is: `` 66.0/266.0 MiB``."""
    unit, factor = _unit(total_bytes)
    whole = _number(total_bytes, factor)
    return f"{_number(count_bytes, factor).rjust(len(whole))}/{whole} {unit}"


def _unit(count_bytes: int) -> tuple[str, int]:
    """Return the unit in which a size has at most three digits before the point, and its bytes."""
    if count_bytes < 1000:
        return "B", 1
    factor = 1
    for unit in _STEPS:
        factor *= 1024
        if count_bytes < 999.95 * factor:  # what would round to four digits takes the next unit
            return unit, factor
    return _STEPS[-1], factor


def _number(count_bytes: int, factor: int) -> str:
    return str(count_bytes) if factor == 1 else f"{count_bytes / factor:.1f}"


def duration(seconds: float) -> str:
    """Return whole seconds as a clock shows them: ``0:04``, ``12:30``, ``1:02:03``; from 100 hours on, ``>99h``."""
    whole = max(0, int(seconds))
    if whole >= 360_000:
        return ">99h"
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


def counted(count: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 blob``, ``3 blobs``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
