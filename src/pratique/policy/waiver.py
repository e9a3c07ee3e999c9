"""Which findings a waiver covers, how long, and what would make it unacceptable.

A waiver names one check and one finding. Where the check blocks, the finding is named in full; only what is merely
shown or reviewed may be named with a trailing ``*``. A package's version may be left out, or given, and then holds
for that version alone. What nobody knows counts against a waiver that depends on it.

Pure: no clock. Source: spec/policy.md section 3.3.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from pratique.attest.waiver import Over, Terms, VoidedIf
from pratique.evidence.facts.scan import Fix, Severity
from pratique.evidence.model import Vulnerability
from pratique.policy.checks.rule import CheckRule
from pratique.policy.result import CheckFinding, OnFailure
from pratique.policy.waiver_rules import WaiverRules
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment

_PURL = "@pkg:"
_REPAIRED = frozenset({Fix.FIXED})


@dataclass(frozen=True, slots=True)
class Place:
    """Which image asks to enter, for which application, and on which bases it was built (None: nobody says)."""

    image: Digest
    application: str
    environment: str
    bases: frozenset[str] | None


def covers(terms: Terms, rule: CheckRule, finding: CheckFinding, vulnerabilities: Sequence[Vulnerability]) -> bool:
    """Tell whether a waiver is about this finding of this check.

    Args:
        terms: The waiver's.
        rule: The check that found it.
        finding: What it found.
        vulnerabilities: Those of the image; which versions are installed stands there.
    """
    if terms.check != rule.id:
        return False
    if terms.term == finding.term or _without_version(finding.term) == terms.term:
        return True
    if terms.term.endswith("*") and rule.outcome is not OnFailure.BLOCK:
        return finding.term.startswith(terms.term[:-1])
    return _without_version(terms.term) == finding.term and _only_version(
        terms.term, finding.term, vulnerabilities
    )


def overlap(one: str, other: str) -> bool:
    """Tell whether waivers of these two terms may be about the same finding, with or without a version or a ``*``."""
    first, second = (_without_version(term.removesuffix("*")) for term in (one, other))
    begins = one.endswith("*") and second.startswith(first)
    return first == second or begins or (other.endswith("*") and first.startswith(second))


def _without_version(term: str) -> str:
    before, mark, purl = term.partition(_PURL)
    path, at, version = purl.rpartition("@")
    return f"{before}{mark}{path}" if mark and at and "/" not in version else term


def _only_version(term: str, found: str, vulnerabilities: Sequence[Vulnerability]) -> bool:
    wanted = term.removeprefix(f"{found}@")
    installed = {
        version for one in vulnerabilities if one.term == found for version in (one.version, *one.versions)
    }
    return installed == {wanted}


def why_elsewhere(terms: Terms, place: Place) -> str | None:
    """Return why a waiver does not reach this image, or None where it does."""
    scope = terms.scope
    if terms.environment != place.environment:
        return f"it holds in {terms.environment}"
    if scope.over is Over.DIGEST and scope.image != place.image:
        return f"it holds for another image, {scope.image.short if scope.image else 'none'}"
    if scope.over is Over.COMPONENT and place.application not in scope.applications:
        return f"it holds for {', '.join(scope.applications)}"
    if scope.over is Over.BASE and (place.bases is None or scope.base not in place.bases):
        return f"it holds for images built on {scope.base}, and no signed provenance says so of this one"
    return None


def why_not_now(terms: Terms, now: datetime) -> str | None:
    """Return why a waiver is not in force at this moment, or None; at its very expiry it is not."""
    if now < terms.not_before:
        return f"it begins at {render_moment(terms.not_before)}"
    if now >= terms.expires:
        return f"it expired at {render_moment(terms.expires)}"
    return None


def why_beyond_limits(terms: Terms, rules: WaiverRules, severity: Severity | None) -> str | None:
    """Return which limit of the policy a waiver exceeds for a finding of this severity, or None."""
    if terms.check in rules.never:
        return f"the policy never waives the check {terms.check}"
    days = rules.max_days.of(severity)
    if terms.expires - terms.not_before > timedelta(days=days):
        rated = severity.label if severity is not None else "of unknown severity"
        return f"it lasts longer than the {days} days that the policy allows for what is {rated}"
    if terms.renewals > rules.max_renewals:
        return f"it is renewal {terms.renewals}, and the policy allows {rules.max_renewals}"
    missing = next((need for need in rules.require if not _has(terms, need.value)), None)
    return f"the policy requires {missing.value}, and it has none" if missing else None


def _has(terms: Terms, need: str) -> bool:
    given = {
        "justification": bool(terms.justification),
        "compensating_controls": bool(terms.controls),
        "owner": terms.owner is not None,
        "ticket": terms.ticket is not None,
    }
    return given[need]


def why_void(terms: Terms, found: Sequence[Vulnerability]) -> str | None:
    """Return which of the facts that would make it unacceptable has come about, or None.

    Args:
        terms: The waiver's.
        found: The vulnerabilities that it covers, as this image has them.
    """
    voided = terms.voided_if
    for one in found:
        if voided.kev and one.known_exploited:
            return f"{one.identifier} is known to be exploited"
        if voided.fix_available and (one.fix in _REPAIRED or one.fixed_versions):
            return f"there is a fix for {one.identifier}: {', '.join(one.fixed_versions) or 'see the advisory'}"
        if (
            voided.epss is not None
            and one.likelihood is not None
            and Decimal(one.likelihood) >= Decimal(voided.epss)
        ):
            return f"{one.identifier} is exploited within 30 days with probability {one.likelihood}"
    return None


def why_untold(terms: Terms, found: Sequence[Vulnerability]) -> str | None:
    """Return which fact a waiver depends on that nobody knows, or None."""
    if terms.voided_if == VoidedIf():
        return None
    if not found:
        return "it depends on facts about a vulnerability, and covers none"
    for one in found:
        if terms.voided_if.kev and one.known_exploited is None:
            return f"nobody can say whether {one.identifier} is exploited: CISA's catalogue was not imported"
        if terms.voided_if.epss is not None and one.likelihood is None:
            return f"nobody can say how likely {one.identifier} is to be exploited"
        if terms.voided_if.fix_available and one.fix is Fix.UNKNOWN:
            return f"nobody says whether there is a fix for {one.identifier}"
    return None


def severity_of(label: str | None) -> Severity | None:
    """Return the severity that a finding names; None where it names none."""
    return next((one for one in Severity if one.label == label), None)
