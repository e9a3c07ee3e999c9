"""Comparing an image with what somebody else built from the same source, and recording what came of it.

Source: docs/attack-surface.md, "Built again".
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pratique.attest.bundle import BUNDLE_MEDIA, build_bundle
from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.statement import Subject, build_statement
from pratique.evidence.model import Origin, Piece
from pratique.evidence.surface.member import MemberKind
from pratique.evidence.surface.rebuild import (
    SHOWN,
    Aspect,
    Comparison,
    Difference,
    FileState,
    compared,
    comparison_value,
    document_differences,
    file_differences,
)
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import Closure, plan_from
from pratique.registry.interface import Registry
from pratique.registry.layers import Members, read_layer
from pratique.registry.manifest import Descriptor, Manifest
from pratique.service.evidence import check_signatory, hand_in
from pratique.service.image import find
from pratique.service.signatory import ServiceSignatory
from pratique.service.surface import MAX_CONFIG_BYTES, layers_of, settings_of
from pratique.service.workspace import Workspace
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest
from pratique.values.reference import Reference
from pratique.values.uris import REBUILD


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two images."""

    repository: Registry
    closure: Closure

    def platforms(self) -> dict[str, Manifest]:
        """Return each image that runs, by its platform's name; those without one are named by their place."""
        found: dict[str, Manifest] = {}
        for each in self.closure.platforms:
            manifest = self.closure.node(each.digest)
            name = str(each.platform) if each.platform else _platform(self.repository, manifest)
            found[name if name not in found else f"{name} #{len(found) + 1}"] = manifest
        return found


def side(repository: Registry, reference: Reference) -> Side:
    """Return what a reference means; raises as :func:`pratique.service.image.find` and ``plan_from``."""
    return Side(repository, plan_from(repository, find(repository, reference)))


def compare(first: Side, second: Side, shown: int = SHOWN) -> Comparison:
    """Return whether two images are the same, and where they first differ.

    Platforms are compared in pairs. Of an index only its platforms count: attestations that hang in it name the
    build and differ by nature. Layers with the same digest are not read.

    Args:
        first: The image that is asked about.
        second: What it is compared with.
        shown: How many differences are kept.

    Raises:
        Absent, Malformed, Refused, Unverified, Unreachable: As reading a layer does.
    """
    ours, theirs = first.platforms(), second.platforms()
    both = [name for name in ours if name in theirs]
    return compared(
        first.closure.root,
        second.closure.root,
        tuple((name, ours[name].digest == theirs[name].digest) for name in both),
        _differences(first, second, ours, theirs),
        shown,
    )


def _differences(
    first: Side, second: Side, ours: dict[str, Manifest], theirs: dict[str, Manifest]
) -> Iterator[Difference]:
    for name in sorted(ours.keys() ^ theirs.keys()):
        has, lacks = "an image", "nothing"
        sides = (has, lacks) if name in ours else (lacks, has)
        yield Difference(name, "", Aspect.PLATFORM, *sides)
    for name, manifest in ours.items():
        if name in theirs and manifest.digest != theirs[name].digest:
            yield from _of_platform(name, first, second, manifest, theirs[name])


def _of_platform(name: str, first: Side, second: Side, ours: Manifest, theirs: Manifest) -> Iterator[Difference]:
    count = 0
    for difference in _of_images(name, first, second, ours, theirs):
        count += 1
        yield difference
    if not count:  # something that is not compared, such as a field that we do not know
        yield Difference(f"{name} manifest", "", Aspect.ORDER, str(ours.digest), str(theirs.digest))


def _of_images(name: str, first: Side, second: Side, ours: Manifest, theirs: Manifest) -> Iterator[Difference]:
    annotations = dict(ours.annotations), dict(theirs.annotations)
    yield from document_differences(f"{name} manifest", Aspect.ANNOTATION, *annotations)
    configs = _config(first.repository, ours), _config(second.repository, theirs)
    in_config = document_differences(f"{name} config", Aspect.CONFIG, *configs)
    yield from (each for each in in_config if not each.path.startswith("rootfs.diff_ids"))  # the layers tell more
    before = layers_of(ours, settings_of(first.repository, ours))
    after = layers_of(theirs, settings_of(second.repository, theirs))
    if len(before) != len(after):
        yield Difference(name, "", Aspect.LAYERS, str(len(before)), str(len(after)))
    for place, pair in enumerate(zip(before, after, strict=False), 1):
        if pair[0][0].digest != pair[1][0].digest:
            yield from _of_layers(f"{name} layer {place}", first, second, *pair)


def _of_layers(
    where: str, first: Side, second: Side, ours: tuple[Descriptor, Digest], theirs: tuple[Descriptor, Digest]
) -> Iterator[Difference]:
    before, after = _files(first, *ours), _files(second, *theirs)
    if ours[1] == theirs[1]:
        yield Difference(where, "", Aspect.PACKING, ours[0].media_type, theirs[0].media_type)
    elif before == after:
        yield Difference(where, "", Aspect.ORDER, str(ours[1]), str(theirs[1]))
    yield from file_differences(where, before, after)


def _files(side: Side, layer: Descriptor, diff_id: Digest) -> dict[str, FileState]:
    return read_layer(side.repository, layer, _states, diff_id=diff_id)


def _states(members: Members) -> dict[str, FileState]:
    return {
        member.path: FileState(
            kind=member.kind,
            mode=member.mode,
            uid=member.uid,
            gid=member.gid,
            size=member.size,
            mtime=member.mtime,
            target=member.target,
            content=content.digest() if member.kind is MemberKind.FILE else None,
            xattrs=member.xattrs,
        )
        for member, content in members
    }


def _config(repository: Registry, manifest: Manifest) -> dict[str, object]:
    if manifest.config is None:
        return {}
    return parse_object(fetch_blob(repository, manifest.config, MAX_CONFIG_BYTES), "image config")


def _platform(repository: Registry, manifest: Manifest) -> str:
    config = _config(repository, manifest)
    parts = (config.get("os"), config.get("architecture"), config.get("variant"))
    return "/".join(str(part) for part in parts if part) or "platform unstated"


def build_rebuild(found: Comparison, images: tuple[Digest, ...], rebuilder: str, where: str) -> bytes:
    """Return the statement ``rebuild/v1`` about the first image.

    Args:
        found: What came of comparing.
        images: The digests it is about: the first image, and its platforms that were compared.
        rebuilder: Who built the second one and says so.
        where: On what, in their own words.
    """
    predicate = {**comparison_value(found), "rebuilder": {"id": rebuilder, "where": where}}
    return build_statement(tuple(map(Subject, images)), REBUILD, predicate)


def record(
    workspace: Workspace, first: Side, found: Comparison, where: str, signatory: ServiceSignatory
) -> Digest:
    """Hand in a comparison as evidence about the first image, signed by whoever rebuilt it; return its digest.

    Raises:
        Unverified: The directory does not list the signatory's key for evidence.
    """
    check_signatory(workspace, signatory)
    same = {name for name, _ in found.platforms}
    platforms = tuple(manifest.digest for name, manifest in first.platforms().items() if name in same)
    images = tuple(dict.fromkeys((first.closure.root, *platforms)))
    statement = build_rebuild(found, images, signatory.actor, where)
    content = build_bundle(parse_envelope(signatory.key.envelope(IN_TOTO, statement)))
    piece = Piece(Digest.of(content), BUNDLE_MEDIA, len(content), first.closure.root, Origin.UPLOAD, content)
    hand_in(workspace, (piece,), signatory.actor)
    return piece.digest
