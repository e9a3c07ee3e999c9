"""Writing the manifests of one copy, parts before the whole, and mending what the destination has lost.

"Its parent is there" never means that a part is: registries' clean-ups and deletions leave such holes. Where the
destination says that something a manifest points to is not there, that is brought again, once, and the manifest is
written again. What was mended is remembered and logged.
"""

import logging
from collections.abc import Mapping

from pratique.errors import Absent
from pratique.registry.anchor import is_anchored, put_anchored
from pratique.registry.interface import Lock, Registry
from pratique.registry.manifest import Manifest
from pratique.registry.transfer import put_again
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Writing:
    """One copy's manifests on their way.

    Attributes:
        source: Where lost blobs are fetched again.
        destination: Where everything is written.
        nodes: Every manifest that travels.
        anchored: Those that need an anchor at the destination.
        mended: What the destination had lost, filled while writing.
        unanchored: What the destination took without its anchor, filled while writing.
    """

    source: Registry
    destination: Registry
    nodes: Mapping[Digest, Manifest]
    anchored: frozenset[Digest]
    mended: set[Digest]
    unanchored: set[Digest]

    def has(self, digest: Digest) -> bool:
        """Tell whether a manifest is at the destination, with its anchor where it needs one."""
        return (
            is_anchored(self.destination, digest)
            if digest in self.anchored
            else self.destination.has_manifest(digest)
        )

    def put(self, manifest: Manifest) -> None:
        """Write a manifest, with its anchor where it needs one, whatever the destination has already.

        Raises:
            Absent: The destination still misses something that was just brought there again.
        """
        try:
            self._store(manifest)
        except Absent as error:
            self._bring_parts(manifest, error)
            self._store(manifest)

    def attach(self, manifest: Manifest, lock: Lock) -> None:
        """Write a referrer and see it listed; raises as :meth:`put`."""
        if manifest.digest in self.anchored:
            self.put(manifest)  # before it is listed: a clean-up in between would leave a list that lies
        try:
            self.destination.put_referrer(manifest, lock)
        except Absent as error:
            self._bring_parts(manifest, error)
            self.destination.put_referrer(manifest, lock)

    def _store(self, manifest: Manifest) -> None:
        if manifest.digest not in self.anchored:
            self.destination.put_manifest(manifest)
        elif not put_anchored(self.destination, manifest):
            self.unanchored.add(manifest.digest)

    def _bring_parts(self, manifest: Manifest, error: Absent) -> None:
        _log.warning("%s; everything that %s points to is brought again", error, manifest.digest)
        for blob in {blob.digest: blob for blob in manifest.blobs}.values():
            put_again(blob, self.source, self.destination)
            self.mended.add(blob.digest)
        for child in manifest.children:
            self.put(self.nodes[child.digest])
            self.mended.add(child.digest)
