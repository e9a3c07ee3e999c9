"""Everything that belongs to an image, as data: what it consists of, and what claims to be about it.

Nothing is written, and nothing here is believed: the plan says what is there, judgement says what it is worth.
Sources: OCI image-spec and distribution-spec 1.1; BuildKit, docs/attestations/attestation-storage.md.
"""

from collections import deque
from collections.abc import Iterator, Mapping

from pratique.errors import Absent, Malformed, PratiqueError, Refused
from pratique.registry.edges import LEGACY, Edge, EdgeKind, Gap, LeftOut
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor, Kind, Manifest, Platform
from pratique.registry.search import LIMITS, Limits, Search
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class PlatformImage:
    """One image that runs, with its platform as the index states it; ``None`` for an image without an index."""

    digest: Digest
    platform: Platform | None


@dataclass(frozen=True, slots=True)
class Closure:
    """A plan: every manifest that was found, how they hang together, and the blobs they need."""

    root: Digest
    nodes: tuple[Manifest, ...]
    edges: tuple[Edge, ...]
    blobs: tuple[Descriptor, ...]
    platforms: tuple[PlatformImage, ...]
    left_out: tuple[LeftOut, ...] = ()

    def node(self, digest: Digest) -> Manifest:
        """Return one manifest of the plan, or raise ``Absent``."""
        for node in self.nodes:
            if node.digest == digest:
                return node
        raise Absent(f"manifest {digest} is not part of {self.root}; look again at what the image carries")

    def tree(self, top: Digest) -> tuple[Manifest, ...]:
        """Return a manifest and its parts, each once and parts before the whole."""
        self.node(top)
        return tree_of(self.by_digest(), top)

    def by_digest(self) -> dict[Digest, Manifest]:
        """Return every manifest under its digest, for whoever looks up many."""
        return {node.digest: node for node in self.nodes}

    @property
    def untagged(self) -> tuple[Manifest, ...]:
        """The manifests that no legacy tag leads to; the root may have a tag that is none of ours."""
        tagged = {edge.child for edge in self.edges if edge.kind in LEGACY}
        return tuple(node for node in self.nodes if node.digest not in tagged)

    @property
    def evidence(self) -> tuple[Edge, ...]:
        """The edges to what claims to be about a node, sorted."""
        return tuple(sorted(edge for edge in self.edges if edge.kind is not EdgeKind.CHILD))


def tree_of(nodes: Mapping[Digest, Manifest], top: Digest) -> tuple[Manifest, ...]:
    """Return a manifest and its parts, each once and parts before the whole; every one of them is among ``nodes``."""
    found: dict[Digest, Manifest] = {}
    waiting = [top]
    while waiting:  # no recursion: hostile graphs nest deeper than the interpreter does
        node = nodes[waiting[-1]]
        parts = [child.digest for child in reversed(node.children) if child.digest not in found]
        if parts:
            waiting.extend(parts)
        else:
            found.setdefault(waiting.pop(), node)
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there of an image, and every edge that leads to nothing or to something else."""

    closure: Closure
    gaps: tuple[Gap, ...]


def plan(repository: Registry, root: Digest, limits: Limits = LIMITS) -> Closure:
    """Return the closure of an image.

    Raises:
        Absent: The root or one of its parts is not there.
        Unverified: A part is not what its descriptor says.
        Malformed: The root or one of its parts is refused, or nests too deep.
        Refused: It has too many manifests, or too many bytes.
        Unreachable: Any list could not be fetched; what could not be asked is never taken as none.
    """
    return plan_from(repository, repository.manifest(root), limits)


def plan_from(repository: Registry, root: Manifest, limits: Limits = LIMITS) -> Closure:
    """Return the closure of an image whose root was fetched already; raises as :func:`plan`."""
    found = survey(repository, root, limits)
    for gap in found.gaps:
        if gap.edge.kind is EdgeKind.CHILD:
            raise _incomplete(gap)
    return found.closure


def survey(repository: Registry, root: Manifest, limits: Limits = LIMITS) -> Survey:
    """Return what is there of an image, and what is missing; raises as :func:`plan`, but for parts."""
    search = Search(repository, limits)
    search.run(root)
    nodes = tuple(search.nodes.values())
    blobs = distinct_blobs(nodes)
    if (total := sum(blob.size for blob in blobs)) > limits.blob_bytes:
        raise Refused(f"image: expected at most {limits.blob_bytes} bytes altogether, found {total} stated")
    claims = tuple(gap for gap in search.gaps if gap.edge.kind is not EdgeKind.CHILD)
    closure = Closure(
        root=root.digest,
        nodes=nodes,
        edges=tuple(dict.fromkeys(search.edges)),
        blobs=blobs,
        platforms=tuple(_platforms(search.nodes, root.digest)),
        left_out=tuple(LeftOut(gap.edge, str(gap.error)) for gap in claims),
    )
    return Survey(closure, tuple(search.gaps))


def _incomplete(gap: Gap) -> PratiqueError:
    """Say what a missing part means: what is about the whole index is not about the few platforms that are here."""
    if not isinstance(gap.error, Absent):
        return gap.error
    return Absent(
        f"{gap.error}, which the index {gap.edge.parent} names; an index is copied with every platform or not at all: "
        "bring the missing one back, or name the digest of the platform that you want"
    )


def distinct_blobs(nodes: tuple[Manifest, ...]) -> tuple[Descriptor, ...]:
    """Return the blobs of these manifests, each digest once.

    Raises:
        Malformed: Two manifests state different sizes of one blob.
    """
    found: dict[Digest, Descriptor] = {}
    for blob in (blob for node in nodes for blob in node.blobs):
        known = found.setdefault(blob.digest, blob)
        if known.size != blob.size:
            raise Malformed(f"blob {blob.digest}: stated with {known.size} and with {blob.size} bytes")
    return tuple(found.values())


def _platforms(nodes: dict[Digest, Manifest], root: Digest) -> Iterator[PlatformImage]:
    if nodes[root].kind is Kind.IMAGE:
        yield PlatformImage(root, None)
    seen: set[Digest] = set()
    indexes = deque([root])
    while indexes:
        for child in nodes[indexes.popleft()].children:
            if child.digest in seen or child.digest not in nodes:
                continue
            seen.add(child.digest)
            if nodes[child.digest].kind is Kind.INDEX:
                indexes.append(child.digest)
            elif not (child.platform and child.platform.unknown):
                yield PlatformImage(child.digest, child.platform)
