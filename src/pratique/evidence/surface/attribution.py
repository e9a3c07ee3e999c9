"""Whose each vulnerability is: the base image's, or that of what was put on it.

A package of a distribution is the layer's that first listed it at this version, as we measured. What reports say of
it comes second: the file that they look into is written again by every layer that installs anything, so that they
name the last such layer. Any other package lies in files of its own, and there both count. What lies in layers of
both is the application's, and where one layer is not known, nothing is said: a finding never becomes somebody else's
by what is missing.

Source: docs/attack-surface.md, "Whose it is".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from pratique.evidence.crosscheck import Manager, normal_name, plain_version
from pratique.evidence.model import Vulnerability
from pratique.evidence.purl import parse_purl
from pratique.evidence.surface.measure import Surface
from pratique.evidence.surface.origin import Origin, origin_of, origins
from pratique.values.digest import Digest

_SYSTEM: Final = frozenset({"apk", "deb", "rpm"})
_Package = tuple[str, str, str]
"""Type of package URL, name as compared, and version as compared."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the measurement of one platform tells about places.

    Attributes:
        places: Each layer, packed and unpacked, and whose it is.
        holders: Each installed package, and the lowest layer that lists it.
    """

    places: Mapping[Digest, Origin | None]
    holders: Mapping[_Package, Digest]


def placed(surface: Surface) -> Measured:
    """Return what a measurement tells about places."""
    return Measured(
        places=origins(surface.diff_ids, surface.base_layers) | origins(surface.layers, surface.base_layers),
        holders={
            (
                each.package.manager.value,
                *_compared(each.package.manager, each.package.name, each.package.version),
            ): (each.layer)
            for each in surface.packages
        },
    )


def attribute(
    vulnerabilities: tuple[Vulnerability, ...], surfaces: Iterable[Surface]
) -> tuple[Vulnerability, ...]:
    """Return the same vulnerabilities, each with whose it is; without a measurement nobody's.

    Args:
        vulnerabilities: Of one platform, merged.
        surfaces: What was measured of it; of several, the one that knows most of its base counts.
    """
    known = max(surfaces, key=lambda surface: (surface.base_layers or 0, surface.layers), default=None)
    if known is None or known.base_layers is None:
        return vulnerabilities
    measured = placed(known)
    return tuple(replace(each, origin=_origin(each, measured)) for each in vulnerabilities)


def _origin(one: Vulnerability, measured: Measured) -> Origin | None:
    purl = parse_purl(one.purl) if one.purl else None
    ours = _holding(one, measured)
    if purl is not None and purl.type in _SYSTEM:
        return _joined(measured.places, ours or one.layers)
    return _joined(measured.places, (*one.layers, *ours))


def _joined(places: Mapping[Digest, Origin | None], layers: tuple[Digest, ...]) -> Origin | None:
    found = {origin_of(layer, places) for layer in layers}
    if Origin.APPLICATION in found:
        return Origin.APPLICATION
    return Origin.BASE if found == {Origin.BASE} else None


def _holding(one: Vulnerability, measured: Measured) -> tuple[Digest, ...]:
    """Return the layers that brought it, or nothing where one of its versions was not found there."""
    purl = parse_purl(one.purl) if one.purl else None
    if purl is None:
        return ()
    scope = f"{purl.namespace}/" if purl.type == Manager.NPM and purl.namespace else ""
    found = [
        measured.holders.get((purl.type, *_compared(purl.type, scope + purl.name, version)))
        for version in one.versions
    ]
    layers = {layer for layer in found if layer is not None}
    return tuple(sorted(layers)) if None not in found else ()


def _compared(kind: str, name: str, version: str) -> tuple[str, str]:
    return normal_name(kind, name), plain_version(version)
