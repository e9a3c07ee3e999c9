"""Copying an image by hand: whole, with its evidence, and the tag last.

This is no promotion: nothing is judged, sealed or recorded. It moves what is there, by digest.
"""

from enum import StrEnum
from os.path import normpath

from pratique.errors import Absent, Conflict, Malformed, Refused
from pratique.registry.closure import Closure, plan_from
from pratique.registry.copy import CopyReport, Keep, copy
from pratique.registry.edges import EdgeKind, LeftOut
from pratique.registry.interface import ANY, Expected, Lock, Registry
from pratique.registry.manifest import Kind, Manifest
from pratique.registry.progress import Watch
from pratique.service.image import find
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, Reference, Repository


class Evidence(StrEnum):
    """Which evidence travels; BuildKit's attestations are parts of an index and always do."""

    ALL = "all"
    NONE = "none"


class Walk(StrEnum):
    """How much is looked at where the destination's tag points to the image already."""

    QUICK = "quick"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be copied, and to where.

    Attributes:
        source: What it means is settled once, at the start.
        destination: Its tag, if it has one, is pointed at the image at the end. Its digest must be the image's.
        expected: Where the destination's tag may point now; otherwise it is not moved.
        evidence: Which evidence travels.
        walk: How much is looked at where everything seems to be there.
        platform: Only this one of an index's platforms, as the image that it is by itself.
    """

    source: Reference
    destination: Reference
    expected: Expected = None
    evidence: Evidence = Evidence.ALL
    walk: Walk = Walk.QUICK
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of it.

    Attributes:
        digest: Of the image at the destination.
        meant: Of what the source's reference means; another one where only a platform was copied.
        previous: Where the destination's tag pointed before.
        report: What was looked at and moved, ``None`` where the tag pointed to the image and that was enough.
        left_out: What claims to be evidence and could not be read at the source.
        inside: Manifests of evidence that are parts of the image, such as BuildKit's.
        stayed: Manifests of evidence that stayed behind because it was wished so.
    """

    digest: Digest
    meant: Digest
    previous: Digest | None
    report: CopyReport | None
    left_out: tuple[LeftOut, ...] = ()
    inside: tuple[Digest, ...] = ()
    stayed: tuple[Digest, ...] = ()


def copy_image(source: Registry, destination: Registry, wish: Wish, lock: Lock, watch: Watch) -> Copied:
    """Copy an image, read it back, and point the tag at it last.

    Where the destination's tag points to the image already and the walk is quick, this asks both sides once and
    moves nothing.

    Raises:
        Absent: The image, a part of it or the platform is not at the source.
        Conflict: The destination's tag points elsewhere than expected, or its digest is another image's.
        Refused: One platform was asked for under its index's digest.
        Malformed: Source and destination are the same.
        Unverified: Bytes are not what their digest says.
        Unreachable: Network, registry or disk; run it again.
    """
    # 1. What is meant, once.
    _refuse_same(wish.source, wish.destination)
    meant = find(source, wish.source)
    whole, root = _platform(source, meant, wish.platform) if wish.platform else (None, meant)
    image = root.digest
    _check_digest(wish, meant, image)
    # 2. Whether it may go there, before anything moves.
    tag = wish.destination.tag
    previous = destination.resolve(tag) if tag else None
    if tag and previous == image and wish.walk is Walk.QUICK:
        return Copied(image, meant.digest, previous, None)
    if tag and wish.expected is not ANY and previous not in (image, wish.expected):
        raise Conflict(_elsewhere(wish.destination, previous, wish.expected))
    # 3. Everything, and the tag last.
    closure = plan_from(source, root)
    parts = frozenset(node.digest for node in closure.tree(image))
    carried = _carried(closure)
    wanted = carried if wish.evidence is Evidence.ALL else frozenset[Digest]()
    keep = Keep.BELOW_ROOT if tag else Keep.ALL
    report = copy(closure, source, destination, wanted, lock, keep=keep, watch=watch)
    if tag:
        destination.put_tag(tag, image, previous)  # whatever was expected: where it pointed when we looked
    inside = parts & {edge.child for edge in closure.evidence}
    stayed = (carried if whole is None else carried | {edge.child for edge in whole.evidence}) - wanted - inside
    return Copied(
        image, meant.digest, previous, report, closure.left_out, tuple(sorted(inside)), tuple(sorted(stayed))
    )


def _refuse_same(source: Reference, destination: Reference) -> None:
    same = _place(source.repository) == _place(destination.repository)
    if same and destination.tag in (None, source.tag):
        raise Malformed(f"usage: {source} and {destination} are the same place; name another repository or tag")


def _place(repository: Repository) -> str:
    return normpath(repository.path) if isinstance(repository, LayoutRepository) else str(repository)


def _platform(source: Registry, meant: Manifest, wanted: str) -> tuple[Closure, Manifest]:
    """Return the closure of the index, and its one image for a platform."""
    closure = plan_from(source, meant)
    if meant.kind is not Kind.INDEX:
        raise Absent(f"{meant.digest} is one image and no index; copy it without --platform")
    found = [one for one in closure.platforms if one.platform and _matches(str(one.platform), wanted)]
    if len(found) != 1:
        names = ", ".join(str(one.platform) for one in closure.platforms)
        raise Absent(f"{meant.digest}: expected one platform {wanted!r}, found {len(found)}; there are {names}")
    return closure, closure.node(found[0].digest)


def _matches(platform: str, wanted: str) -> bool:
    return platform == wanted or platform.startswith(f"{wanted}/")


def _check_digest(wish: Wish, meant: Manifest, image: Digest) -> None:
    stated = wish.destination.digest
    if stated in (None, image):
        return
    if stated == meant.digest:
        raise Refused(
            f"{stated} is the index of all platforms, and {wish.platform} alone is {image}: one platform never goes "
            "under the index's digest; name that digest, or copy the whole index"
        )
    raise Conflict(f"{wish.destination}: expected the digest of the image, {image}; name that, or none")


def _carried(closure: Closure) -> frozenset[Digest]:
    """Return the manifests of evidence that must be hung on the image, also where one is a part of it besides."""
    return frozenset(edge.child for edge in closure.evidence if edge.kind is not EdgeKind.ATTESTATION)


def _elsewhere(destination: Reference, found: Digest | None, expected: Digest | None) -> str:
    advice = f"move it from there with --expect {found}, or name another tag" if found else "leave --expect out"
    return f"{destination} points to {found or 'nothing'}, expected {expected or 'nothing'}; {advice}"
