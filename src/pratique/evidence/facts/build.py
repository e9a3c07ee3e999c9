"""How an image was built, and from which source."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Material:
    """Something a build used; ``digests`` are as written, and may be none."""

    uri: str
    digests: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Where the client says that its files came from; the builder did not fetch them and cannot know."""

    source: str | None
    commit: str | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an image was built, as its builder says.

    Attributes:
        builder_id: Empty where the builder does not name itself.
        builder_version: The version in its id, or of its main part.
        build_type: Empty where it is not said.
        source_uri: The repository that everything in it agrees on; ``None`` where it disagrees or says nothing.
        source_commit: The same for the commit.
        source_ref: The same for the branch or tag.
        dockerfile: Its path, where the build is known to have one.
        materials: Everything that the build used, in the builder's order.
        parameters: What the build was asked, top level; values as canonical JSON text. ``None`` where not said.
        started: When the build began.
        finished: When it ended.
        config: Where the definition of the build came from, with its digests.
        entry_point: Where in that the build began, such as a workflow's path.
        dockerfile_digest: ``<algorithm>:<hex>`` of the Dockerfile, where its bytes or its digest are there.
        context_digest: ``<algorithm>:<hex>`` of the build's context; ``None`` for a local folder, which nobody hashes.
        base_images: Those materials that are container images, without what only interpreted the Dockerfile.
        environment: What the builder added to the parameters; top level, values as canonical JSON text.
        invocation: The builder's own name for this run.
        claimed: What the client says of its files, where the builder passes it on.
        hermetic: Whether the build says that it had no network; ``None`` where it does not say.
        reproducible: Whether it says that the same build gives the same bytes.
        incomplete: What the builder says it did not list in full, for example ``materials``; sorted.
    """

    builder_id: str
    builder_version: str | None
    build_type: str
    source_uri: str | None
    source_commit: str | None
    source_ref: str | None
    dockerfile: str | None
    materials: tuple[Material, ...]
    parameters: tuple[tuple[str, str], ...] | None
    started: datetime | None
    finished: datetime | None
    config: Material | None = None
    entry_point: str | None = None
    dockerfile_digest: str | None = None
    context_digest: str | None = None
    base_images: tuple[Material, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    invocation: str | None = None
    claimed: Claimed | None = None
    hermetic: bool | None = None
    reproducible: bool | None = None
    incomplete: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Who wrote what this image contains, since ``base`` (``source/v1``)."""

    repository: str
    base: str | None
    commit: str
    authors: tuple[str, ...]
    committers: tuple[str, ...]
