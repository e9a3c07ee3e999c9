"""Whether a product or package that a statement names is this image, or this package of it.

A name says as much as can be checked: a digest decides alone; a tag, an architecture or a version that is no digest
cannot be checked, and such a name matches nothing.

Source: ECMA-427 (package-url) and its type definitions ``oci`` and ``docker``; CycloneDX BOM-Link.
"""

import re
from dataclasses import dataclass

from pratique.evidence.facts.vex import Scope
from pratique.evidence.lookup import digest_of
from pratique.evidence.purl import Purl, parse_purl, percent_decoded
from pratique.values.digest import Digest

_IMAGE_TYPES = frozenset({"oci", "docker"})
_HUB = re.compile(r"^(?:index\.|registry-1\.)?docker\.io/(?:library/)?")
_SCHEME = re.compile(r"^[a-z]+://")


@dataclass(frozen=True, slots=True)
class ImageNames:
    """What one image is called.

    Attributes:
        digests: Of the platform's manifest, and of the index around it.
        repository: Where it lies, for example ``registry.example/shop/api``.
        serials: Names of signed bills of materials about it, for example ``urn:uuid:…``.
    """

    digests: frozenset[Digest]
    repository: str
    serials: frozenset[str] = frozenset()


def is_image(scope: Scope, image: ImageNames) -> bool:
    """Tell whether a product is this image; where it states a digest, that alone decides."""
    stated = {*scope.digests, *(digest for name in scope.names if (digest := _digest(name)))}
    if stated:
        return not stated.isdisjoint(image.digests)
    return any(_is_repository(name, image.repository) for name in scope.names)


def _digest(name: str) -> Digest | None:
    if not name.startswith("pkg:"):
        return digest_of(name)
    purl = parse_purl(name)
    return digest_of(purl.version) if purl and purl.type in _IMAGE_TYPES else None


def _is_repository(name: str, repository: str) -> bool:
    here = _plain(repository)
    if not name.startswith("pkg:"):
        return _plain(name) == here
    purl = parse_purl(name)
    if purl is None or purl.type not in _IMAGE_TYPES or purl.version or "#" in name:
        return False
    qualifiers = purl.qualifiers
    host = qualifiers.pop("repository_url", None)
    if qualifiers:
        return False
    path = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    if host is None:
        return _plain(path) == here if purl.type == "docker" else path == here.rpartition("/")[2].lower()
    # Some write the whole repository there, and some what stands before the image's name.
    within = host.rstrip("/").lower()
    return here.lower() in {_plain(f"{within}/{path}"), _plain(within) if within.endswith(f"/{path}") else None}


def _plain(name: str) -> str:
    """Return a repository without scheme, and Docker Hub's in one form: ``nginx`` for ``docker.io/library/nginx``."""
    return _HUB.sub("", _SCHEME.sub("", name, count=1))


def is_package(name: str, written: tuple[str, ...]) -> bool:
    """Tell whether a package URL means this package, in whatever way reports wrote it.

    What it leaves out it does not restrict; what it says must be said by every report.

    Args:
        name: What the statement names.
        written: The package's URLs as reports wrote them.
    """
    wanted = parse_purl(name)
    if wanted is None or "#" in name or not written:
        return False
    return all(_is_same(wanted, parse_purl(other)) for other in written)


def _is_same(wanted: Purl, other: Purl | None) -> bool:
    if other is None or wanted.package != other.package or wanted.version not in (None, "", other.version):
        return False
    return wanted.qualifiers.items() <= other.qualifiers.items()


def is_linked(name: str, written: tuple[str, ...], image: ImageNames) -> bool:
    """Tell whether a BOM-Link leads to this package in a bill of materials about this image."""
    link, hash_sign, package = name.partition("#")
    serial = link.removeprefix("urn:cdx:").partition("/")[0]
    if not link.startswith("urn:cdx:") or f"urn:uuid:{serial}" not in image.serials:
        return False
    return bool(hash_sign) and is_package(percent_decoded(package), written)
