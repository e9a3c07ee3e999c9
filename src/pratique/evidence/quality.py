"""How complete a bill of materials is: counts, never a rounded share.

Source: NTIA, "The Minimum Elements For a Software Bill of Materials": supplier, name, version, unique identifier
and relationships. The share of anything is its count over ``packages``, compared as integers.
"""

from dataclasses import dataclass

from pratique.evidence.facts.packages import Component, Sbom

NO_LICENCE = frozenset({"", "NOASSERTION", "NONE", "UNKNOWN"})
"""Values that stand where a licence should and name none (SPDX 2.3 section 7.15; setuptools writes UNKNOWN)."""

_NOT_PACKAGES = frozenset({"operating-system", "cryptographic-asset", "data", "device"})


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts over the packages of one bill of materials.

    ``relationships`` is ``None`` where the document has no place for them at all.
    """

    packages: int
    with_version: int
    with_purl: int
    with_licence: int
    with_supplier: int
    relationships: int | None


def is_package(component: Component) -> bool:
    """Tell whether this is software that somebody packaged, and not the system's name or a bare file."""
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
        relationships=sbom.relationships,
    )
