"""Whether an image is whole where it lies: every manifest, every blob, and every referrer that is listed.

All that is missing or wrong is reported. That evidence hangs there says nothing about what it is worth.
"""

from pratique.errors import Absent, PratiqueError
from pratique.registry.closure import Closure, survey
from pratique.registry.edges import EdgeKind, Gap
from pratique.registry.interface import Registry
from pratique.registry.manifest import Manifest
from pratique.registry.progress import SILENT, Watch
from pratique.registry.readback import Depth, Flaw, What, find_flaws
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest


@dataclass(frozen=True, slots=True)
class ImageReport:
    """What was looked at, and every flaw of it.

    Attributes:
        closure: What is there: manifests that were fetched and hashed.
        depth: How closely its blobs were looked at.
        flaws: All that is missing or wrong, parts first, then evidence that is listed and not there.
    """

    closure: Closure
    depth: Depth
    flaws: tuple[Flaw, ...]

    @property
    def root(self) -> Digest:
        """The image."""
        return self.closure.root

    @property
    def whole(self) -> bool:
        """Whether nothing is missing and nothing is wrong."""
        return not self.flaws

    @property
    def missing(self) -> tuple[Digest, ...]:
        """What is not there, sorted."""
        return tuple(sorted({flaw.digest for flaw in self.flaws if flaw.missing}))

    @property
    def wrong(self) -> tuple[Digest, ...]:
        """What is there and has other bytes, another size or another type than stated, sorted."""
        return tuple(sorted({flaw.digest for flaw in self.flaws if not flaw.missing}))

    @property
    def blob_bytes(self) -> int:
        """How many bytes its distinct blobs have, as stated."""
        return sum(blob.size for blob in self.closure.blobs)


def verify_image(repository: Registry, root: Digest, depth: Depth, *, watch: Watch = SILENT) -> ImageReport:
    """Look at everything that belongs to an image and hangs on it; flaws are reported, not raised.

    Args:
        repository: Where the image lies.
        root: The image.
        depth: Whether blobs are looked at by size, or each byte is hashed again.
        watch: Is told how far hashing has come.

    Raises:
        Absent, Unverified, Malformed: The root itself is not there, or not what its digest says.
        Refused: There is more of it than anyone needs.
        Unreachable: Something could not be asked; that says nothing about the image.
    """
    return verify_from(repository, repository.manifest(root), depth, watch=watch)


def verify_from(repository: Registry, root: Manifest, depth: Depth, *, watch: Watch = SILENT) -> ImageReport:
    """Look at an image whose root was fetched already; as :func:`verify_image`."""
    found = survey(repository, root)  # has fetched and hashed every manifest that is there
    flaws = find_flaws((), found.closure.blobs, (), repository, depth, watch=watch)
    return ImageReport(found.closure, depth, (*map(_flaw, found.gaps), *flaws))


def _flaw(gap: Gap) -> Flaw:
    what = What.REFERRER if gap.edge.kind is EdgeKind.REFERRER else What.MANIFEST
    return Flaw(what, gap.edge.child, _told(gap))


def _told(gap: Gap) -> PratiqueError:
    """Say where it is missed: a digest alone does not tell a platform from a signature."""
    if not isinstance(gap.error, Absent):
        return gap.error
    return Absent(f"{gap.error}, which {gap.edge.parent} {_LEADS[gap.edge.kind]}")


_LEADS = {
    EdgeKind.CHILD: "has as a part",
    EdgeKind.ATTESTATION: "has as an attestation",
    EdgeKind.REFERRER: "lists as a referrer",
    EdgeKind.SIG: "has under its tag .sig",
    EdgeKind.ATT: "has under its tag .att",
    EdgeKind.SBOM: "has under its tag .sbom",
}
