"""Sizes and durations for people; machines get plain numbers of bytes."""

_STEPS = ("KiB", "MiB", "GiB", "TiB", "PiB")


def size(count_bytes: int) -> str:
    """Return a size in bytes with its unit: ``999 B``, ``1.5 KiB``, ``266.0 MiB``."""
    if count_bytes < 1000:
        return f"{count_bytes} B"
    value = float(count_bytes)
    for unit in _STEPS:
        value /= 1024
        if value < 999.95:  # what would round to four digits takes the next unit
            return f"{value:.1f} {unit}"
    return f"{value:.0f} {_STEPS[-1]}"


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
