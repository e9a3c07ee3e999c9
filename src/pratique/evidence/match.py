"""The built-in matcher: components of an SBOM against imported advisories, without a network.

Whatever could not be compared is said in ``not_examined``; only what was compared counts as examined, so an
SBOM of packages that no advisory covers is not a clean one.
"""

from collections import Counter
from dataclasses import dataclass, field

from pratique.evidence.advisories import Advisories
from pratique.evidence.affected import Verdict, concerns
from pratique.evidence.ecosystem import SCHEMES, installed
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.formats.osv import Advisory, Affected
from pratique.evidence.versions import parse_version

PRODUCER = "pratique-matcher"
PRODUCER_VERSION = "1"
_NOT_PACKAGES = frozenset({"operating-system", "file", "cryptographic-asset", "data", "device"})


@dataclass(slots=True)
class _Work:
    """What one matching has found so far."""

    examined: int = 0
    findings: dict[Finding, None] = field(default_factory=dict)
    not_examined: Counter[str] = field(default_factory=Counter)


def match(sbom: Sbom, advisories: Advisories) -> Scan:
    """Return which components an advisory concerns, and which could not be compared."""
    work = _Work()
    for component in sbom.components:
        _match_one(component, advisories, work)
    return Scan(
        producer=PRODUCER,
        producer_version=PRODUCER_VERSION,
        database_date=advisories.newest,
        created=None,
        packages_examined=work.examined,
        findings=tuple(work.findings),
        not_examined=tuple(f"{why} ({count})" for why, count in sorted(work.not_examined.items())),
    )


def _match_one(component: Component, advisories: Advisories, work: _Work) -> None:
    package = installed(component)
    if isinstance(package, str):
        if component.purl or component.kind not in _NOT_PACKAGES:
            work.not_examined[package] += 1
        return
    if not advisories.covers(package.ecosystem):
        work.not_examined[f"{package.ecosystem}: no advisories are imported"] += 1
        return
    if parse_version(SCHEMES[package.ecosystem.name], package.version) is None:
        work.not_examined[f"{package.ecosystem}: the version cannot be compared"] += 1
        return
    compared = True
    for advisory, affected in advisories.about(package):
        verdict = concerns(package.version, affected)
        if verdict is None:
            work.not_examined[f"{advisory.identifier}: its range cannot be compared"] += 1
            compared = False
        elif verdict.hit:
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
