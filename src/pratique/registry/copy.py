"""Copy an image with exactly the evidence that was judged, by digest, and read it back.

Leaves first: blobs, parts, the root, its referrers; then everything is read back; legacy tags last. The image's
own tag is never touched: pointing it is another step, taken after the seal. Every step may be repeated, so a copy
that was killed is simply run again.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pratique.errors import Absent, Unverified
from pratique.registry.attach import merge_legacy
from pratique.registry.closure import LEGACY, Closure, Edge, EdgeKind, distinct_blobs, legacy_tag
from pratique.registry.interface import Lock, Registry
from pratique.registry.manifest import Descriptor, Manifest
from pratique.registry.progress import SILENT, Watch, Way, watched
from pratique.values.digest import Digest

_WORKERS = 4  # more streams do not help: the destination's disk is the limit (measured at 1, 2, 4 and 8)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What is at the destination now, read back."""

    root: Digest
    manifests: tuple[Digest, ...]
    evidence: tuple[Digest, ...]
    blobs: tuple[tuple[Digest, Way], ...]
    moved_bytes: int
    legacy_tags: tuple[str, ...]


def copy(
    plan: Closure,
    source: Registry,
    destination: Registry,
    wanted: frozenset[Digest],
    lock: Lock,
    *,
    watch: Watch = SILENT,
) -> CopyReport:
    """Copy the image of a plan with the wanted evidence, and read it back.

    Args:
        plan: The closure, as :func:`pratique.registry.closure.plan` found it in ``source``.
        source: Where the bytes are.
        destination: Where they go; no tag of the image itself moves here.
        wanted: The manifests of the evidence that travels: referrers and legacy signatures, by digest. Exactly
            these and their parts are copied. BuildKit's attestations are parts of the index and always travel.
        lock: Guards the lists of referrers at the destination.
        watch: Is told how far it has come.

    Raises:
        Absent: Something wanted is not in the plan, or a blob is not at the source.
        Unverified: Bytes are not what their digest says, at the source or when read back.
        Unreachable: Network, registry or disk; run it again.
    """
    # 1. What travels.
    edges = _wanted_edges(plan, wanted)
    body = plan.tree(plan.root)
    attached = tuple(plan.tree(edge.child) for edge in edges)
    nodes = tuple({node.digest: node for tree in (body, *attached) for node in tree}.values())
    # 2. Blobs, the biggest first.
    blobs = distinct_blobs(nodes)
    watch.planned(len(blobs), sum(blob.size for blob in blobs))
    ways = _copy_blobs(blobs, source, destination, watch)
    # 3. Manifests, parts before the whole; each referrer after what it is about, as edges are in that order.
    referrers = tuple(edge for edge in edges if edge.kind is EdgeKind.REFERRER)
    alone = {edge.child for edge in referrers} - {node.digest for node in body}
    for node in nodes:
        if node.digest not in alone:
            destination.put_manifest(node)
            watch.manifests(1)
    for edge in referrers:
        destination.put_referrer(plan.node(edge.child), lock)
        watch.manifests(1)
    # 4. Read back before any tag moves.
    read_back(nodes, referrers, destination)
    # 5. Legacy tags.
    tags = tuple(_place_legacy(edge, plan, destination, lock) for edge in edges if edge.kind in LEGACY)
    moved = sum(blob.size for blob in blobs if ways[blob.digest] is Way.MOVED)
    _log.info("copied %s to %s: %d manifests, %d bytes", plan.root, destination.repository, len(nodes), moved)
    return CopyReport(
        plan.root,
        tuple(node.digest for node in nodes),
        tuple(sorted(wanted)),
        tuple(sorted(ways.items())),
        moved,
        tags,
    )


def read_back(nodes: tuple[Manifest, ...], referrers: tuple[Edge, ...], destination: Registry) -> None:
    """Return if these manifests, their blobs and referrers are at the destination.

    Manifests are compared byte by byte, blobs by their size.

    Raises:
        Absent: Something is not there.
        Unverified: Something is there with other bytes or another size.
    """
    for node in nodes:
        destination.manifest(node.digest)  # checks the digest, and so every byte
    for blob in distinct_blobs(nodes):
        found = destination.blob_size(blob.digest)
        if found is None:
            raise Absent(f"{destination.repository}: blob {blob.digest} is not there after the copy; run it again")
        if found != blob.size:
            raise Unverified(f"{destination.repository}: blob {blob.digest}: {found} bytes, expected {blob.size}")
    for edge in referrers:
        _check_listed(edge, destination)


def _check_listed(edge: Edge, destination: Registry) -> None:
    if edge.child not in {listed.digest for listed in destination.referrers(edge.parent)}:
        raise Absent(f"{destination.repository}: {edge.child} is not listed at {edge.parent}; run it again")


def _wanted_edges(plan: Closure, wanted: frozenset[Digest]) -> tuple[Edge, ...]:
    """Return the edges to the wanted evidence, those nearer to the root first."""
    travelling = {node.digest for node in plan.tree(plan.root)}
    carried = tuple(edge for edge in plan.edges if edge.kind not in (EdgeKind.CHILD, EdgeKind.ATTESTATION))
    missing = wanted - travelling - {edge.child for edge in carried}
    if missing:
        raise Absent(
            f"evidence {min(missing)} was judged but is not at the source any more; "
            "put it back there or ask for a new judgement"
        )
    return tuple(edge for edge in carried if edge.child in wanted)


def _copy_blobs(
    blobs: tuple[Descriptor, ...], source: Registry, destination: Registry, watch: Watch
) -> dict[Digest, Way]:
    ordered = sorted(blobs, key=lambda blob: (-blob.size, blob.digest))
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="copy") as pool:
        tasks = [pool.submit(_copy_blob, blob, source, destination, watch) for blob in ordered]
        try:
            ways = [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()  # after a failure, what has not begun need not begin
    return {blob.digest: way for blob, way in zip(ordered, ways, strict=True)}


def _copy_blob(blob: Descriptor, source: Registry, destination: Registry, watch: Watch) -> Way:
    way = _bring(blob, source, destination, watch)
    watch.finished(blob, way)
    return way


def _bring(blob: Descriptor, source: Registry, destination: Registry, watch: Watch) -> Way:
    if destination.blob_size(blob.digest) == blob.size:
        return Way.PRESENT
    if destination.mount_blob(blob, source.repository):
        return Way.MOUNTED
    destination.put_blob(blob, watched(lambda: source.open_unverified(blob), watch))
    return Way.MOVED


def _place_legacy(edge: Edge, plan: Closure, destination: Registry, lock: Lock) -> str:
    tag = legacy_tag(edge.parent, edge.kind)
    merge_legacy(destination, tag, plan.node(edge.child), lock)
    return tag
