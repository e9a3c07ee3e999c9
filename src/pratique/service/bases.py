"""Which of an image's layers are its base image's, as far as the layers bear it out.

Who built the image names its base: in the manifest's annotations, or in provenance that is signed. A name is
believed only where the base's own layers lie at the bottom, byte for byte. They are known where this installation has
measured the base, or where it lies in the registry that the image itself is in. No other host is asked because an
image names it: whoever may push an image must not choose to whom this machine speaks.

Source: OCI image-spec 1.1, annotations.md (``org.opencontainers.image.base.*``); docs/attack-surface.md, "Whose it is".
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.evidence.bind import ImageSubject, Platform, understand
from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.claims import Attributes
from pratique.evidence.lookup import moment_of
from pratique.evidence.model import Bound, Piece
from pratique.evidence.read import read
from pratique.evidence.surface.claim import surface_of
from pratique.evidence.surface.made import BaseMade
from pratique.evidence.surface.origin import BASE_DIGEST, BASE_NAME, deepest
from pratique.evidence.surface.secrets import told
from pratique.policy.base import image_name
from pratique.registry.closure import Closure
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.service.ours import stated_here
from pratique.service.surface import Measured, settings_at
from pratique.service.uploads import uploads
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.reference import Reference, RegistryRepository, Repository, parse_reference

_log = logging.getLogger(__name__)
_MOST_NAMES: Final = 20
"""Of what an image names, so many are looked up: whoever writes provenance may list thousands."""


@dataclass(frozen=True, slots=True)
class Named:
    """A base image as somebody names it, and in which repository it may lie; ``None`` where that is not asked."""

    digest: Digest
    repository: Repository | None
    image: str = ""
    """What it is called; nobody vouches for that."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A base image's layers unpacked, and when its config says that it was made, where that was read."""

    layers: tuple[Digest, ...]
    created: datetime | None = None


def with_bases(
    workspace: Workspace,
    repository: Registry,
    closure: Closure,
    measured: tuple[Measured, ...],
    known: tuple[Piece, ...],
) -> tuple[Measured, ...]:
    """Return the same measurements, each with its base images, as far as they are known.

    Args:
        workspace: Whose directory says who may name a base in provenance, and whose measurements count.
        repository: Where the image lies.
        closure: The image.
        measured: Its platforms.
        known: The evidence about it.

    Raises:
        Unreachable: The registry fails; this is never taken as a base that nobody knows.
    """
    built = tuple(_in_provenance(workspace, measured, closure, known))
    return tuple(_with_base(workspace, repository, closure, each, built) for each in measured)


def _with_base(
    workspace: Workspace, repository: Registry, closure: Closure, one: Measured, built: tuple[tuple[str, str], ...]
) -> Measured:
    noted = ((node.annotation(BASE_NAME), node.annotation(BASE_DIGEST)) for node in _manifests(closure, one))
    names = tuple(dict.fromkeys(_named(repository.repository, (*noted, *built))))[:_MOST_NAMES]
    known = [
        (name, laid)
        for name in names
        if name.digest not in (closure.root, one.image.digest)
        for laid in _laid(workspace, repository, name, one.settings.platform)
        if deepest((laid.layers,), one.settings.diff_ids)
    ]
    count = deepest((laid.layers for _, laid in known), one.settings.diff_ids)
    made = {BaseMade(name.digest, laid.created, name.image) for name, laid in known if laid.created is not None}
    return replace(one, surface=replace(one.surface, base_layers=count), built_on=tuple(sorted(made)))


def _manifests(closure: Closure, one: Measured) -> Iterator[Manifest]:
    yield one.manifest
    yield closure.node(closure.root)


def _in_provenance(
    workspace: Workspace, measured: tuple[Measured, ...], closure: Closure, known: tuple[Piece, ...]
) -> Iterator[tuple[str, str]]:
    """Yield name and digest of each base image in provenance that somebody known signed."""
    platforms = (
        Platform(
            one.settings.platform, one.image.digest, one.manifest.config.digest if one.manifest.config else None
        )
        for one in measured
    )
    directory = workspace.store.read(workspace.directory)
    for each in understand(known, directory.machine_keys(), ImageSubject(closure.root, tuple(platforms))):
        if each.bound is Bound.STATEMENT and each.covers:
            for provenance in each.reading.of(Provenance):
                for base in provenance.base_images:
                    yield from ((image_name(base.uri), f"{kind}:{value}") for kind, value in base.digests)


def _named(own: Repository, names: Iterable[tuple[str, str]]) -> Iterator[Named]:
    for name, digest in names:
        with suppress(Malformed):
            yield Named(Digest.parse(digest), neighbour(own, name), told(name))


def neighbour(own: Repository, name: str) -> Repository | None:
    """Return the repository that a name means, if it is in the registry that the image itself is in."""
    with suppress(Malformed):
        there = parse_reference(name).repository
        if (
            isinstance(there, RegistryRepository)
            and isinstance(own, RegistryRepository)
            and there.host == own.host
        ):
            return there
    return None


def _laid(workspace: Workspace, repository: Registry, name: Named, platform: str) -> Iterator[Laid]:
    """Yield a base image as it lies, wherever it is known from."""
    yield from map(Laid, workspace.store.read(lambda view: tuple(_measured_here(workspace, view, name.digest))))
    places = [repository] if name.repository is None else [repository, workspace.open(name.repository)]
    for place in places:
        try:
            bases = tuple(settings_at(place, Reference(place.repository, None, name.digest)))
        except (Absent, Malformed, Refused, Unverified) as error:
            _log.info("base image %s is not known from %s: %s", name.digest, place.repository, error)
            continue
        for _, settings in bases:
            if settings.platform == platform:
                yield Laid(settings.diff_ids, moment_of(settings.created))


def _measured_here(workspace: Workspace, view: View, base: Digest) -> Iterator[tuple[Digest, ...]]:
    """Yield the layers of each platform of an image, as this installation measured them before."""
    platforms = (one.digest for each in view.promotions.of_image(base) for one in each.platforms)
    pieces = tuple(uploads(workspace, view, (base, *platforms)))
    for payload in stated_here(workspace, pieces):
        for report in read(payload, "application/json").of(Attributes):
            with suppress(Malformed):
                if surface := surface_of(report):
                    yield surface.diff_ids
