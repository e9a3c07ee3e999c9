"""How the packages of two images differ: what came, what went, and what jumped to another major version."""

import re
from collections.abc import Iterable

from pratique.evidence.purl import parse_purl
from pratique.values.dataclass import dataclass

_MAJOR = re.compile(r"(?:\d+:)?v?(\d+)")  # an epoch may stand in front
Majors = dict[str, set[str]]
"""Each package's major versions, by its URL without a version."""


@dataclass(frozen=True, slots=True)
class Bump:
    """A package in a major version that was not there before."""

    package: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PackageChange:
    """Every difference; all sorted."""

    added: tuple[str, ...]
    """Packages of which no version was there."""
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    """Packages in another set of versions."""
    bumps: tuple[Bump, ...]


def compare_packages(now: Iterable[str], before: Iterable[str]) -> PackageChange:
    """Return how the packages of an image differ from those of the image before it.

    Args:
        now: Package URLs with versions; what is none says nothing.
        before: The same of the other image.
    """
    new, old = _versions(now), _versions(before)
    both = sorted(new.keys() & old.keys())
    return PackageChange(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(package for package in both if new[package] != old[package]),
        bumps=tuple(bump for package in both for bump in _bumps(package, new[package], old[package])),
    )


def _versions(purls: Iterable[str]) -> Majors:
    found: Majors = {}
    for text in purls:
        purl = parse_purl(text)
        if purl is not None:
            found.setdefault(purl.package, set()).add(purl.version or "no version")
    return found


def _bumps(package: str, now: set[str], before: set[str]) -> list[Bump]:
    majors = {_major(version) for version in before}
    return [Bump(package, min(majors), major) for major in sorted({_major(one) for one in now} - majors)]


def _major(version: str) -> str:
    found = _MAJOR.match(version)
    return found[1] if found else version
