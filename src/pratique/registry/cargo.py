"""What one copy carries: the image, the wanted evidence, and in which order it is written."""

from collections.abc import Iterator, Mapping

from pratique.errors import Absent
from pratique.registry.closure import Closure, distinct_blobs, tree_of
from pratique.registry.edges import LEGACY, Edge, EdgeKind
from pratique.registry.manifest import Descriptor, Manifest
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class Cargo:
    """What travels: manifests, parts before the whole, with the blobs and the edges that must hold afterwards."""

    root: Digest
    by_digest: Mapping[Digest, Manifest]
    blobs: tuple[Descriptor, ...]
    referrers: tuple[Edge, ...]
    legacy: tuple[Edge, ...]

    def generations(self) -> Iterator[tuple[Manifest, ...]]:
        """Yield what is written before the referrers: first what has no parts, then what has only such, and on."""
        parts = {child.digest for node in self.by_digest.values() for child in node.children}
        later = {edge.child for edge in self.referrers} - parts - {self.root}
        heights: dict[Digest, int] = {}
        for digest, node in self.by_digest.items():  # parts come before the whole
            heights[digest] = 1 + max((heights[child.digest] for child in node.children), default=0)
        for height in sorted(set(heights.values())):
            generation = (digest for digest in heights if heights[digest] == height and digest not in later)
            yield tuple(self.by_digest[digest] for digest in generation)


def load_cargo(plan: Closure, wanted: frozenset[Digest]) -> Cargo:
    """Return the image and the wanted evidence, or raise ``Absent`` where some of it is gone."""
    nodes = plan.by_digest()
    body = {node.digest: node for node in tree_of(nodes, plan.root)}
    claims = tuple(edge for edge in plan.edges if edge.kind not in (EdgeKind.CHILD, EdgeKind.ATTESTATION))
    missing = wanted - body.keys() - {edge.child for edge in claims}
    if missing:
        raise Absent(
            f"evidence {min(missing)} was judged but is not at the source any more; "
            "put it back there or ask for a new judgement"
        )
    travelling = tuple(edge for edge in claims if edge.child in wanted)
    by_digest = body | {node.digest: node for edge in travelling for node in tree_of(nodes, edge.child)}
    return Cargo(
        plan.root,
        by_digest,
        distinct_blobs(tuple(by_digest.values())),
        tuple(edge for edge in travelling if edge.kind is EdgeKind.REFERRER),
        tuple(edge for edge in travelling if edge.kind in LEGACY),
    )
