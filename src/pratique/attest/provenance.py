"""SLSA build provenance: who built an image, from what, and how.

Source: slsa.dev/spec/v1.1/provenance; the older versions are read by ``provenance_v0`` into the same values. What
the builder claims is read as claimed; only the verified signature of a builder that the policy knows makes it count
(a builder's id alone proves nothing).
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from pratique.attest.fields import Fields
from pratique.attest.git_source import GitSource, NoSource, tell_source
from pratique.attest.statement import Statement
from pratique.errors import Malformed
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

V1 = "https://slsa.dev/provenance/v1"

MAX_DEPENDENCIES = 20_000  # ours

_IMAGE_PREFIXES = ("pkg:docker/", "pkg:oci/", "docker-image://", "docker-pullable://", "oci://")


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something a build used. ``digests`` are as written and sorted: none, or one that is no digest at all."""

    uri: str
    name: str
    digests: tuple[tuple[str, str], ...]

    @property
    def is_image(self) -> bool:
        """Whether the URI names a container image, such as a base image."""
        return self.uri.startswith(_IMAGE_PREFIXES)

    @property
    def sha256(self) -> Digest | None:
        """The SHA-256 that the builder saw, if it says a whole one; some write a commit there."""
        try:
            return next((Digest(value) for name, value in self.digests if name == "sha256"), None)
        except Malformed:
            return None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a builder claims about one build.

    ``builder_id`` may be empty (BuildKit outside a service says nothing else) and may end in ``@`` and a version;
    :attr:`builder` is the part before. ``parameters`` are what the build was asked, as written; None means that the
    builder does not say, which is not the same as being asked for nothing. ``config`` is where the definition of the
    build came from, ``environment`` what the builder added, ``metadata`` what it says about the run.
    """

    builder_id: str
    builder_versions: tuple[tuple[str, str], ...]
    build_type: str
    parameters: Mapping[str, Json] | None = field(hash=False)
    dependencies: tuple[Dependency, ...]
    source: GitSource | NoSource
    dockerfile: str | None
    invocation: str | None
    started: datetime | None
    finished: datetime | None
    config: Dependency | None = None
    entry_point: str | None = None
    environment: Mapping[str, Json] = field(default_factory=dict, hash=False)
    metadata: Mapping[str, Json] = field(default_factory=dict, hash=False)

    @property
    def builder(self) -> str:
        """The builder's id without its version, to be compared with a list of known builders."""
        return self.builder_id.partition("@")[0]

    @property
    def builder_ref(self) -> str | None:
        """The version in the builder's id, for example ``refs/tags/v2.1.0``."""
        return self.builder_id.partition("@")[2] or None

    @property
    def base_images(self) -> tuple[Dependency, ...]:
        """The dependencies that are container images."""
        return tuple(item for item in self.dependencies if item.is_image)


def parse_provenance(statement: Statement) -> Provenance:
    """Read the provenance that a statement carries; unknown fields are ignored.

    Raises:
        Malformed: Another predicate type, a required field is missing, or a field is of another type.
    """
    if statement.predicate_type != V1:
        raise Malformed(f"provenance: expected the predicate type {V1}, found {statement.predicate_type[:120]!r}")
    definition, run = statement.fields.object("buildDefinition"), statement.fields.object("runDetails")
    builder, metadata = run.object("builder"), run.object_or_empty("metadata")
    parameters = definition.object_or_empty("externalParameters")
    dependencies = definition.objects_or_empty("resolvedDependencies")
    config = read_config(parameters)
    return Provenance(
        builder_id=builder.text("id"),
        builder_versions=texts(builder.object_or_empty("version")),
        build_type=definition.text("buildType"),
        parameters=parameters.values if definition.has("externalParameters") else None,
        dependencies=read_dependencies(dependencies),
        source=tell_source(parameters, dependencies),
        dockerfile=_dockerfile(parameters),
        invocation=metadata.text_or_empty("invocationId") or None,
        started=metadata.timestamp("startedOn") if metadata.has("startedOn") else None,
        finished=metadata.timestamp("finishedOn") if metadata.has("finishedOn") else None,
        config=config,
        entry_point=_entry_point(parameters),
        environment=definition.object_or_empty("internalParameters").values,
        metadata=metadata.values,
    )


def read_dependencies(items: tuple[Fields, ...]) -> tuple[Dependency, ...]:
    """Return what a build used, in the builder's order.

    Raises:
        Malformed: A field is of another type, or there are too many.
    """
    if len(items) > MAX_DEPENDENCIES:
        raise Malformed(f"provenance: expected at most {MAX_DEPENDENCIES} dependencies, found {len(items)}")
    return tuple(read_dependency(item) for item in items)


def read_dependency(item: Fields) -> Dependency:
    """Return one resource: where it was, what it is called, and its digests as written."""
    return Dependency(item.text_or_empty("uri"), item.text_or_empty("name"), texts(item.object_or_empty("digest")))


def read_config(parameters: Fields) -> Dependency | None:
    """Return where a build's definition came from, in BuildKit's, Tekton's and GitHub's shapes."""
    for shape in ("configSource", "buildConfigSource", "workflow", "source"):
        value = parameters.values.get(shape)
        if isinstance(value, dict):
            said = Fields(parameters.path(shape), value)
            found = read_dependency(said)
            repository = said.values.get("repository")
            if found.uri or not isinstance(repository, str):
                return found
            return Dependency(repository, found.name, found.digests)
    return None


def texts(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Return every field of an object of strings, sorted by name."""
    return tuple((name, fields.text(name)) for name in sorted(fields.values))


def _dockerfile(parameters: Fields) -> str | None:
    source = parameters.values.get("configSource")  # BuildKit
    path = source.get("path") if isinstance(source, dict) else parameters.values.get("dockerfile")
    return path if isinstance(path, str) and path else None


def _entry_point(parameters: Fields) -> str | None:
    for shape in ("configSource", "buildConfigSource", "workflow"):
        value = parameters.values.get(shape)
        path = value.get("path") if isinstance(value, dict) else None
        if isinstance(path, str) and path:
            return path
    return None
