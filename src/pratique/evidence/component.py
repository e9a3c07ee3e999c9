"""One component of a bill of materials, from what a document writes about it.

Every format says the same few things in its own place: a name, a version, a package URL, licences. What a package
URL adds (epoch, distribution, source package) is taken from it here, once for all formats.

Source: ECMA-427 and its type definitions for deb, rpm and apk; the qualifiers that syft and Trivy write.
"""

from functools import lru_cache
from typing import NamedTuple

from pratique.evidence.facts.packages import Component
from pratique.evidence.purl import Purl, parse_purl, read_qualifiers
from pratique.values.digest import Digest

_SYSTEM_TYPES = frozenset({"alpm", "apk", "deb", "rpm"})


class Source(NamedTuple):
    """A distribution's source package."""

    name: str | None
    version: str | None
    """Where it differs from the package's own."""


NO_SOURCE = Source(None, None)


def component_of(
    name: str | None,
    version: str | None,
    written: str | None,
    *,
    licences: tuple[str, ...] = (),
    supplier: str | None = None,
    kind: str | None = None,
    source: Source = NO_SOURCE,
    distro: str | None = None,
    related: bool | None = None,
    layers: tuple[Digest, ...] = (),
) -> Component:
    """Return the component that a document describes.

    Args:
        name: Its name as written.
        version: Its version as written; where there is none, the package URL's counts.
        written: Its package URL as written, also where it is none.
        licences: Licence texts as written.
        supplier: Who is named as supplying it.
        kind: Its type as written.
        source: The source package, where the document names it elsewhere than in the package URL, which wins.
        distro: The system that the document is about; counts for packages of a distribution that name none.
        related: Whether the document's relationships name it.
        layers: Where the document says that it lies.
    """
    purl = parse_purl(written) if written else None
    canonical = purl.canonical if purl else None
    if purl is None:
        distro = None
    else:
        version = version or purl.version
        distro = distro if purl.type in _SYSTEM_TYPES else None
    if purl and purl.query:
        told = _told(purl.query)
        source = told.source or source
        version = _with_epoch(version, told.epoch) if told.epoch else version
        distro = _distro(told.distro, purl) if told.distro else distro
    return Component(
        name or "",
        version,
        canonical,
        licences,
        supplier,
        source.name,
        distro,
        kind,
        source.version,
        written,
        related,
        layers,
    )


class _Told(NamedTuple):
    """What the qualifiers of a package URL add."""

    epoch: str | None
    distro: str | None
    source: Source | None


@lru_cache(maxsize=4096)  # the packages of one image share most of theirs
def _told(query: str) -> _Told:
    said = read_qualifiers(query)
    epoch, upstream = said.get("epoch"), said.get("upstream")
    return _Told(
        epoch if epoch != "0" else None,
        said.get("distro", "").lower() or None,
        _upstream(upstream) if upstream is not None else None,
    )


def _with_epoch(version: str | None, epoch: str) -> str | None:
    return f"{epoch}:{version}" if version and ":" not in version else version


def _distro(distro: str, purl: Purl) -> str:
    if distro[0].isdigit() and purl.namespace:  # Trivy writes distro=3.20.3 for apk
        return f"{purl.namespace}-{distro}"
    return distro


def _upstream(upstream: str) -> Source:
    if upstream.endswith(".src.rpm"):  # name-version-release.src.rpm
        return Source(upstream.removesuffix(".src.rpm").rsplit("-", 2)[0], None)
    name, _, version = upstream.partition("@")
    return Source(name or None, version or None)


def distro_of(name: str | None, version: str | None) -> str | None:
    """Return a system as ``<name>-<version>`` in lower case, or nothing where either is not said."""
    return f"{name}-{version}".lower() if name and version else None
