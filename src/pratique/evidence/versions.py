"""Which of two versions is later, by the rules of their ecosystem.

The rules are those of univers; here they get names, limits, and an answer for versions that they do not
understand: nothing, so that the caller reports the package as not compared.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Any

MAX_LENGTH = 256  # longest real version in 6,763 components is 63 characters


class Scheme(StrEnum):
    """A way to write and order versions."""

    ALPINE = "AlpineLinuxVersion"
    ARCH = "ArchLinuxVersion"
    COMPOSER = "ComposerVersion"
    DEBIAN = "DebianVersion"
    GO = "GolangVersion"
    MAVEN = "MavenVersion"
    NUGET = "NugetVersion"
    PYPI = "PypiVersion"
    RPM = "RpmVersion"
    RUBYGEMS = "RubygemsVersion"
    SEMVER = "SemverVersion"


# What univers' classes raise for versions that they do not understand, in constructors and in comparisons.
_NOT_UNDERSTOOD = (ValueError, TypeError, AttributeError, IndexError, KeyError, RecursionError)


@lru_cache(maxsize=65536)
def parse_version(scheme: Scheme, text: str) -> Any | None:
    """Return a version that can be compared with others of its scheme, or nothing where it is none."""
    from univers import versions
    from univers.nuget import InvalidNuGetVersion

    if not text or len(text) > MAX_LENGTH:
        return None
    if scheme is Scheme.GO:  # "+incompatible" says something about the module file, not about the order
        text = text.removeprefix("go").removesuffix("+incompatible")
    try:
        return getattr(versions, scheme.value)(text)
    except (*_NOT_UNDERSTOOD, InvalidNuGetVersion):  # which is no ValueError, unlike every other one
        return None


@lru_cache(maxsize=262144)
def earlier(scheme: Scheme, one: str, other: str) -> bool | None:
    """Tell whether one version comes before the other; nothing where they cannot be compared."""
    left, right = parse_version(scheme, one), parse_version(scheme, other)
    if left is None or right is None:
        return None
    try:
        return bool(left < right)
    except _NOT_UNDERSTOOD:
        return None
