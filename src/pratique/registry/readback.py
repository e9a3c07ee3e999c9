"""Looking whether everything is there: manifests byte by byte, blobs by size or by every byte, referrers by the list.

All that is missing or wrong is found, not only the first of it.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import partial

from pratique.errors import Absent, Malformed, PratiqueError, Unverified
from pratique.registry.blob import pump
from pratique.registry.edges import Edge
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor, Manifest
from pratique.registry.progress import SILENT, Watch, Way, watched
from pratique.registry.transfer import each
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

_ASKING = 8  # half of what one registry is asked at once
_READING = 4


class Depth(StrEnum):
    """How closely blobs are looked at."""

    READ_BACK = "read back"
    DEEP = "deep"


class What(StrEnum):
    """What has a flaw."""

    MANIFEST = "manifest"
    BLOB = "blob"
    REFERRER = "referrer"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is missing (the error is ``Absent``), or not what its digest or its list says."""

    what: What
    digest: Digest
    error: PratiqueError

    @property
    def missing(self) -> bool:
        """Whether it is not there, rather than there and wrong."""
        return isinstance(self.error, Absent)


def find_flaws(
    nodes: Iterable[Manifest],
    blobs: tuple[Descriptor, ...],
    listed: tuple[Edge, ...],
    registry: Registry,
    depth: Depth = Depth.READ_BACK,
    *,
    watch: Watch = SILENT,
) -> tuple[Flaw, ...]:
    """Return every flaw of these manifests, blobs and listed referrers, none where all is well.

    Raises:
        Unreachable: Something could not be asked; that is no flaw and no answer either.
    """
    manifests = each(partial(_manifest_flaw, registry=registry), tuple(nodes), _ASKING)
    match depth:
        case Depth.READ_BACK:
            contents = each(partial(_size_flaw, registry=registry), blobs, _ASKING)
        case Depth.DEEP:
            watch.planned(len(blobs), sum(blob.size for blob in blobs))
            biggest_first = sorted(blobs, key=lambda blob: (-blob.size, blob.digest))
            contents = each(partial(_content_flaw, registry=registry, watch=watch), biggest_first, _READING)
    unlisted = (_unlisted_flaw(edge, registry) for edge in find_unlisted(listed, registry))
    return tuple(flaw for flaw in (*manifests, *contents, *unlisted) if flaw is not None)


def _manifest_flaw(node: Manifest, *, registry: Registry) -> Flaw | None:
    try:
        registry.manifest(node.digest)  # hashes the bytes, and so compares each of them
    except (Absent, Malformed, Unverified) as error:
        return Flaw(What.MANIFEST, node.digest, error)
    return None


def _size_flaw(blob: Descriptor, *, registry: Registry) -> Flaw | None:
    found = registry.blob_size(blob.digest)
    if found is None:
        return Flaw(What.BLOB, blob.digest, Absent(f"{registry.repository} has no blob {blob.digest}"))
    if found != blob.size:
        wrong = f"{registry.repository}: blob {blob.digest}: {found} bytes, expected {blob.size}"
        return Flaw(What.BLOB, blob.digest, Unverified(wrong))
    return None


def _content_flaw(blob: Descriptor, *, registry: Registry, watch: Watch) -> Flaw | None:
    opening = watched(lambda: registry.open_unverified(blob), watch)
    try:
        with opening() as reader:
            pump(reader, blob, lambda _: None)
    except (Absent, Unverified) as error:
        return Flaw(What.BLOB, blob.digest, error)
    watch.finished(blob, Way.PRESENT)
    return None


def find_unlisted(edges: tuple[Edge, ...], registry: Registry) -> tuple[Edge, ...]:
    """Return the edges whose referrer the registry does not list at what it is about."""
    subjects = tuple(dict.fromkeys(edge.parent for edge in edges))
    answers = dict(zip(subjects, each(registry.referrers, subjects, _ASKING), strict=True))
    listed = {(subject, entry.digest) for subject, entries in answers.items() for entry in entries}
    return tuple(edge for edge in edges if (edge.parent, edge.child) not in listed)


def _unlisted_flaw(edge: Edge, registry: Registry) -> Flaw:
    missing = f"{registry.repository}: {edge.child} is not listed among the referrers of {edge.parent}"
    return Flaw(What.REFERRER, edge.child, Absent(missing))
