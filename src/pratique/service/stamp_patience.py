"""How long a timestamp authority that failed is left alone: twice as long each time, and never longer than half a day.

What failed is written down in ``timestamps-failing.json`` in the workspace, so that a worker that starts anew asks no
sooner, and ``pratique status`` tells it. The file may be lost: then every authority is asked once more.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pratique.errors import Malformed, Unreachable
from pratique.promotion.form import read, write
from pratique.values.canonical import canonical, parse_object

FILE = "timestamps-failing.json"
FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=12)
_MAX_BYTES = 1024 * 1024
_MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Failing:
    """An authority that was asked in vain, so many times in a row, and when it is asked again."""

    authority: str
    failures: int
    since: datetime
    again: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class _Form:
    failing: tuple[Failing, ...]


def failing(root: Path) -> tuple[Failing, ...]:
    """Return every authority that failed the last time; none where nothing can be read of it."""
    try:
        content = (root / FILE).read_bytes()
        return read(_Form, parse_object(content, FILE, max_bytes=_MAX_BYTES), FILE).failing
    except (OSError, Malformed):
        return ()


def after_failure(before: Failing | None, authority: str, reason: str, now: datetime) -> Failing:
    """Return how an authority stands that failed now."""
    failures = before.failures + 1 if before else 1
    wait = LONGEST if failures > 32 else min(FIRST * 2 ** (failures - 1), LONGEST)
    return Failing(authority, failures, before.since if before else now, now + wait, reason[:_MAX_REASON])


def remember(root: Path, asked: frozenset[str], failed: tuple[Failing, ...]) -> None:
    """Write down who failed; whoever was asked and did not fail is forgotten.

    Raises:
        Unreachable: The file cannot be written.
    """
    before = failing(root)
    others = (one for one in before if one.authority not in asked)
    standing = tuple(sorted((*others, *failed), key=lambda one: one.authority))
    if standing == before:
        return
    part = (root / FILE).with_name(f".{FILE}.{os.getpid()}.part")
    try:
        part.write_bytes(canonical(write(_Form(standing))) + b"\n")
        part.replace(root / FILE)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise Unreachable(f"{root / FILE} cannot be written: {error.strerror}; look at the disk") from error
