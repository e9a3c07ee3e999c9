"""Copy an image with exactly the evidence that was judged, by digest, and read it back.

Leaves first: blobs, parts, the root, its referrers; then everything is read back, and what is missing is mended
and read back again; legacy tags last. The image's own tag is never touched: pointing it is another step, taken
after the seal. Every step may be repeated, so a copy that was killed is simply run again.
"""

import logging
from collections.abc import Iterable
from enum import StrEnum

from pratique.registry.anchor import anchor_tag
from pratique.registry.attach import merge_legacy
from pratique.registry.cargo import Cargo, load_cargo
from pratique.registry.closure import Closure
from pratique.registry.edges import Edge, legacy_tag
from pratique.registry.interface import Lock, Registry
from pratique.registry.progress import SILENT, Watch, Way
from pratique.registry.readback import Flaw, What, find_flaws, find_unlisted
from pratique.registry.transfer import First, each, put_again, transfer
from pratique.registry.writing import Writing
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_WORKERS = 8  # for manifests, which are small
_log = logging.getLogger(__name__)


class Keep(StrEnum):
    """What is anchored, where the destination's own clean-up deletes what has no tag."""

    ALL = "all"
    """The root too: its tag comes later and may move on, and a rollback needs the earlier image."""

    BELOW_ROOT = "below the root"
    """All but the root, which has a tag of its own."""


@dataclass(frozen=True, slots=True)
class CopyReport:
    """What is at the destination now, read back.

    Attributes:
        root: The image.
        manifests: Every manifest that travelled, parts before the whole.
        evidence: The wanted evidence, by the manifests that carry it, sorted.
        blobs: Every blob, and how it came to be there, sorted.
        moved_bytes: Through this process.
        legacy_tags: Pointed at the destination.
        anchors: Tags that keep manifests from the destination's own clean-up, sorted; none where it needs none.
        unanchored: Manifests whose anchor the destination refused, sorted: its clean-up may delete them.
        mended: What the destination claimed to have and had lost, brought again, sorted.
    """

    root: Digest
    manifests: tuple[Digest, ...]
    evidence: tuple[Digest, ...]
    blobs: tuple[tuple[Digest, Way], ...]
    moved_bytes: int
    legacy_tags: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    unanchored: tuple[Digest, ...] = ()
    mended: tuple[Digest, ...] = ()


def copy(
    plan: Closure,
    source: Registry,
    destination: Registry,
    wanted: frozenset[Digest],
    lock: Lock,
    *,
    keep: Keep = Keep.ALL,
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
        keep: What is anchored where the destination needs that.
        watch: Is told how far it has come.

    Raises:
        Absent: Something wanted is not in the plan, or a blob is not at the source.
        Refused: A blob is nowhere but at addresses that its manifest names, or the destination's rules say no.
        Unverified: Bytes are not what their digest says, at the source or when read back.
        Unreachable: Network, registry or disk; run it again.
    """
    # 1. What travels.
    cargo = load_cargo(plan, wanted)
    watch.planned(len(cargo.blobs), sum(blob.size for blob in cargo.blobs))
    writing = Writing(source, destination, cargo.by_digest, _to_anchor(cargo, destination, keep), set(), set())
    # 2. Blobs, the biggest first; then manifests.
    begun = destination.has_manifest(plan.root)
    ways = transfer(cargo.blobs, source, destination, First.LOOK if begun else First.MOUNT, watch)
    _write(cargo, writing, _present(cargo, writing) if begun else frozenset(), lock, watch)
    # 3. Read back, and mend, before any tag moves.
    _read_back(cargo, writing, lock)
    # 4. Legacy tags.
    tags = tuple(_place_legacy(edge, cargo, destination, lock) for edge in cargo.legacy)
    report = CopyReport(
        root=plan.root,
        manifests=tuple(cargo.by_digest),
        evidence=tuple(sorted(wanted)),
        blobs=tuple(sorted(ways.items())),
        moved_bytes=sum(blob.size for blob in cargo.blobs if ways[blob.digest] is Way.MOVED),
        legacy_tags=tags,
        anchors=tuple(sorted(anchor_tag(digest) for digest in writing.anchored - writing.unanchored)),
        unanchored=tuple(sorted(writing.unanchored)),
        mended=tuple(sorted(writing.mended)),
    )
    _log.info("copied %s to %s, %d bytes", plan.root, destination.repository, report.moved_bytes)
    return report


def _to_anchor(cargo: Cargo, destination: Registry, keep: Keep) -> frozenset[Digest]:
    """Return what the destination's clean-up would delete: all that leads nowhere from a tag of its own."""
    tagged = {edge.child for edge in cargo.legacy} | ({cargo.root} if keep is Keep.BELOW_ROOT else set())
    loose = frozenset(cargo.by_digest) - tagged
    return frozenset() if not loose or destination.keeps_untagged() else loose


def _write(cargo: Cargo, writing: Writing, present: frozenset[Digest | Edge], lock: Lock, watch: Watch) -> None:
    """Write manifests, parts before the whole, and each referrer after what it is about, as edges are in that order."""
    for generation in cargo.generations():
        each(writing.put, tuple(node for node in generation if node.digest not in present), _WORKERS)
        watch.manifests(len(generation))
    for edge in cargo.referrers:
        if edge not in present:
            writing.attach(cargo.by_digest[edge.child], lock)
        watch.manifests(1)


def _present(cargo: Cargo, writing: Writing) -> frozenset[Digest | Edge]:
    """Return the manifests that are at the destination, and the referrers that are listed there besides."""
    digests = tuple(cargo.by_digest)
    there = {digest for digest, has in zip(digests, each(writing.has, digests, _WORKERS), strict=True) if has}
    unlisted = set(find_unlisted(cargo.referrers, writing.destination))
    listed = (edge for edge in cargo.referrers if edge.child in there and edge not in unlisted)
    return frozenset(there).union(listed)


def _read_back(cargo: Cargo, writing: Writing, lock: Lock) -> None:
    """Return if everything is at the destination, mended where it was not.

    Raises:
        Absent, Unverified: The destination does not keep what is brought.
    """
    flaws = _flaws(cargo, writing.destination)
    if not flaws:
        return
    for flaw in flaws:
        _log.warning("after the copy: %s; it is brought again", flaw.error)
        writing.mended.add(flaw.digest)
    _mend(flaws, cargo, writing, lock)
    for flaw in _flaws(cargo, writing.destination):
        raise flaw.error


def _flaws(cargo: Cargo, destination: Registry) -> tuple[Flaw, ...]:
    return find_flaws(cargo.by_digest.values(), cargo.blobs, cargo.referrers, destination)


def _mend(flaws: Iterable[Flaw], cargo: Cargo, writing: Writing, lock: Lock) -> None:
    wrong = {(flaw.what, flaw.digest) for flaw in flaws}
    for blob in cargo.blobs:
        if (What.BLOB, blob.digest) in wrong:
            put_again(blob, writing.source, writing.destination)
    for digest, node in cargo.by_digest.items():  # parts come before the whole
        if (What.MANIFEST, digest) in wrong:
            writing.put(node)
    for edge in cargo.referrers:
        if {(What.REFERRER, edge.child), (What.MANIFEST, edge.child)} & wrong:
            writing.attach(cargo.by_digest[edge.child], lock)


def _place_legacy(edge: Edge, cargo: Cargo, destination: Registry, lock: Lock) -> str:
    tag = legacy_tag(edge.parent, edge.kind)
    merge_legacy(destination, tag, cargo.by_digest[edge.child], lock)
    return tag
