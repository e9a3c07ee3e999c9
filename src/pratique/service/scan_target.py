"""An image as whoever scans it wants it: named at its registry, as an OCI layout, or as ``docker save`` writes it."""

import json
import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from pratique.registry.closure import Closure, distinct_blobs
from pratique.registry.copy import Keep, copy
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.scan.interface import Target
from pratique.service.workspace import Workspace
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, RegistryRepository


def target_of(workspace: Workspace, repository: Registry, manifest: Manifest) -> Target:
    """Return one image, to be fetched or written where a scanner wants it; nothing is done before one asks."""
    place = repository.repository
    return Target(
        manifest=manifest.digest,
        media_type=manifest.media_type,
        config=manifest.config.digest if manifest.config else None,
        registry=place if isinstance(place, RegistryRepository) else None,
        write_layout=lambda folder: _write_layout(workspace, repository, manifest, folder),
        write_archive=lambda file: _write_archive(workspace, repository, manifest, file),
    )


def _write_layout(workspace: Workspace, repository: Registry, manifest: Manifest, folder: Path) -> None:
    alone = Closure(manifest.digest, (manifest,), (), distinct_blobs((manifest,)), ())
    layout = workspace.open(LayoutRepository(str(folder)))
    copy(alone, repository, layout, frozenset(), lambda _name: nullcontext(), keep=Keep.BELOW_ROOT)


def _write_archive(workspace: Workspace, repository: Registry, manifest: Manifest, file: Path) -> None:
    """Write what ``docker save`` writes: the blobs, and a list that says which is what."""
    layout = file.with_suffix(".layout")
    _write_layout(workspace, repository, manifest, layout)
    layers = [_place(layer.digest) for layer in manifest.layers]
    config = _place(manifest.config.digest) if manifest.config else ""
    contents = layout / "manifest.json"
    contents.write_text(json.dumps([{"Config": config, "RepoTags": None, "Layers": layers}]))
    with tarfile.open(file, "w") as archive:
        for name in _distinct("manifest.json", config, *layers):
            archive.add(layout / name, name)


def _place(digest: Digest) -> str:
    return f"blobs/sha256/{digest.hex}"


def _distinct(*names: str) -> Iterator[str]:
    yield from dict.fromkeys(name for name in names if name)
