"""The evidence that an image carries: exact bytes, what they claim to be about, and where they were found.

Nothing is verified here but that the bytes have the digests their manifests state. Sources: cosign's bundle and
tag schemes, BuildKit's attestation manifests, OCI artifacts; how each looks is in the readers below.
"""

from enum import StrEnum

from pratique.errors import Absent, Unverified
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import Closure
from pratique.registry.edges import LEGACY, Edge, EdgeKind, LeftOut
from pratique.registry.interface import Registry
from pratique.registry.manifest import EMPTY_MEDIA, Annotations, Descriptor, Kind, Manifest
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

BUNDLE_PREFIX = "application/vnd.dev.sigstore.bundle"
MAX_BODY_BYTES = 64 * 1024 * 1024  # the largest real report of 1,843 measured has 14 MB
MAX_TOTAL_BYTES = 512 * 1024 * 1024


class Found(StrEnum):
    """Where a piece of evidence hung."""

    REFERRER = "referrer"
    LEGACY = "legacy"
    ATTESTATION_CHILD = "attestation-child"


@dataclass(frozen=True, slots=True)
class Carried:
    """One piece.

    Attributes:
        subject: The manifest that it claims to be about: an index, a platform, or other evidence.
        media_type: Of the body.
        body: The exact bytes.
        found: Where it hung.
        manifest: The manifest that carries it; this digest is what a copy is told to take along.
        artifact_type: Of that manifest, empty where it has none.
        annotations: Of the layer and, where the layer is silent, of the manifest: claims, such as a legacy
            signature's ``dev.cosignproject.cosign/signature``.
    """

    subject: Digest
    media_type: str
    body: bytes
    found: Found
    manifest: Digest
    artifact_type: str
    annotations: Annotations

    @property
    def digest(self) -> Digest:
        """The digest of the body."""
        return Digest.of(self.body)


@dataclass(frozen=True, slots=True)
class Collected:
    """Everything that was found, in a stable order, and what could not be used, with the reason."""

    pieces: tuple[Carried, ...]
    left_out: tuple[LeftOut, ...]


def collect_evidence(
    repository: Registry,
    plan: Closure,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
    max_total_bytes: int = MAX_TOTAL_BYTES,
) -> Collected:
    """Fetch the evidence of a plan.

    A piece that is too large, absent or wrong is left out with its reason: it never counts, and never hides the
    others.

    Raises:
        Unreachable: The repository failed; what could not be asked is never taken as none.
        Refused: The repository's credentials do not suffice.
    """
    pieces: list[Carried] = []
    left_out = list(plan.left_out)
    room = max_total_bytes
    seen: set[tuple[Digest, Digest]] = set()  # BuildKit's newer attestations are parts and referrers at once
    for edge in plan.evidence:
        if (edge.parent, edge.child) in seen:
            continue
        seen.add((edge.parent, edge.child))
        manifest = plan.node(edge.child)
        for layer in _bodies(manifest, edge, left_out):
            if layer.size > min(max_body_bytes, room):
                left_out.append(LeftOut(edge, f"{layer.digest}: {layer.size} bytes are more than is read here"))
                continue
            body = _fetch(repository, layer, edge, left_out)
            if body is not None:
                room -= layer.size
                pieces.append(_carried(edge, manifest, layer, body))
    return Collected(tuple(pieces), tuple(left_out))


def _fetch(repository: Registry, layer: Descriptor, edge: Edge, left_out: list[LeftOut]) -> bytes | None:
    try:
        return fetch_blob(repository, layer, layer.size)
    except (Absent, Unverified) as error:
        left_out.append(LeftOut(edge, str(error)))
        return None


def _bodies(manifest: Manifest, edge: Edge, left_out: list[LeftOut]) -> tuple[Descriptor, ...]:
    """Return the layers that hold evidence; every kind keeps it in layers, none in its config."""
    if manifest.kind is Kind.INDEX:
        left_out.append(LeftOut(edge, "an index; evidence is a manifest with layers"))
        return ()
    layers = tuple(layer for layer in manifest.layers if layer.media_type != EMPTY_MEDIA)
    bundle = manifest.effective_artifact_type.startswith(BUNDLE_PREFIX)
    if bundle and (len(layers) != 1 or not layers[0].media_type.startswith(BUNDLE_PREFIX)):
        left_out.append(LeftOut(edge, f"a Sigstore bundle has exactly one layer of its type, found {len(layers)}"))
        return ()
    if not layers:
        left_out.append(LeftOut(edge, "it has no layer"))
    return layers


def _carried(edge: Edge, manifest: Manifest, layer: Descriptor, body: bytes) -> Carried:
    return Carried(
        subject=edge.parent,
        media_type=layer.media_type,
        body=body,
        found=_found(edge.kind),
        manifest=manifest.digest,
        artifact_type=manifest.artifact_type,
        annotations=tuple(sorted({**dict(manifest.annotations), **dict(layer.annotations)}.items())),
    )


def _found(kind: EdgeKind) -> Found:
    if kind in LEGACY:
        return Found.LEGACY
    return Found.ATTESTATION_CHILD if kind is EdgeKind.ATTESTATION else Found.REFERRER
