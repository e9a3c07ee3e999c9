"""What to upgrade, and to which version, so that counted vulnerabilities go away.

One order for each package: the earliest version that repairs all of them. Where versions cannot be compared, every
candidate is named, and a person decides.
"""

from collections.abc import Iterable

from pratique.evidence.model import Vulnerability
from pratique.evidence.purl import parse_purl
from pratique.evidence.versions import Scheme, earlier

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
    """Return one order for each package, and one sentence for all packages that nobody has repaired."""
    packages: dict[tuple[str, str | None], list[Vulnerability]] = {}
    for vulnerability in vulnerabilities:
        packages.setdefault((vulnerability.package, vulnerability.version), []).append(vulnerability)
    orders = [_order(name, version, found) for (name, version), found in packages.items()]
    unrepaired = [name for (name, _), found in packages.items() if not all(repairs(one) for one in found)]
    if unrepaired:
        orders.append(f"no version repairs all of {', '.join(dict.fromkeys(unrepaired))}: replace or remove it")
    return tuple(order for order in orders if order)


def _order(name: str, version: str | None, found: list[Vulnerability]) -> str | None:
    needed = [fixed for one in found if (fixed := repairs(one))]
    if not needed:
        return None
    wanted = tuple(dict.fromkeys(version for fixed in needed for version in fixed))
    alone = all(len(fixed) == 1 for fixed in needed)  # otherwise somebody has to choose anyway
    latest = _latest(scheme_of(found[0]), wanted) if alone else None
    return f"upgrade {name}{f' from {version}' if version else ''} to {latest or ' or '.join(wanted)}"


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
