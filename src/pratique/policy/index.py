"""Vulnerabilities and components arranged once, so that twenty checks over ten thousand of them stay quick."""

from collections.abc import Mapping
from dataclasses import dataclass

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.scan import Fix, Severity
from pratique.evidence.merge import explain_severity
from pratique.evidence.model import Evidence, Vulnerability
from pratique.evidence.quality import is_package
from pratique.policy.result import CheckFinding
from pratique.policy.upgrade import repairs
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Found:
    """A vulnerability and how it is told to people."""

    vulnerability: Vulnerability
    finding: CheckFinding


@dataclass(frozen=True, slots=True)
class Group:
    """Vulnerabilities that every severity and fixability filter treats alike."""

    severity: Severity | None
    fixable: bool | None
    """``None`` where nobody says whether there is a fix."""
    members: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Index:
    """The arranged facts."""

    groups: tuple[Group, ...]
    """Worst severity first, unknown before all; members by term."""
    components: Mapping[tuple[str, ...], tuple[Component, ...]]
    """Packages of every bill of materials, each once, by their licence texts."""
    evidence: Mapping[Digest, Evidence]
    disputed: bool
    """Whether anybody states anything about the exploitability of any vulnerability here; seldom."""


def build_index(
    vulnerabilities: tuple[Vulnerability, ...],
    sboms: tuple[tuple[Sbom, Evidence], ...],
    evidence: tuple[Evidence, ...],
) -> Index:
    """Arrange the facts; nothing is left out and nothing added."""
    return Index(
        groups=_groups(vulnerabilities),
        components=_components(sboms),
        evidence={each.piece.digest: each for each in evidence},
        disputed=any(each.vex for each in vulnerabilities),
    )


def _groups(vulnerabilities: tuple[Vulnerability, ...]) -> tuple[Group, ...]:
    found: dict[tuple[Severity | None, bool | None], list[Found]] = {}
    for vulnerability in sorted(vulnerabilities, key=lambda each: each.term):
        place = (vulnerability.severity, _fixable(vulnerability))
        found.setdefault(place, []).append(Found(vulnerability, _finding(vulnerability)))
    return tuple(
        Group(severity, fixable, tuple(members))
        for (severity, fixable), members in sorted(found.items(), key=lambda item: _rank(*item[0]))
    )


def _rank(severity: Severity | None, fixable: bool | None) -> tuple[int, int]:
    return (-1 if severity is None else Severity.CRITICAL - severity, (None, True, False).index(fixable))


def _fixable(vulnerability: Vulnerability) -> bool | None:
    if vulnerability.fixed_versions or vulnerability.fix is Fix.FIXED:
        return True
    return None if vulnerability.fix is Fix.UNKNOWN else False


def _finding(vulnerability: Vulnerability) -> CheckFinding:
    counted = Severity.HIGH if vulnerability.severity is None else vulnerability.severity
    severity = "unknown severity" if vulnerability.severity is None else counted.label
    version = vulnerability.version or "(version unknown)"
    silenced = f"; silenced in {', '.join(vulnerability.suppressed_by)}, which does not count" * bool(
        vulnerability.suppressed_by
    )
    disputed = explain_severity(vulnerability)
    origin = vulnerability.origin
    whose = f" of the {origin.words}" if origin else ""
    reporters = ", ".join(vulnerability.reported_by) or "nobody named"
    return CheckFinding(
        vulnerability.term,
        f"{vulnerability.identifier} ({severity}) in {vulnerability.package} {version}{whose}, "
        f"reported by {reporters}{silenced}" + (f"; {disputed}" if disputed else ""),
        counted.label,
        _upgrade(vulnerability),
        origin.value if origin else None,
    )


def _upgrade(vulnerability: Vulnerability) -> str | None:
    fixed = repairs(vulnerability)
    if not fixed:
        return None
    origin = f" from {vulnerability.version}" if vulnerability.version else ""
    return f"upgrade {vulnerability.package}{origin} to {' or '.join(fixed)}"


def _components(sboms: tuple[tuple[Sbom, Evidence], ...]) -> Mapping[tuple[str, ...], tuple[Component, ...]]:
    found: dict[tuple[str, ...], dict[Component, None]] = {}
    for sbom, _ in sboms:
        for component in filter(is_package, sbom.components):
            found.setdefault(component.licences, {})[component] = None
    return {licences: tuple(components) for licences, components in sorted(found.items())}
