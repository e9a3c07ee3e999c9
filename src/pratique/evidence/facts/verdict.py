"""What came of an outside check: a program, a service or a plugin that looks at an image and answers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that an outside check found wrong; ``term`` stays the same over rebuilds."""

    term: str
    message: str
    severity: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run of one outside check (``verdict/v1``).

    Attributes:
        check: How the settings, and so policies, call it.
        finished: When it ended.
        objections: What it found; empty where it looked and found nothing. ``None`` where there is no answer.
        reason: Why there is no answer.
    """

    check: str
    finished: datetime
    objections: tuple[Objection, ...] | None
    reason: str = ""
