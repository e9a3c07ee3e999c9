"""The attack surface of an image where it lies: each layer is read once, and remembered by its digest.

Source: docs/attack-surface.md.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pratique.errors import Malformed, Refused, Unreachable
from pratique.evidence.surface.form import VERSION, build_layer, parse_layer
from pratique.evidence.surface.layer import LayerFacts, Notes, wanted_bytes
from pratique.evidence.surface.made import BaseMade
from pratique.evidence.surface.measure import Surface, measure_surface
from pratique.evidence.surface.member import Member, MemberKind
from pratique.evidence.surface.origin import BASE_DIGEST, Origin, base_layers, origins
from pratique.evidence.surface.packages import RpmForm, rpm_form
from pratique.evidence.surface.rpm import rpm_packages
from pratique.evidence.surface.rpm_berkeley import berkeley_headers
from pratique.evidence.surface.rpm_ndb import ndb_headers
from pratique.evidence.surface.settings import ImageSettings, parse_settings
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import Closure, PlatformImage, plan_from
from pratique.registry.disk import disk_errors, make_folder, write_whole
from pratique.registry.interface import Registry
from pratique.registry.layers import Members, read_layer
from pratique.registry.manifest import Descriptor, Manifest
from pratique.registry.rpm_database import MAX_BYTES, read_headers
from pratique.service.image import find
from pratique.values.digest import Digest
from pratique.values.reference import Reference

MAX_CONFIG_BYTES: Final = 4 * 1024 * 1024
_CONFIG_TYPES: Final = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_log = logging.getLogger(__name__)


class LayerMemory:
    """Facts of layers, each in a file named by the layer's digest; losing them costs time and nothing else."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is made when something is kept."""
        self._folder = folder / f"layers-{VERSION}"

    def recall(self, layer: Digest) -> LayerFacts | None:
        """Return what is known of a layer; nothing where the file is missing or damaged."""
        try:
            return parse_layer(self._path(layer).read_bytes(), layer)
        except (OSError, Malformed):
            return None

    def keep(self, facts: LayerFacts) -> None:
        """Remember a layer; a disk that is full or not ours is no reason to fail."""
        content = build_layer(facts)
        path = self._path(facts.layer)
        try:
            with disk_errors(f"keeping facts of layer {facts.layer}"):
                make_folder(path.parent)
                write_whole(path, lambda file: file.write(content))
        except Unreachable as error:
            _log.warning("%s", error)

    def _path(self, layer: Digest) -> Path:
        return self._folder / layer.hex[:2] / f"{layer.hex}.json"


class NoMemory:
    """Remembers nothing."""

    def recall(self, _layer: Digest) -> None:
        """Return nothing."""

    def keep(self, facts: LayerFacts) -> None:
        """Forget."""


Memory = LayerMemory | NoMemory


Base = tuple[frozenset[Digest], tuple[Digest, ...]]
"""The digests that a base image goes by, and its layers unpacked."""
Bases = Mapping[str, Base]
"""One image of several platforms, by platform."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One platform's attack surface, and what it was measured from."""

    image: PlatformImage
    manifest: Manifest
    settings: ImageSettings
    surface: Surface
    built_on: tuple[BaseMade, ...] = ()
    """Base images whose layers lie at the bottom, and when they were made, where that is known."""


def memory_of(workspace: Path | None) -> Memory:
    """Return the memory of a workspace, and outside one none."""
    return NoMemory() if workspace is None else LayerMemory(workspace / "cache")


def measure_reference(repository: Registry, reference: Reference, memory: Memory) -> tuple[Measured, ...]:
    """Return the attack surface of each platform that a reference means; raises as :func:`measure_image`."""
    return measure_image(repository, plan_from(repository, find(repository, reference)), memory)


def measure_image(repository: Registry, closure: Closure, memory: Memory) -> tuple[Measured, ...]:
    """Return the attack surface of each platform of an image, in the index's order.

    Raises:
        Absent: A layer or config is not there.
        Refused: It is no image that runs, or a layer is packed in a way that is not read here.
        Malformed: A layer or config breaks its specification, or is larger than it may be.
        Unverified: Bytes have another digest than stated.
        Unreachable: The repository fails.
    """
    return tuple(_measured(repository, closure.node(each.digest), each, memory) for each in closure.platforms)


def _measured(repository: Registry, manifest: Manifest, image: PlatformImage, memory: Memory) -> Measured:
    settings = settings_of(repository, manifest)
    known: dict[Digest, LayerFacts] = {}
    for layer, diff_id in layers_of(manifest, settings):
        # A layer that is listed again is the same one only where the config states the same for it.
        if layer.digest not in known or known[layer.digest].diff_id != diff_id:
            known[layer.digest] = layer_facts(repository, layer, diff_id, memory)
    layers = tuple(known[layer.digest] for layer in manifest.layers)
    compressed = sum(layer.size for layer in manifest.layers)
    return Measured(image, manifest, settings, measure_surface(layers, settings, compressed))


def bases_at(repository: Registry, reference: Reference) -> Bases:
    """Return what an image that others are built on brings, by platform; raises as :func:`measure_image`."""
    return {
        settings.platform: (digests, settings.diff_ids) for digests, settings in settings_at(repository, reference)
    }


def settings_at(repository: Registry, reference: Reference) -> Iterator[tuple[frozenset[Digest], ImageSettings]]:
    """Yield what each platform of an image goes by, and how it is to be run; raises as :func:`measure_image`."""
    closure = plan_from(repository, find(repository, reference))
    for each in closure.platforms:
        yield frozenset((each.digest, closure.root)), settings_of(repository, closure.node(each.digest))


def origins_of(measured: Measured, bases: tuple[Bases, ...]) -> dict[Digest, Origin | None]:
    """Return whether each layer is the base image's or the application's; nothing where these bases do not tell.

    Args:
        measured: The image.
        bases: Images that it may be built on. The one that it names itself counts first, if it is among them.
    """
    fitting = (each[measured.settings.platform] for each in bases if measured.settings.platform in each)
    known = {digest: layers for digests, layers in fitting for digest in digests}
    named = measured.manifest.annotation(BASE_DIGEST)
    stated = next((digest for digest in known if str(digest) == named), None)
    return origins(measured.surface.layers, base_layers(measured.settings.diff_ids, known, stated))


def settings_of(repository: Registry, manifest: Manifest) -> ImageSettings:
    """Return what an image's config says; raises as :func:`measure_image`."""
    if manifest.config is None or manifest.config.media_type not in _CONFIG_TYPES:
        raise Refused(f"manifest {manifest.digest}: expected an image with a config, found {manifest.media_type}")
    return parse_settings(fetch_blob(repository, manifest.config, MAX_CONFIG_BYTES))


def layers_of(manifest: Manifest, settings: ImageSettings) -> tuple[tuple[Descriptor, Digest], ...]:
    """Return each layer with the digest that it has unpacked; ``Malformed`` where the config lists others."""
    if len(manifest.layers) != len(settings.diff_ids):
        raise Malformed(
            f"manifest {manifest.digest}: expected {len(settings.diff_ids)} layers as its config states, found "
            f"{len(manifest.layers)}"
        )
    return tuple(zip(manifest.layers, settings.diff_ids, strict=True))


def layer_facts(repository: Registry, layer: Descriptor, diff_id: Digest, memory: Memory) -> LayerFacts:
    """Return what one layer holds, from memory or from its bytes; raises as :func:`measure_image`."""
    remembered = memory.recall(layer.digest)
    if remembered is not None and remembered.diff_id == diff_id:
        return remembered
    facts = read_layer(repository, layer, _noted, diff_id=diff_id).facts(layer.digest, diff_id)
    memory.keep(facts)
    return facts


def _noted(members: Members) -> Notes:
    notes = Notes()
    for member, content in members:
        form = rpm_form(member.path) if member.kind is MemberKind.FILE and member.size <= MAX_BYTES else None
        if form is None:
            notes.take(member, content.take(wanted_bytes(member)))
        else:
            _note_rpm(notes, member, content.take(member.size), form)
    return notes


def _note_rpm(notes: Notes, member: Member, database: bytes, form: RpmForm) -> None:
    notes.take(member, database[: wanted_bytes(member)])
    with suppress(Malformed):  # it stays named as unread
        notes.list_rpm(member.path, rpm_packages(_OPENERS[form](database)))


_OPENERS: Mapping[RpmForm, Callable[[bytes], tuple[bytes, ...]]] = {
    RpmForm.BERKELEY: berkeley_headers,
    RpmForm.NDB: ndb_headers,
    RpmForm.SQLITE: read_headers,
}
