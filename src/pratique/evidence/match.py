"""The built-in matcher: components of an SBOM against imported advisories, without a network.

Whatever could not be compared is said in ``not_examined``; only what was compared counts as examined, so an
SBOM of packages that no advisory covers is not a clean one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from pratique.evidence.advisories import Advisories
from pratique.evidence.affected import Verdict
from pratique.evidence.ecosystem import SCHEMES, Ecosystem, Installed, installed
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.formats.osv import Advisory, Affected
from pratique.evidence.row import Row
from pratique.evidence.versions import parse_version

PRODUCER = "pratique-matcher"
PRODUCER_VERSION = "1"
_NOT_PACKAGES = frozenset({"operating-system", "file", "cryptographic-asset", "data", "device"})
_Told = tuple[Advisory, Affected, Verdict | None]


@dataclass(slots=True)
class _Work:
    """What one matching has found so far."""

    examined: int = 0
    findings: dict[Finding, None] = field(default_factory=dict)
    not_examined: Counter[str] = field(default_factory=Counter)


def match(sbom: Sbom, advisories: Advisories) -> Scan:
    """Return which components an advisory concerns, and which could not be compared."""
    work = _Work()
    packages = [(component, _package(component, advisories)) for component in sbom.components]
    told = _told((package for _, package in packages if isinstance(package, Installed)), advisories)
    for component, package in packages:
        if isinstance(package, Installed):
            _take(component, told[package], work)
        elif component.purl or component.kind not in _NOT_PACKAGES:
            work.not_examined[package] += 1
    return Scan(
        producer=PRODUCER,
        producer_version=PRODUCER_VERSION,
        database_date=advisories.newest,
        created=None,
        packages_examined=work.examined,
        findings=tuple(work.findings),
        not_examined=tuple(f"{why} ({count})" for why, count in sorted(work.not_examined.items())),
    )


def _package(component: Component, advisories: Advisories) -> Installed | str:
    """Return the component in the words of its advisories, or why it is not compared with any."""
    package = installed(component)
    if isinstance(package, str):
        return package
    if not advisories.covers(package.ecosystem):
        return f"{package.ecosystem}: no advisories are imported"
    if parse_version(SCHEMES[package.ecosystem.name], package.version) is None:
        return f"{package.ecosystem}: the version cannot be compared"
    return package


def _told(packages: Iterable[Installed], advisories: Advisories) -> dict[Installed, list[_Told]]:
    """Return what the advisories say of each package, but for those that do not concern its version."""
    told: dict[Installed, list[_Told]] = {package: [] for package in packages}
    names = groupby(sorted(told, key=_name), _name)
    for same in (tuple(group) for _, group in names):
        by_version = {package.version: told[package] for package in same}
        row = Row(same[0].ecosystem, by_version)
        for advisory, affected in advisories.about(same[0]):
            for version, verdict in row.concerned(affected).items():
                by_version[version].append((advisory, affected, verdict))
    return told


def _name(package: Installed) -> tuple[Ecosystem, tuple[str, ...]]:
    return package.ecosystem, package.names


def _take(component: Component, told: list[_Told], work: _Work) -> None:
    compared = True
    for advisory, affected, verdict in told:
        if verdict is None:
            work.not_examined[f"{advisory.identifier}: its range cannot be compared"] += 1
            compared = False
        else:
            work.findings[_finding(component, advisory, affected, verdict)] = None
    work.examined += compared


def _finding(component: Component, advisory: Advisory, affected: Affected, verdict: Verdict) -> Finding:
    return Finding(
        vulnerability=advisory.identifier,
        aliases=advisory.aliases,
        package=component.name,
        version=component.version,
        purl=component.purl,
        ratings=affected.ratings or advisory.ratings,
        fix=Fix.FIXED if verdict.fixed else Fix.NOT_FIXED if affected.ranges else Fix.UNKNOWN,
        fixed_versions=verdict.fixed,
        written=component.written,
        published=advisory.published,
        layers=component.layers,
    )
