"""Looking at an image where it lies: which one is meant, what it consists of, and what hangs on it.

Nothing is written and nothing is judged: what evidence says of itself is repeated here as a claim.
"""

from functools import partial

from pratique.errors import Absent, Conflict, Malformed, Refused, Unverified
from pratique.registry.blob import fetch_blob
from pratique.registry.closure import Closure, PlatformImage, distinct_blobs, plan_from
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor, Manifest
from pratique.service.hanging import Hanging, hanging
from pratique.service.image_config import ImageConfig, parse_config
from pratique.values.dataclass import dataclass
from pratique.values.reference import Reference

_CONFIG_TYPES = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
_MAX_CONFIG_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PlatformView:
    """One image that runs.

    Attributes:
        image: Its digest, and its platform: as the index states it, else as its config does.
        manifest: What it consists of.
        size_bytes: Manifest, config and layers, each blob once.
        config: What it runs, ``None`` where that is no image's config or cannot be read.
        problem: Why it cannot be read, empty where it can.
    """

    image: PlatformImage
    manifest: Manifest
    size_bytes: int
    config: ImageConfig | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything about one image that can be seen without believing anything.

    Attributes:
        closure: What was found.
        manifest: The root.
        platforms: The images that run, in the index's order.
        evidence: What hangs on any part, nearest to the root first.
        size_bytes: The image alone: what every copy moves.
        evidence_bytes: What only the evidence adds to that.
        tags: Every tag of the repository, ``None`` where they cannot be listed.
        tags_problem: Why not, empty where they can.
    """

    closure: Closure
    manifest: Manifest
    platforms: tuple[PlatformView, ...]
    evidence: tuple[Hanging, ...]
    size_bytes: int
    evidence_bytes: int
    tags: tuple[str, ...] | None
    tags_problem: str = ""


def find(repository: Registry, reference: Reference) -> Manifest:
    """Return the manifest that a reference means.

    Raises:
        Absent: It is not there, or the reference names neither tag nor digest.
        Conflict: It names both, and the tag points elsewhere.
    """
    if reference.tag is None:
        if reference.digest is None:
            raise Absent(f"{reference}: expected a tag or a digest, found none; write {reference}:TAG")
        return repository.manifest(reference.digest)
    tagged = _tagged(repository, reference.tag)
    if reference.digest not in (None, tagged.digest):
        raise Conflict(
            f"{reference.repository}:{reference.tag} is {tagged.digest}, not {reference.digest}; name one of the two"
        )
    return tagged


def _tagged(repository: Registry, tag: str) -> Manifest:
    found = repository.manifest_of(tag)
    if found is None:
        raise Absent(f"{repository.repository} has no tag {tag!r}; {_instead(repository, tag)}")
    return found


def _instead(repository: Registry, tag: str) -> str:
    from difflib import get_close_matches  # only who misspelt a tag waits for it

    tags, _ = _tags(repository)
    near = get_close_matches(tag, [one for one in tags or () if not one.startswith("sha256-")], n=3)
    return f"did you mean {' or '.join(map(repr, near))}?" if near else "name one that exists, or a digest"


def inspect(repository: Registry, reference: Reference) -> Inspection:
    """Return what can be seen of an image; raises as :func:`find` and :func:`pratique.registry.closure.plan_from`."""
    root = find(repository, reference)
    closure = plan_from(repository, root)
    body = closure.tree(root.digest)
    size_bytes = total_bytes(body)
    tags, problem = _tags(repository)
    return Inspection(
        closure=closure,
        manifest=root,
        platforms=tuple(map(partial(_platform, repository, closure), closure.platforms)),
        evidence=hanging(repository, closure),
        size_bytes=size_bytes,
        evidence_bytes=total_bytes(closure.nodes) - size_bytes,
        tags=tags,
        tags_problem=problem,
    )


def total_bytes(nodes: tuple[Manifest, ...]) -> int:
    """Return the size of these manifests and of their blobs, each blob once."""
    return sum(node.size for node in nodes) + sum(blob.size for blob in distinct_blobs(nodes))


def _tags(repository: Registry) -> tuple[tuple[str, ...] | None, str]:
    # Some accounts may pull and not list; that is no reason to show nothing.
    try:
        return repository.tags(), ""
    except Refused as error:
        return None, str(error)


def _platform(repository: Registry, closure: Closure, image: PlatformImage) -> PlatformView:
    manifest = closure.node(image.digest)
    config, problem = _config(repository, manifest.config)
    if image.platform is None and config is not None:
        image = PlatformImage(image.digest, config.platform)
    return PlatformView(image, manifest, total_bytes((manifest,)), config, problem)


def _config(repository: Registry, config: Descriptor | None) -> tuple[ImageConfig | None, str]:
    if config is None or config.media_type not in _CONFIG_TYPES:
        return None, ""
    try:
        return parse_config(fetch_blob(repository, config, _MAX_CONFIG_BYTES)), ""
    except (Absent, Malformed, Refused, Unverified) as error:
        return None, str(error)
