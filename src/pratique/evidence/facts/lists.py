"""Knowledge about vulnerabilities that is not about any image: advisories, and lists of what is exploited.

Source: OSV schema; CISA's KEV catalogue; FIRST's EPSS data.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Advisories:
    """Identifiers of the advisories in a document, as written, in its order; ``withdrawn`` are among them."""

    identifiers: tuple[str, ...]
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exploited:
    """One entry of CISA's catalogue of known exploited vulnerabilities."""

    vulnerability: str
    added: date | None
    due: date | None
    ransomware: bool | None
    """``None`` where the catalogue says that it does not know."""


@dataclass(frozen=True, slots=True)
class KnownExploited:
    """The whole catalogue of one day; what is not in it is not known to be exploited on that day."""

    version: str | None
    entries: tuple[Exploited, ...]


@dataclass(frozen=True, slots=True)
class Likelihoods:
    """EPSS: how likely each vulnerability is to be exploited in the next 30 days, as decimals of 0 to 1."""

    model: str | None
    day: date | None
    scores: tuple[tuple[str, str, str], ...]
    """Vulnerability, probability, percentile, as written."""
