"""Who repairs what a gate found, and by when."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy.pattern import Pattern
from pratique.policy.schema import Misfit
from pratique.policy.words import CheckId, Owner
from pratique.values.names import Group

_FILE = re.compile(r"[a-z][a-z-]*:([^@:]+?)(?: \([^()]*\))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which findings are meant: those that fit every word here."""

    check: CheckId | None = None
    """Only those of this check."""
    purl: Pattern | None = None
    """Compared with the part of a finding's term after ``@``: a package URL without version."""
    path: Pattern | None = None
    """Compared with the file that a finding names, such as ``usr/bin/su`` in ``setuid:usr/bin/su``."""
    team: Group | None = None
    """Only those in applications that this group owns."""

    def __post_init__(self) -> None:
        if self.check is None and self.purl is None and self.path is None and self.team is None:
            problem = "expected one of 'check', 'purl', 'path' and 'team'; the rest is the application owner's"
            raise Malformed(problem)
        if self.purl is not None and self.path is not None:
            raise Misfit(("path",), "expected 'purl' or 'path', found both; no finding is a package and a file")
        if self.path is not None and self.path.text.startswith("/"):
            raise Misfit(("path",), f"expected a path without its first slash, {self.path.text.lstrip('/')!r}")

    def fits(self, check: str, term: str, team: Group) -> bool:
        """Tell whether a finding is meant; ``team`` owns the application that has it."""
        package, file = term.partition("@")[2], file_of(term)
        return (
            self.check in (None, check)
            and self.team in (None, team)
            and (self.purl is None or self.purl.matches(package))
            and (self.path is None or (file is not None and self.path.matches(file)))
        )


def file_of(term: str) -> str | None:
    """Return the file that a finding's term names, or None where it names none."""
    found = _FILE.fullmatch(term)
    return found[1] if found else None


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

    def owner_of(self, check: str, term: str, team: Group) -> Owner:
        """Return who repairs this finding: by the first rule that fits, else ``team``, which owns the application."""
        return next((rule.owner for rule in self.owners if rule.match.fits(check, term, team)), Owner(team))

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
