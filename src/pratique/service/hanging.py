"""What hangs on an image, piece by piece: on what, how, and what it says it is.

What a piece says of itself is read from annotations, else from its bytes where they are few. It is a claim: nothing
is verified here.
"""

from pratique.errors import Absent, Refused, Unverified
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import Closure, distinct_blobs
from pratique.registry.edges import LEGACY, Edge, EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.manifest import EMPTY_MEDIA, Descriptor, Manifest
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_STATED = ("dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type", "predicateType")
"""Annotations in which cosign's bundles, BuildKit and cosign's legacy layers state a predicate type."""
_MAX_READ_BYTES = 1024 * 1024  # larger bodies are named by their media type alone
_MAX_READ_LAYERS = 64


@dataclass(frozen=True, slots=True)
class Hanging:
    """One piece.

    Attributes:
        subject: The manifest that it claims to be about.
        digest: The manifest that carries it.
        via: How it hangs there.
        tag: The legacy tag that leads to it, empty where none does.
        artifact_type: As its manifest states it, else its config's media type.
        predicate_types: Of the attestations in it, sorted.
        formats: What its other bodies are, by their bytes where they were read, else by their media types.
        size_bytes: Manifest and blobs.
    """

    subject: Digest
    digest: Digest
    via: EdgeKind
    tag: str
    artifact_type: str
    predicate_types: tuple[str, ...]
    formats: tuple[str, ...]
    size_bytes: int


def hanging(repository: Registry, closure: Closure) -> tuple[Hanging, ...]:
    """Return every piece of evidence of a closure, nearest to the root first.

    What hangs on one subject in two ways is named once.

    Raises:
        Unreachable: A body could not be fetched, as opposed to: is not there.
    """
    distance = {node.digest: at for at, node in enumerate(closure.nodes)}
    edges: dict[tuple[Digest, Digest], Edge] = {}
    for edge in sorted(closure.evidence, key=lambda edge: (distance[edge.parent], edge.kind, edge.child)):
        edges.setdefault((edge.parent, edge.child), edge)
    return tuple(_hanging(repository, edge, closure.node(edge.child)) for edge in edges.values())


def _hanging(repository: Registry, edge: Edge, manifest: Manifest) -> Hanging:
    predicates = {text for key in _STATED if (text := manifest.annotation(key))}
    formats: set[str] = set()
    for layer in manifest.layers[:_MAX_READ_LAYERS]:
        stated = next((text for key in _STATED if (text := layer.annotation(key))), "")
        if stated:
            predicates.add(stated)
        elif layer.media_type != EMPTY_MEDIA and not predicates:
            predicate, name = _read(repository, layer)
            (predicates if predicate else formats).add(predicate or name)
    return Hanging(
        subject=edge.parent,
        digest=manifest.digest,
        via=edge.kind,
        tag=legacy_tag(edge.parent, edge.kind) if edge.kind in LEGACY else "",
        artifact_type=manifest.effective_artifact_type,
        predicate_types=tuple(sorted(predicates)),
        formats=tuple(sorted(formats)),
        size_bytes=manifest.size + sum(blob.size for blob in distinct_blobs((manifest,))),
    )


def _read(repository: Registry, layer: Descriptor) -> tuple[str, str]:
    """Return a body's predicate type, empty where it has none, and else what it is."""
    from pratique.evidence.read import read  # long to import, and not needed where annotations say it

    if layer.size > _MAX_READ_BYTES:
        return "", layer.media_type
    try:
        reading = read(fetch_blob(repository, layer, _MAX_READ_BYTES), layer.media_type)
    except (Absent, Refused, Unverified) as error:
        return "", f"cannot be read: {error}"
    return reading.predicate_type or "", reading.format
