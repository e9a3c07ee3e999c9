"""Which images run when a digest is asked for: read from the manifests themselves, whose bytes the ledger names.

Nobody's word counts here. What an index holds, and which config belongs to which manifest, decides which evidence
covers which platform; so it is derived from bytes that hash to the digest that was asked for, by the server when it
gathers and by the verifier again.

Source: OCI image-spec 1.1, image-index.md and manifest.md; BuildKit, docs/attestations/attestation-storage.md.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pratique.attest.dsse import parse_base64, render_base64
from pratique.attest.fields import Fields
from pratique.errors import Malformed
from pratique.promotion.happenings import Platform
from pratique.values.canonical import canonical, parse_json, parse_object
from pratique.values.digest import Digest

MAX_MANIFESTS = 1_000
MAX_BYTES = (
    4 * 1024 * 1024
)  # a registry need not take larger manifests: distribution-spec 1.1, "Pushing Manifests"
MANIFESTS_MEDIA = "application/vnd.pratique.manifests.v1+json"
UNSTATED = "unstated"
"""The platform's name where no index states one."""

_MAX_DEPTH = 16

Manifests = Mapping[Digest, bytes]
"""Exact bytes of manifests, by digest."""


def platforms_of(image: Digest, manifests: Manifests) -> tuple[Platform, ...]:
    """Return the platforms of an image, each once, in the order of its index.

    Without an index there is one, whose digest is the image's own. What an index marks as unknown/unknown, such as
    BuildKit's attestations, does not run and is left out.

    Raises:
        Malformed: A manifest is missing, is no manifest, or is both an image and an index.
    """
    return tuple({platform.digest: platform for platform in _platforms(image, UNSTATED, manifests, 0)}.values())


def needed(image: Digest, manifests: Manifests) -> tuple[Digest, ...]:
    """Return which of these manifests decide about the platforms: the indexes and the images that run."""
    return tuple(
        dict.fromkeys(
            (*_indexes(image, manifests, 0), *(platform.digest for platform in platforms_of(image, manifests)))
        )
    )


def _platforms(digest: Digest, name: str, manifests: Manifests, depth: int) -> Iterator[Platform]:
    document = _read(digest, manifests, depth)
    if not document.has("manifests"):
        yield Platform(
            platform=name, digest=digest, config=document.object("config").parsed("digest", Digest.parse)
        )
        return
    for child in _running(document):
        yield from _platforms(child.parsed("digest", Digest.parse), _name(child), manifests, depth + 1)


def _indexes(digest: Digest, manifests: Manifests, depth: int) -> Iterator[Digest]:
    document = _read(digest, manifests, depth)
    if document.has("manifests"):
        yield digest
        for child in _running(document):
            yield from _indexes(child.parsed("digest", Digest.parse), manifests, depth + 1)


def _read(digest: Digest, manifests: Manifests, depth: int) -> Fields:
    if depth > _MAX_DEPTH:
        raise Malformed(f"image: nested deeper than {_MAX_DEPTH} indexes, at {digest}")
    content = manifests.get(digest)
    if content is None:
        raise Malformed(f"image: expected the manifest {digest}, found none")
    what = f"manifest {digest.short}"
    document = Fields(what, parse_object(content, what, max_bytes=MAX_BYTES))
    # An index must not look like an image, nor the other way round: CVE-2021-41190.
    if document.has("manifests") and (document.has("config") or document.has("layers")):
        raise Malformed(f"manifest {digest}: expected an image or an index, found both in one")
    return document


def _running(index: Fields) -> Iterator[Fields]:
    return (child for child in index.objects("manifests") if _name(child) != _UNKNOWN)


_UNKNOWN = "unknown/unknown"


def _name(child: Fields) -> str:
    if not child.has("platform"):
        return UNSTATED
    platform = child.object("platform")
    parts = [platform.text_or_empty(part) for part in ("os", "architecture", "variant")]
    if "unknown" in parts[:2]:
        return _UNKNOWN
    return "/".join(part for part in parts if part) or UNSTATED


def build_manifests(contents: tuple[bytes, ...]) -> bytes:
    """Return the canonical bytes of the object that holds these manifests."""
    return canonical([render_base64(content) for content in sorted(contents, key=Digest.of)])


def parse_manifests(content: bytes) -> dict[Digest, bytes]:
    """Read the object that holds manifests; each is named by what it hashes to.

    Raises:
        Malformed: It is none, holds too many, or one of them twice.
    """
    found: Any = parse_json(content, "manifests")
    if not isinstance(found, list) or not 1 <= len(found) <= MAX_MANIFESTS:
        raise Malformed(f"manifests: expected an array of 1 to {MAX_MANIFESTS} texts")
    if not all(isinstance(item, str) for item in found):
        raise Malformed("manifests: expected base64 texts")
    manifests = {Digest.of(body): body for body in map(parse_base64, found)}
    if len(manifests) != len(found) or build_manifests(tuple(manifests.values())) != content:
        raise Malformed("manifests: expected each manifest once, in the order of their digests")
    return manifests
