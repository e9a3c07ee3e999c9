"""What an analyser found that is no vulnerability of a package: weak code, weak settings, secrets, licences.

Source: SARIF 2.1.0 section 3.27 (OASIS); Trivy's result classes ``config``, ``secret`` and ``license``.
"""

from dataclasses import dataclass
from enum import StrEnum


class ResultKind(StrEnum):
    """What an analyser looked at."""

    CODE = "code"
    MISCONFIGURATION = "misconfiguration"
    DISCLOSURE = "secret"
    LICENCE = "licence"
    DYNAMIC = "dynamic"
    """Probed from outside while it ran."""


class ResultLevel(StrEnum):
    """SARIF's levels; a tool with severities instead counts critical and high as errors, medium as warnings."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was found; its place and message are the tool's words."""

    rule: str
    level: ResultLevel
    severity: str | None
    """The tool's own word, or SARIF's ``security-severity``, where it has one beside the level."""
    message: str | None
    place: str | None
    suppressed: str | None = None
    """How somebody silenced it; a silenced result stays visible."""


@dataclass(frozen=True, slots=True)
class Results:
    """One run of one analyser; ``results`` is ``None`` where it says that it did not look."""

    kind: ResultKind
    producer: str | None
    producer_version: str | None
    results: tuple[Result, ...] | None
