"""Finding the proof that was attached to an image, where the image is.

It is a claim of whoever holds the registry, like everything there: what it establishes is for ``proof.verify``.
"""

from collections.abc import Iterator

from pratique.errors import Absent, Conflict, Malformed, Refused, Unverified
from pratique.proof.document import MAX_BYTES, Proof, parse_proof
from pratique.registry.blob import fetch_blob
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.service.image import find
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.reference import Reference
from pratique.values.uris import PROOF_MEDIA


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which proof is meant, where several hang on an image; None where it does not matter."""

    promotion: str | None = None
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A proof as it hangs on an image, read and not verified."""

    promotion: str
    image: Digest
    content: bytes


def fetch_proof(repository: Registry, reference: Reference, wanted: Wanted) -> Fetched:
    """Return the one proof of an image that is meant.

    Raises:
        Absent: The image is not there, or no such proof hangs on it.
        Conflict: Several do.
        Unreachable: A list could not be fetched, as opposed to: nothing hangs there.
    """
    image = find(repository, reference).digest
    found = {Digest.of(one.content): one for one in _proofs(repository, image, wanted)}
    if not found:
        raise Absent(
            f"{reference}: expected a proof on {image}, found none that fits; see `pratique image referrers`"
        )
    if len(found) > 1:
        names = ", ".join(sorted({one.promotion for one in found.values()})[:5])
        raise Conflict(f"{reference}: {len(found)} proofs hang on {image}, of {names}; say which with --promotion")
    return next(iter(found.values()))


def _proofs(repository: Registry, image: Digest, wanted: Wanted) -> Iterator[Fetched]:
    for descriptor in repository.referrers(image):
        content = _content(repository, descriptor.digest, image)
        proof = None if content is None else _read(content)
        if content is not None and proof is not None and _fits(proof, image, wanted):
            yield Fetched(proof.promotion, image, content)


def _content(repository: Registry, referrer: Digest, image: Digest) -> bytes | None:
    """Return the body of a core form; None where this is something else, or broken: anybody may hang one there."""
    try:
        manifest = repository.manifest(referrer)
        if not _is_core_about(manifest, image):
            return None
        return fetch_blob(repository, manifest.layers[0], MAX_BYTES)
    except (Absent, Refused, Unverified, Malformed):
        return None


def _is_core_about(manifest: Manifest, image: Digest) -> bool:
    about = manifest.subject is not None and manifest.subject.digest == image
    return about and manifest.artifact_type == PROOF_MEDIA and len(manifest.layers) == 1


def _read(content: bytes) -> Proof | None:
    try:
        return parse_proof(content)
    except Malformed:
        return None


def _fits(proof: Proof, image: Digest, wanted: Wanted) -> bool:
    return (
        proof.image == image
        and (
            wanted.promotion is None
            or proof.promotion.removeprefix("pr_").startswith(wanted.promotion.removeprefix("pr_"))
        )
        and wanted.environment in (None, str(proof.environment))
    )
