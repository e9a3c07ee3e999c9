"""Finding everything that hangs together with a manifest: layer by layer, many questions at once, within limits.

From the root: children of indexes, referrers of every node, the legacy tags of every node, and again from each of
those. What is found, and in which order, does not depend on which answer comes first.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from pratique.errors import Absent, Malformed, PratiqueError, Refused, Unverified
from pratique.registry.edges import LEGACY, Edge, EdgeKind, Gap, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor, Manifest
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_WORKERS = 8  # half of what one registry is asked at once; more is slower on two processors
_AT_ONCE = 4 * _WORKERS
_BUILDKIT_TYPE = "vnd.docker.reference.type"
_BUILDKIT_SUBJECT = "vnd.docker.reference.digest"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may belong to one image.

    Attributes:
        depth: Manifests above each other; an index of indexes with signed signatures of signed reports is six deep.
        nodes: Manifests altogether, those included that are only named.
        manifest_bytes: Of all manifests together; they are held in memory.
        blob_bytes: Of all blobs together, as stated.
    """

    depth: int = 16
    nodes: int = 10_000
    manifest_bytes: int = 256 * 1024 * 1024
    blob_bytes: int = 1024**4


LIMITS = Limits()


class Search:
    """What has been found so far; breadth first, so that a node's depth is its least."""

    def __init__(self, repository: Registry, limits: Limits) -> None:
        self.nodes: dict[Digest, Manifest] = {}
        self.edges: list[Edge] = []
        self.gaps: list[Gap] = []
        self._repository = repository
        self._limits = limits
        self._named = 1
        self._bytes = 0

    def run(self, root: Manifest) -> None:
        """Find everything from a root.

        Raises:
            Malformed: It nests too deep, or a list of referrers cannot be read.
            Refused: There is too much of it.
            Unreachable: Something could not be asked.
        """
        self._count(root)
        layer, depth = self._admit((root,), 0), 0
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="plan") as pool:
            while layer:
                depth += 1
                edges = tuple(_edges(layer, self._repository, pool))
                found = self._fetch(edges, pool)
                layer = self._admit(self._held(edges, found), depth)
        for node in self.nodes.values():
            self.edges.extend(edge for edge in _attestations(node) if edge.child in self.nodes)

    def _fetch(
        self, edges: tuple["_Named", ...], pool: ThreadPoolExecutor
    ) -> dict[Digest, Manifest | PratiqueError]:
        """Fetch what these edges lead to, each manifest once; what is only named counts like what belongs there."""
        wanted = tuple(dict.fromkeys(named.edge.child for named in edges if named.edge.child not in self.nodes))
        self._named += len(wanted)
        if self._named > self._limits.nodes:
            raise _too_many(self._limits)
        found: dict[Digest, Manifest | PratiqueError] = dict(self.nodes)
        for start in range(0, len(wanted), _AT_ONCE):  # no more is on its way than may be thrown away again
            some = wanted[start : start + _AT_ONCE]
            for digest, answer in zip(some, pool.map(self._manifest, some), strict=True):
                self._count(answer)
                found[digest] = answer
        return found

    def _manifest(self, digest: Digest) -> Manifest | PratiqueError:
        """Anyone who may push can attach rubbish: it must neither count nor stop what it claims to be about."""
        try:
            return self._repository.manifest(digest)
        except (Absent, Malformed, Unverified) as error:
            return error

    def _count(self, found: Manifest | PratiqueError) -> None:
        self._bytes += found.size if isinstance(found, Manifest) else 0
        if self._bytes > self._limits.manifest_bytes:
            raise Refused(
                f"image: its manifests have more than {self._limits.manifest_bytes} bytes; "
                "remove what is not needed"
            )

    def _held(
        self, edges: tuple["_Named", ...], found: dict[Digest, Manifest | PratiqueError]
    ) -> Iterator[Manifest]:
        """Keep the edges that hold, and yield what they lead to; keep the others as gaps."""
        for named in edges:
            child = found[named.edge.child]
            wrong = child if isinstance(child, PratiqueError) else named.why_wrong(child)
            if wrong is not None:
                self.gaps.append(Gap(named.edge, wrong))
            elif isinstance(child, Manifest) and named.holds(child):
                self.edges.append(named.edge)
                yield child

    def _admit(self, found: Iterable[Manifest], depth: int) -> tuple[Manifest, ...]:
        """Add what is new and nests no deeper than it may, and return it."""
        new: list[Manifest] = []
        for manifest in found:
            if manifest.digest in self.nodes:
                continue
            if depth > self._limits.depth:
                raise Malformed(f"image: nested deeper than {self._limits.depth} manifests, at {manifest.digest}")
            self.nodes[manifest.digest] = manifest
            new.append(manifest)
        return tuple(new)


@dataclass(frozen=True, slots=True)
class _Named:
    """An edge as somebody states it: an index in a descriptor, a list of referrers, or the name of a tag."""

    edge: Edge
    stated: Descriptor | None = None

    def why_wrong(self, found: Manifest) -> PratiqueError | None:
        stated = self.stated
        if stated is None or (stated.media_type, stated.size) == (found.media_type, found.size):
            return None
        return Unverified(
            f"index: {found.digest} is stated as {stated.media_type} of {stated.size} bytes, "
            f"found {found.media_type} of {found.size} bytes; do not use it"
        )

    def holds(self, found: Manifest) -> bool:
        """A list of referrers is hearsay: the manifest itself must say whose referrer it is."""
        if self.edge.kind is not EdgeKind.REFERRER:
            return True
        return found.subject is not None and found.subject.digest == self.edge.parent


def _edges(layer: tuple[Manifest, ...], repository: Registry, pool: ThreadPoolExecutor) -> Iterator[_Named]:
    """Yield what each manifest of a layer leads to, in a stable order."""
    lists = pool.map(lambda node: repository.referrers(node.digest), layer)
    tagged = pool.map(
        lambda place: repository.resolve(legacy_tag(*place)),
        ((node.digest, kind) for node in layer for kind in LEGACY),
    )
    for node, listed in zip(layer, lists, strict=True):
        for child in node.children:
            yield _Named(Edge(node.digest, EdgeKind.CHILD, child.digest), child)
        for digest in sorted(each.digest for each in listed):
            yield _Named(Edge(node.digest, EdgeKind.REFERRER, digest))
        for kind in LEGACY:
            found = next(tagged)
            if found is not None:
                yield _Named(Edge(node.digest, kind, found))


def _too_many(limits: Limits) -> Refused:
    return Refused(f"image: more than {limits.nodes} manifests belong to it; remove what is not needed")


def _attestations(index: Manifest) -> Iterator[Edge]:
    """Yield what BuildKit's attestations among an index's parts are about."""
    siblings = {child.digest for child in index.children}
    for child in index.children:
        about = _attested(child)
        if about in siblings and about is not None:
            yield Edge(about, EdgeKind.ATTESTATION, child.digest)


def _attested(child: Descriptor) -> Digest | None:
    if child.annotation(_BUILDKIT_TYPE) != "attestation-manifest":
        return None
    try:
        return Digest.parse(child.annotation(_BUILDKIT_SUBJECT))
    except Malformed:
        return None  # about nothing that could be named: it travels, and proves nothing
