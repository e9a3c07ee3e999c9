"""Anchors: tags that keep a registry's own clean-up from deleting what only other manifests lead to.

Debian's docker-registry 2.8 deletes, with ``garbage-collect -m``, every manifest that carries no tag itself: the
platforms of a tagged index, and every referrer (tried). So each such manifest gets one tag whose name is its own
digest. What an anchor must point to follows from its name: two writers cannot disagree, no list is read and written
back, and looking tells whether it is right. An anchor says nothing about an image; nobody reads it as evidence.
See docs/adr/0012.
"""

import logging
from collections.abc import Iterable

from pratique.errors import Conflict, Refused
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.values.digest import Digest

_log = logging.getLogger(__name__)


def anchor_tag(digest: Digest) -> str:
    """Return the tag that keeps a manifest: ``sha256-<hex>.pratique``."""
    return f"sha256-{digest.hex}.pratique"


def is_anchored(registry: Registry, digest: Digest) -> bool:
    """Tell whether a manifest carries its anchor."""
    return registry.resolve(anchor_tag(digest)) == digest


def find_bare(registry: Registry, nodes: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Return those of these manifests that need an anchor and have none."""
    if registry.keeps_untagged():
        return ()
    return tuple(node for node in nodes if not is_anchored(registry, node.digest))


def put_anchored(registry: Registry, manifest: Manifest) -> bool:
    """Store a manifest with its anchor, or without where the registry takes no such tag; tell which.

    Raises:
        Absent: What it points to is not here.
    """
    try:
        registry.put_tagged(manifest, anchor_tag(manifest.digest))
    except (Refused, Conflict) as error:
        registry.put_manifest(manifest)
        _log.warning(
            "%s keeps %s without a tag of its own, and its clean-up may delete it: %s",
            registry.repository,
            manifest.digest,
            error,
        )
        return False
    return True
