"""Vulnerability reports: what a scanner found, in its own words and on our scale."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from pratique.values.digest import Digest


class Severity(IntEnum):
    """A severity label that can be compared; an unknown severity is ``None``, never the lowest."""

    NONE = 0
    NEGLIGIBLE = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    CRITICAL = 5

    @property
    def label(self) -> str:
        """The word for people and documents, in lower case."""
        return self.name.lower()


class Fix(StrEnum):
    """Whether a fixed version exists, as the tool or advisory says."""

    FIXED = "fixed"
    NOT_FIXED = "not_fixed"
    WONT_FIX = "wont_fix"
    DEFERRED = "deferred"
    END_OF_LIFE = "end_of_life"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Rating:
    """One source's opinion of a severity; every opinion is kept."""

    source: str
    severity: Severity | None
    score: str | None = None
    vector: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One vulnerability in one package, as one tool reported it."""

    vulnerability: str
    aliases: tuple[str, ...]
    package: str
    version: str | None
    purl: str | None
    ratings: tuple[Rating, ...]
    fix: Fix
    fixed_versions: tuple[str, ...] = ()
    suppressed: str | None = None
    """How somebody silenced it in the tool; a silenced finding stays visible."""
    severity: Severity | None = None
    """What the tool itself calls it, among all the opinions in ``ratings``."""
    known_exploited: bool | None = None
    """Whether the tool says that it is in CISA's catalogue; ``None`` where it does not say."""
    likelihood: str | None = None
    """EPSS probability, a decimal of 0 to 1, where the tool says it."""
    written: str | None = None
    """The package URL as the tool wrote it, with its qualifiers."""
    published: datetime | None = None
    """When the vulnerability was made known, where the tool says it."""
    fixed_since: datetime | None = None
    """Since when there is a fixed version, where the tool says it."""
    layers: tuple[Digest, ...] = ()
    """Layers in which the tool says that the package lies, sorted; unpacked where it names them so."""


@dataclass(frozen=True, slots=True)
class Scan:
    """A vulnerability report.

    ``packages_examined`` is ``None`` where the report does not say how many, and 0 where it shows that the tool
    looked at no package at all.
    """

    producer: str
    producer_version: str | None
    database_date: datetime | None
    created: datetime | None
    packages_examined: int | None
    findings: tuple[Finding, ...]
    not_examined: tuple[str, ...] = ()
    """What the tool says it could not compare, and why; one sentence each."""
    failed: datetime | None = None
    """When a run came to nothing, where this tells of one: what the tool said before holds no longer."""
