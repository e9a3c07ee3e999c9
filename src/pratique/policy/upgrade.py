"""What to upgrade, and to which version, so that counted vulnerabilities go away.

One order for each package: the earliest version that repairs all of them. Where versions cannot be compared, every
candidate is named, and a person decides.
"""

from collections.abc import Iterable
from itertools import islice

from pratique.evidence.model import Vulnerability
from pratique.evidence.purl import parse_purl
from pratique.evidence.versions import Scheme, earlier

MOST_ORDERS = 20  # what somebody may read in one place; every finding says its own repair

_SCHEMES = {
    "apk": Scheme.ALPINE,
    "alpm": Scheme.ARCH,
    "cargo": Scheme.SEMVER,
    "composer": Scheme.COMPOSER,
    "deb": Scheme.DEBIAN,
    "gem": Scheme.RUBYGEMS,
    "golang": Scheme.GO,
    "maven": Scheme.MAVEN,
    "npm": Scheme.SEMVER,
    "nuget": Scheme.NUGET,
    "pypi": Scheme.PYPI,
    "rpm": Scheme.RPM,
}
"""How versions are ordered, by the purl's type."""


def upgrades(vulnerabilities: Iterable[Vulnerability]) -> tuple[str, ...]:
    """Return one order for each of the first packages, and a sentence each for the rest and the unrepaired."""
    packages: dict[tuple[str, str | None], list[Vulnerability]] = {}
    for vulnerability in vulnerabilities:
        packages.setdefault((vulnerability.package, vulnerability.version), []).append(vulnerability)
    orders: list[str] = []
    unrepaired: dict[str, None] = {}
    for (name, version), found in islice(packages.items(), MOST_ORDERS):
        needed = [repairs(one) for one in found]
        if any(needed):
            orders.append(f"upgrade {name}{f' from {version}' if version else ''} to {_target(found[0], needed)}")
        if not all(needed):
            unrepaired[name] = None
    if unrepaired:
        orders.append(f"no version repairs all of {', '.join(unrepaired)}: replace or remove it")
    if len(packages) > MOST_ORDERS:
        orders.append(f"repair {len(packages) - MOST_ORDERS} more packages, as their findings say")
    return tuple(orders)


def _target(one: Vulnerability, needed: list[tuple[str, ...]]) -> str:
    """Return the version that repairs all; where that is not clear, every candidate."""
    wanted = tuple(dict.fromkeys(version for fixed in needed for version in fixed))
    alone = all(len(fixed) < 2 for fixed in needed)  # otherwise somebody has to choose anyway
    latest = _latest(scheme_of(one), wanted) if alone else None
    return latest or " or ".join(wanted)


def repairs(vulnerability: Vulnerability) -> tuple[str, ...]:
    """Return the earliest later version that repairs it; several where they cannot be told apart."""
    fixed, version, scheme = vulnerability.fixed_versions, vulnerability.version, scheme_of(vulnerability)
    if scheme is None or len(fixed) < 2:
        return fixed
    later = [one for one in fixed if version is None or earlier(scheme, version, one)]
    first = next((one for one in later if _none_before(scheme, one, later)), None)
    return (first,) if first else fixed


def _none_before(scheme: Scheme, one: str, versions: Iterable[str]) -> bool:
    return all(earlier(scheme, other, one) is False for other in versions)


def _latest(scheme: Scheme | None, versions: tuple[str, ...]) -> str | None:
    if len(versions) == 1 or scheme is None:
        return versions[0] if len(versions) == 1 else None
    return next((one for one in versions if all(earlier(scheme, one, other) is False for other in versions)), None)


def scheme_of(vulnerability: Vulnerability) -> Scheme | None:
    """Return how this package's versions are ordered, where that is known."""
    purl = parse_purl(vulnerability.purl) if vulnerability.purl else None
    return _SCHEMES.get(purl.type) if purl else None
