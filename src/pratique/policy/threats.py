"""What the risk model is told about an image: its vulnerabilities, and what is not sure about it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal

from pratique.evidence.model import Bound, Vulnerability
from pratique.policy.facts import Facts
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.risk import Doubt, Exploitation, Exposure, Inputs, Risk, Suspicion, Threat, assess

FRESH = timedelta(hours=24)


def risk_of(
    platforms: tuple[Facts, ...], results: tuple[CheckResult, ...], exposure: Exposure = Exposure.OPEN
) -> Risk:
    """Return the score of an image from the facts of its platforms, the results of its checks, and who reaches it."""
    threats = (threat for facts in platforms for threat in threats_of(facts))
    return assess(threats, (doubt for facts in platforms for doubt in suspicions_of(facts, results)), exposure)


def threats_of(facts: Facts) -> Iterator[Threat]:
    """Yield every vulnerability as the model sees it; of two of one source package the model takes the worse."""
    sources = _source_packages(facts)
    inputs: dict[tuple[str | None, str | None, Exploitation | None], Inputs] = {}
    for vulnerability in facts.vulnerabilities:
        known = (_score(vulnerability), vulnerability.likelihood, _exploitation(vulnerability))
        if known not in inputs:
            inputs[known] = Inputs(_decimal(known[0]), _decimal(known[1]), known[2])
        package = sources.get(vulnerability.purl or "", vulnerability.package)
        yield Threat(vulnerability.term, package, inputs[known])


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _exploitation(vulnerability: Vulnerability) -> Exploitation | None:
    if not vulnerability.known_exploited:
        return None  # what the catalogue does not have may be exploited all the same
    return Exploitation.RANSOMWARE if vulnerability.ransomware else Exploitation.KNOWN


def _source_packages(facts: Facts) -> dict[str, str]:
    return {
        component.purl: component.source_package
        for sbom, _ in facts.sboms
        for component in sbom.components
        if component.purl and component.source_package
    }


def _score(vulnerability: Vulnerability) -> str | None:
    """Return the score of the newest CVSS, and among its raters of whoever named the severity, else the worst."""
    best, rank = None, (-1, False, 0.0, "")
    for rating in vulnerability.ratings:
        if rating.score is not None:
            version = _VERSIONS.get((rating.vector or "")[:6], 0)
            # One digit after the point, from 0 to 10: as a float it sorts as the decimal does.
            this = (version, rating.source == vulnerability.severity_source, float(rating.score), rating.source)
            if this > rank:
                best, rank = rating.score, this
    return best


_VERSIONS = {"": 1, "CVSS:3": 2, "CVSS:4": 3}
"""The newest CVSS last: version 2, whose vectors have no name, before a score without a vector before 3 before 4."""


def suspicions_of(facts: Facts, results: Iterable[CheckResult]) -> Iterator[Suspicion]:
    """Yield what is not sure about an image; what nobody examined is assumed to be bad."""
    statements = [each for each in facts.evidence if each.bound is Bound.STATEMENT]
    if not statements:
        yield Suspicion(Doubt.UNSIGNED)
    if not any(each in statements for _, each in facts.provenances):
        yield Suspicion(Doubt.NO_PROVENANCE)
    elif not any(result.check == "provenance" and result.outcome is Outcome.PASS for result in results):
        yield Suspicion(Doubt.UNTRUSTED_BUILDER)
    if not any(sbom.components for sbom, _ in facts.sboms):
        yield Suspicion(Doubt.NO_SBOM)
    yield Suspicion(Doubt.NOT_REPRODUCED)  # no evidence of this version can say otherwise
    yield from _old_scan(facts)
    yield Suspicion(Doubt.OLD_BASE, assumed=True)  # nobody examines the base image's age


def _old_scan(facts: Facts) -> Iterator[Suspicion]:
    # The built-in matcher's report, which has no evidence, is made when the image is judged.
    looked = [(scan, digest) for _, scan, digest in facts.scans if scan.packages_examined or scan.findings]
    if any(digest is None for _, digest in looked):
        return
    dates = [scan.created for scan, _ in looked if scan.created is not None and scan.created <= facts.now]
    if not dates or facts.now - max(dates) > FRESH:
        yield Suspicion(Doubt.OLD_SCAN, assumed=not dates)
