"""Who repairs what a gate found, and by when."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy.pattern import Pattern
from pratique.policy.words import CheckId, Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which findings: of this check, in packages like this, or both."""

    check: CheckId | None = None
    purl: Pattern | None = None
    """Compared with the part of a finding's term after ``@``: a package URL without version."""

    def __post_init__(self) -> None:
        if self.check is None and self.purl is None:
            raise Malformed("expected 'check', 'purl' or both; a rule for everything is the application's owner")

    def fits(self, check: str, term: str) -> bool:
        """Tell whether a finding is meant."""
        package = term.partition("@")[2]
        return self.check in (None, check) and (self.purl is None or self.purl.matches(package))


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerRule:
    """These findings are repaired by this owner."""

    match: Match
    owner: Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How long repairing may take, by severity."""

    critical: timedelta | None = None
    high: timedelta | None = None
    medium: timedelta | None = None
    low: timedelta | None = None
    negligible: timedelta | None = None


NEVER_DUE: Final = Due()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remediation:
    """Owners and due times of remediation items."""

    owners: tuple[OwnerRule, ...] = ()
    """The first rule that fits counts."""
    due: Due = NEVER_DUE

    def owner_of(self, check: str, term: str) -> Owner | None:
        """Return who repairs this finding; ``None`` leaves it to the application's owner."""
        return next((rule.owner for rule in self.owners if rule.match.fits(check, term)), None)

    def time_for(self, severity: str | None) -> timedelta | None:
        """Return how long repairing may take.

        Args:
            severity: The label that the finding has; one without is given the time of ``high``.
        """
        label = severity or Severity.HIGH.label
        times: dict[str, timedelta | None] = {
            "critical": self.due.critical,
            "high": self.due.high,
            "medium": self.due.medium,
            "low": self.due.low,
        }
        return times.get(label, self.due.negligible)


NOBODY_NAMED: Final = Remediation()
"""No owners and no due times."""
