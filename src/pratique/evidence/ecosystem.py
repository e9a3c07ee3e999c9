"""Where a package comes from: the ecosystem of a component and of an advisory, on one footing.

Source: OSV schema, "Defined Ecosystems", and ECMA-427 purl types. An ecosystem with releases, such as
``Debian:12``, is split into name and release. Whether advisories name source or binary packages
differs by distribution and is written here. Amazon and Oracle Linux are no ecosystems of OSV: whoever converts their
advisories names them so.
"""

import re
from dataclasses import dataclass

from pratique.evidence.facts.packages import Component
from pratique.evidence.purl import Purl, parse_purl
from pratique.evidence.versions import Scheme


@dataclass(frozen=True, slots=True, order=True)
class Ecosystem:
    """An ecosystem and, for a distribution, its release."""

    name: str
    release: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.release}" if self.release else self.name


@dataclass(frozen=True, slots=True)
class Installed:
    """A component in the words of its ecosystem's advisories: the names they may use, the version to compare."""

    ecosystem: Ecosystem
    names: tuple[str, ...]
    version: str


SCHEMES = {
    "AlmaLinux": Scheme.RPM,
    "Alpaquita": Scheme.ALPINE,
    "Alpine": Scheme.ALPINE,
    "Amazon Linux": Scheme.RPM,
    "Azure Linux": Scheme.RPM,
    "Bitnami": Scheme.SEMVER,
    "Chainguard": Scheme.ALPINE,
    "crates.io": Scheme.SEMVER,
    "Debian": Scheme.DEBIAN,
    "Go": Scheme.GO,
    "Hex": Scheme.SEMVER,
    "Mageia": Scheme.RPM,
    "Maven": Scheme.MAVEN,
    "npm": Scheme.SEMVER,
    "NuGet": Scheme.NUGET,
    "openEuler": Scheme.RPM,
    "openSUSE": Scheme.RPM,
    "Oracle Linux": Scheme.RPM,
    "Packagist": Scheme.COMPOSER,
    "Photon OS": Scheme.RPM,
    "Pub": Scheme.SEMVER,
    "PyPI": Scheme.PYPI,
    "Rocky Linux": Scheme.RPM,
    "RubyGems": Scheme.RUBYGEMS,
    "Ubuntu": Scheme.DEBIAN,
    "Wolfi": Scheme.ALPINE,
}
_LANGUAGES = {
    "bitnami": "Bitnami",
    "cargo": "crates.io",
    "composer": "Packagist",
    "gem": "RubyGems",
    "golang": "Go",
    "hex": "Hex",
    "maven": "Maven",
    "npm": "npm",
    "nuget": "NuGet",
    "pub": "Pub",
    "pypi": "PyPI",
}
_DISTRIBUTIONS = {
    "alma": "AlmaLinux",
    "almalinux": "AlmaLinux",
    "alpaquita": "Alpaquita",
    "alpine": "Alpine",
    "amazon": "Amazon Linux",
    "amzn": "Amazon Linux",
    "azurelinux": "Azure Linux",
    "chainguard": "Chainguard",
    "debian": "Debian",
    "mageia": "Mageia",
    "ol": "Oracle Linux",
    "openeuler": "openEuler",
    "opensuse": "openSUSE",
    "opensuse-leap": "openSUSE",
    "opensuse-tumbleweed": "openSUSE",
    "opensuse.leap": "openSUSE",
    "opensuse.tumbleweed": "openSUSE",
    "oracle": "Oracle Linux",
    "oraclelinux": "Oracle Linux",
    "photon": "Photon OS",
    "rocky": "Rocky Linux",
    "rockylinux": "Rocky Linux",
    "ubuntu": "Ubuntu",
    "wolfi": "Wolfi",
}
_BY_SOURCE = frozenset({"Alpine", "Alpaquita", "Chainguard", "Debian", "Photon OS", "Ubuntu", "Wolfi"})
_BY_BINARY = frozenset({"Amazon Linux", "Oracle Linux"})
_ROLLING = frozenset({"Chainguard", "Wolfi"})
_BY_MAJOR = frozenset({"AlmaLinux", "Amazon Linux", "Debian", "Oracle Linux", "Rocky Linux"})
_CASELESS = frozenset({"Go", "Hex", "npm", "NuGet", "Packagist", "Pub"})
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def parse_ecosystem(text: str) -> Ecosystem:
    """Return the ecosystem that an advisory names, for example ``Debian:12`` or ``Ubuntu:Pro:22.04:LTS``."""
    name, _, suffix = text.partition(":")
    if suffix.startswith("Pro:"):  # another stream of fixes, which does not concern the free one
        return Ecosystem(f"{name} Pro", _release(name, suffix))
    return Ecosystem(name, _release(name, suffix))


def _release(name: str, suffix: str) -> str:
    if name == "openSUSE" and "tumbleweed" in suffix.lower():  # rolling, with a day for a number
        return "Tumbleweed"
    number = _NUMBER.search(suffix)
    if number is None or name in _ROLLING:
        return ""
    if name in _BY_MAJOR:
        return number[0].partition(".")[0]
    return ".".join(number[0].split(".")[:2])


def normal_name(ecosystem: Ecosystem, name: str) -> str:
    """Return a package's name as its ecosystem compares names."""
    if ecosystem.name == "PyPI":
        return re.sub(r"[-_.]+", "-", name).lower()  # PEP 503
    return name.lower() if ecosystem.name in _CASELESS else name


def named_in(component: Component) -> tuple[str, tuple[str, ...]] | None:
    """Return where a component's names live and every name it may be asked for by; nothing without a package URL.

    The place is an ecosystem without its release, or, where the matcher does not know one, the beginning of the
    package URL; a source package's name is among a distribution's names.
    """
    purl = parse_purl(component.purl) if component.purl else None
    if purl is None:
        return None
    language = _LANGUAGES.get(purl.type)
    space = language or _DISTRIBUTIONS.get(purl.namespace or "") or f"pkg:{purl.type}/{purl.namespace or ''}"
    names = _language_name(language, purl) if language else purl.name
    every = dict.fromkeys((names, *([component.source_package] if component.source_package else [])))
    return space, tuple(normal_name(Ecosystem(space), name) for name in every)


def installed(component: Component) -> Installed | str:
    """Return the component as its ecosystem's advisories would name it, or why that cannot be told."""
    purl = parse_purl(component.purl) if component.purl else None
    if purl is None:
        return "no package URL"
    ecosystem = _ecosystem(purl, component.distro)
    if isinstance(ecosystem, str):
        return ecosystem
    names, version = _named(ecosystem, purl, component)
    if not version:
        return f"{ecosystem}: no version"
    return Installed(ecosystem, tuple(normal_name(ecosystem, name) for name in names), version)


def _ecosystem(purl: Purl, distro: str | None) -> Ecosystem | str:
    language = _LANGUAGES.get(purl.type)
    if language:
        return Ecosystem(language)
    name = _DISTRIBUTIONS.get(purl.namespace or "")
    if name is None:
        return f"pkg:{purl.type}/{purl.namespace or ''}: an ecosystem that the matcher does not know"
    release = _release(name, distro or "")
    if not release and name not in _ROLLING:
        return f"{name}: the release is not known"
    return Ecosystem(name, release)


def _named(ecosystem: Ecosystem, purl: Purl, component: Component) -> tuple[tuple[str, ...], str | None]:
    version, source = component.version or purl.version, component.source_package
    if source and ecosystem.name in _BY_SOURCE:
        return (source,), component.source_version or version
    if (
        source and source != purl.name and ecosystem.name not in _BY_BINARY
    ):  # some RPM distributions name one, some the other; both have one version
        return (purl.name, source), version
    return (_language_name(ecosystem.name, purl) if purl.type in _LANGUAGES else purl.name,), version


def _language_name(ecosystem: str, purl: Purl) -> str:
    if not purl.namespace:
        return purl.name
    return f"{purl.namespace}{':' if ecosystem == 'Maven' else '/'}{purl.name}"
