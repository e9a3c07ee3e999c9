"""Everything that belongs to an image, as data: what it consists of, and what claims to be about it.

From the root: children of indexes, referrers of every node, the legacy tags ``.sig``, ``.att`` and ``.sbom`` of
every node, and again from each of those. Nothing is written, and nothing here is believed: the plan says what is
there, judgement says what it is worth. Sources: OCI image-spec and distribution-spec 1.1; cosign's tag scheme;
BuildKit, docs/attestations/attestation-storage.md.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor, Kind, Manifest, Platform
from pratique.values.digest import Digest

MAX_DEPTH = 16  # an index of indexes with signed signatures of signed reports is six deep
MAX_NODES = 10_000
_BUILDKIT_TYPE = "vnd.docker.reference.type"
_BUILDKIT_SUBJECT = "vnd.docker.reference.digest"


class EdgeKind(StrEnum):
    """How one manifest leads to another; the last three are the suffixes of legacy tags."""

    CHILD = "child"
    ATTESTATION = "attestation"
    REFERRER = "referrer"
    SIG = "sig"
    ATT = "att"
    SBOM = "sbom"


LEGACY = (EdgeKind.SIG, EdgeKind.ATT, EdgeKind.SBOM)


def legacy_tag(subject: Digest, kind: EdgeKind) -> str:
    """Return the tag under which cosign's older scheme keeps something about a manifest."""
    return f"sha256-{subject.hex}.{kind}"


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """``child`` is a part of ``parent`` (``CHILD``), or claims to be about it (every other kind).

    BuildKit's attestations are both: a part of the index, and about one of its platforms.
    """

    parent: Digest
    kind: EdgeKind
    child: Digest


@dataclass(frozen=True, slots=True)
class PlatformImage:
    """One image that runs, with its platform as the index states it; ``None`` for an image without an index."""

    digest: Digest
    platform: Platform | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that claims to be evidence and could not be read, and why; it counts as not there."""

    edge: Edge
    reason: str


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
        nodes = {node.digest: node for node in self.nodes}
        found: dict[Digest, Manifest] = {}
        waiting = [self.node(top).digest]
        while waiting:  # no recursion: hostile graphs nest deeper than the interpreter does
            node = nodes[waiting[-1]]
            parts = [child.digest for child in reversed(node.children) if child.digest not in found]
            if parts:
                waiting.extend(parts)
            else:
                found.setdefault(waiting.pop(), node)
        return tuple(found.values())

    @property
    def evidence(self) -> tuple[Edge, ...]:
        """The edges to what claims to be about a node, sorted."""
        return tuple(sorted(edge for edge in self.edges if edge.kind is not EdgeKind.CHILD))


def plan(repository: Registry, root: Digest) -> Closure:
    """Return the closure of an image.

    Raises:
        Absent: The root or one of its parts is not there.
        Unverified: A part is not what its descriptor says.
        Malformed: The root or one of its parts is refused, or nests deeper than ``MAX_DEPTH``.
        Refused: There are more than ``MAX_NODES`` manifests.
        Unreachable: Any list could not be fetched; what could not be asked is never taken as none.
    """
    search = _Search(repository)
    search.add(repository.manifest(root), 0)
    while search.waiting:
        search.explore(*search.waiting.popleft())
    nodes = tuple(search.nodes.values())
    return Closure(
        root=root,
        nodes=nodes,
        edges=tuple(dict.fromkeys(search.edges)),
        blobs=distinct_blobs(nodes),
        platforms=tuple(_platforms(search.nodes, root)),
        left_out=tuple(search.left_out),
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


@dataclass(slots=True)
class _Search:
    """What has been found so far; breadth first, so that a node's depth is its least."""

    repository: Registry
    nodes: dict[Digest, Manifest] = field(default_factory=dict)
    waiting: deque[tuple[Manifest, int]] = field(default_factory=deque)
    edges: list[Edge] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def add(self, manifest: Manifest, depth: int) -> None:
        if manifest.digest in self.nodes:
            return
        if depth > MAX_DEPTH:
            raise Malformed(f"image: nested deeper than {MAX_DEPTH} manifests, at {manifest.digest}")
        if len(self.nodes) >= MAX_NODES:
            raise Refused(f"image: more than {MAX_NODES} manifests belong to it; remove what is not needed")
        self.nodes[manifest.digest] = manifest
        self.waiting.append((manifest, depth))

    def explore(self, manifest: Manifest, depth: int) -> None:
        self._children(manifest, depth)
        self._referrers(manifest.digest, depth)
        self._legacy(manifest.digest, depth)

    def _children(self, manifest: Manifest, depth: int) -> None:
        siblings = {child.digest for child in manifest.children}
        for child in manifest.children:
            found = self.nodes.get(child.digest) or self.repository.manifest(child.digest)
            _check_descriptor(child, found)
            self.edges.append(Edge(manifest.digest, EdgeKind.CHILD, child.digest))
            about = _attested(child)
            if about in siblings and about is not None:
                self.edges.append(Edge(about, EdgeKind.ATTESTATION, child.digest))
            self.add(found, depth + 1)

    def _referrers(self, subject: Digest, depth: int) -> None:
        for listed in self.repository.referrers(subject):
            edge = Edge(subject, EdgeKind.REFERRER, listed.digest)
            found = self._fetch(edge)
            # The list is hearsay; the manifest itself must say whose referrer it is.
            if found and found.subject and found.subject.digest == subject:
                self.edges.append(edge)
                self.add(found, depth + 1)

    def _legacy(self, subject: Digest, depth: int) -> None:
        for kind in LEGACY:
            digest = self.repository.resolve(legacy_tag(subject, kind))
            if digest is None:
                continue
            edge = Edge(subject, kind, digest)
            found = self._fetch(edge)
            if found:
                self.edges.append(edge)
                self.add(found, depth + 1)

    def _fetch(self, edge: Edge) -> Manifest | None:
        """Anyone who may push can attach rubbish: it must neither count nor stop what it claims to be about."""
        try:
            return self.nodes.get(edge.child) or self.repository.manifest(edge.child)
        except (Absent, Malformed, Unverified) as error:
            self.left_out.append(LeftOut(edge, str(error)))
            return None


def _check_descriptor(child: Descriptor, found: Manifest) -> None:
    if (child.media_type, child.size) != (found.media_type, found.size):
        raise Unverified(
            f"index: {child.digest} is stated as {child.media_type} of {child.size} bytes, "
            f"found {found.media_type} of {found.size} bytes; do not use it"
        )


def _attested(child: Descriptor) -> Digest | None:
    if child.annotation(_BUILDKIT_TYPE) != "attestation-manifest":
        return None
    try:
        return Digest.parse(child.annotation(_BUILDKIT_SUBJECT))
    except Malformed:
        return None  # about nothing that could be named: it travels, and proves nothing


def _platforms(nodes: dict[Digest, Manifest], root: Digest) -> Iterator[PlatformImage]:
    if nodes[root].kind is Kind.IMAGE:
        yield PlatformImage(root, None)
    seen: set[Digest] = set()
    indexes = deque([root])
    while indexes:
        for child in nodes[indexes.popleft()].children:
            if child.digest in seen:
                continue
            seen.add(child.digest)
            if nodes[child.digest].kind is Kind.INDEX:
                indexes.append(child.digest)
            elif not (child.platform and child.platform.unknown):
                yield PlatformImage(child.digest, child.platform)
