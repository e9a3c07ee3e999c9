"""What is installed in an image and its bill of materials does not list.

A bill of materials of three packages for an image in whose layers dpkg knows a hundred and three is no mistake of a
reader: it hides what a scanner would have looked at. Who reads the layers says what is installed; this compares.

Source: the databases of dpkg, apk and rpm, ``*.dist-info`` of Python, ``package.json`` of npm; ECMA-427 for the names.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pratique.evidence.facts.packages import Component
from pratique.evidence.purl import parse_purl
from pratique.evidence.quality import is_package

_SEPARATORS = re.compile(r"[-_.]+")
_EPOCH = re.compile(r"\d+:")


class Manager(StrEnum):
    """Whose record says that something is installed; the value is the package URL's type."""

    DPKG = "deb"
    APK = "apk"
    PYTHON = "pypi"
    NPM = "npm"
    RPM = "rpm"


_COMPARED = frozenset(Manager)


@dataclass(frozen=True, slots=True, order=True)
class InstalledPackage:
    """A package that an image really holds, as its package manager's record names it."""

    manager: Manager
    name: str
    """As installed: a binary package of a distribution, a distribution of Python, ``@scope/name`` of npm."""
    version: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A package that is installed and not listed."""

    package: InstalledPackage
    listed: tuple[str, ...]
    """Other versions of it that are listed, sorted; empty where the name is not there at all."""


def missing_from(components: Iterable[Component], installed: Iterable[InstalledPackage]) -> tuple[Missing, ...]:
    """Return what is installed and not listed, sorted, each once.

    A component counts for a package by its package URL: a name alone does not say whose package it is. Python names are
    compared as PEP 503 says, and an epoch that only one side writes makes no difference.

    Args:
        components: What one or several bills of materials of the image list.
        installed: What the layers hold.
    """
    by_purl = _listed(components)
    found: list[Missing] = []
    for package in sorted(set(installed)):
        versions = by_purl.get((package.manager, normal_name(package.manager, package.name)), set())
        if plain_version(package.version) not in {plain_version(version) for version in versions}:
            found.append(Missing(package, tuple(sorted(versions))))
    return tuple(found)


def not_comparable(components: Iterable[Component]) -> tuple[Component, ...]:
    """Return the packages of a bill of materials that no record in the layers could confirm or contradict.

    They have no package URL, or one of a type that nothing that is read in the layers keeps a record of.
    """
    return tuple(one for one in components if is_package(one) and _type(one) not in _COMPARED)


def _type(component: Component) -> str | None:
    purl = parse_purl(component.purl) if component.purl else None
    return purl.type if purl else None


def _listed(components: Iterable[Component]) -> dict[tuple[str, str], set[str]]:
    """Return the listed versions, by type and name of a package URL."""
    by_purl: dict[tuple[str, str], set[str]] = {}
    for component in components:
        purl = parse_purl(component.purl) if component.purl else None
        if purl:
            scope = f"{purl.namespace}/" if purl.type == Manager.NPM and purl.namespace else ""
            place = (purl.type, normal_name(purl.type, scope + purl.name))
            by_purl.setdefault(place, set()).add(component.version or "")
    return by_purl


def normal_name(kind: str, name: str) -> str:
    """Return a package's name as names of this type of package URL are compared."""
    return _SEPARATORS.sub("-", name).lower() if kind == Manager.PYTHON else name.lower()


def plain_version(version: str) -> str:
    """Return a version without its epoch, which only some write."""
    return _EPOCH.sub("", version, count=1) if _EPOCH.match(version) else version
