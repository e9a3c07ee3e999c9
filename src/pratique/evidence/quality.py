"""How complete a bill of materials is: counts, never a rounded share.

Source: NTIA, "The Minimum Elements For a Software Bill of Materials": supplier, name, version, unique identifier,
relationships, who made it and when. The share of anything is its count over ``packages``, compared as integers.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum

from pratique.evidence.facts.packages import Component, Sbom

NO_LICENCE = frozenset({"", "NOASSERTION", "NONE", "UNKNOWN"})
"""Values that stand where a licence should and name none (SPDX 2.3 section 7.15; setuptools writes UNKNOWN)."""

_NOT_PACKAGES = frozenset({"container", "operating-system", "cryptographic-asset", "data", "device"})
_SHOWN = Decimal("0.001")


class Said(StrEnum):
    """What a document as a whole may say."""

    TOOL = "tool"
    """Which program made it."""
    TIMESTAMP = "timestamp"
    """When, with a time zone."""
    DISTRO = "distro"
    """Which system the packages are of; without it, nobody can tell which advisories concern them."""
    RELATIONSHIPS = "relationships"
    """At least one edge between its parts."""
    COMPLETE = "complete"
    """It says that its lists are complete, and of none that it is not."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts over the packages of one bill of materials, and what the document says as a whole.

    ``relationships`` is ``None`` where the document has no place for them at all.
    """

    packages: int
    with_version: int
    with_purl: int
    with_licence: int
    with_supplier: int
    with_relationships: int
    """Packages that at least one relationship names."""
    relationships: int | None
    said: frozenset[Said] = frozenset()


def is_package(component: Component) -> bool:
    """Tell whether this is software that somebody packaged, and not the image, the system's name or a bare file."""
    if component.kind in _NOT_PACKAGES:
        return False
    return component.kind != "file" or component.purl is not None or bool(component.licences)


def measure(sbom: Sbom) -> Quality:
    """Return how many of the packages state each thing."""
    packages = [component for component in sbom.components if is_package(component)]
    return Quality(
        packages=len(packages),
        with_version=sum(bool(package.version) for package in packages),
        with_purl=sum(bool(package.purl) for package in packages),
        with_licence=sum(any(text.strip() not in NO_LICENCE for text in package.licences) for package in packages),
        with_supplier=sum(bool(package.supplier) for package in packages),
        with_relationships=sum(package.related is True for package in packages),
        relationships=sbom.relationships,
        said=frozenset(_said(sbom)),
    )


def _said(sbom: Sbom) -> list[Said]:
    told = {
        Said.TOOL: sbom.producer is not None,
        Said.TIMESTAMP: sbom.created is not None,
        Said.DISTRO: sbom.distro is not None or any(component.distro for component in sbom.components),
        Said.RELATIONSHIPS: bool(sbom.relationships),
        Said.COMPLETE: sbom.aggregates == ("complete",),
    }
    return [each for each, true in told.items() if true]


def share(count: int, packages: int) -> str:
    """Return a share for people, ``0.966`` of 1, cut and never rounded up; of no packages nothing is stated."""
    return f"{(Decimal(count) / packages).quantize(_SHOWN, ROUND_DOWN) if packages else Decimal(0):f}"
