"""SLSA build provenance: who built an image, from what, and how.

Source: slsa.dev/spec/v1.1/provenance. What the builder claims is read as claimed; only the verified signature of
a builder that the policy knows makes it count (a builder's id alone proves nothing).
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

_IMAGE_PREFIXES = ("pkg:docker/", "pkg:oci/", "docker-image://", "oci://")


@dataclass(frozen=True, slots=True)
class Dependency:
    """Something a build used. ``digests`` are as written and sorted; there may be none."""

    uri: str
    name: str
    digests: tuple[tuple[str, str], ...]

    @property
    def is_image(self) -> bool:
        """Whether the URI names a container image, such as a base image."""
        return self.uri.startswith(_IMAGE_PREFIXES)

    @property
    def sha256(self) -> Digest | None:
        """The SHA-256 that the builder saw, if it says one."""
        return next((Digest(value) for name, value in self.digests if name == "sha256"), None)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a builder claims about one build.

    ``builder_id`` may be empty (BuildKit outside a service says nothing else) and may end in ``@`` and a version;
    :attr:`builder` is the part before. ``parameters`` are what the build was asked, as written.
    """

    builder_id: str
    builder_versions: tuple[tuple[str, str], ...]
    build_type: str
    parameters: Mapping[str, Json] = field(hash=False)
    dependencies: tuple[Dependency, ...]
    source: GitSource | NoSource
    dockerfile: str | None
    invocation: str | None
    started: datetime | None
    finished: datetime | None

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
    parameters = definition.object("externalParameters")
    dependencies = definition.objects_or_empty("resolvedDependencies")
    if len(dependencies) > MAX_DEPENDENCIES:
        raise Malformed(f"provenance: expected at most {MAX_DEPENDENCIES} dependencies, found {len(dependencies)}")
    return Provenance(
        builder_id=builder.text("id"),
        builder_versions=_texts(builder.object_or_empty("version")),
        build_type=definition.text("buildType"),
        parameters=parameters.values,
        dependencies=tuple(_dependency(item) for item in dependencies),
        source=tell_source(parameters, dependencies),
        dockerfile=_dockerfile(parameters),
        invocation=metadata.text_or_empty("invocationId") or None,
        started=metadata.timestamp("startedOn") if metadata.has("startedOn") else None,
        finished=metadata.timestamp("finishedOn") if metadata.has("finishedOn") else None,
    )


def _dependency(item: Fields) -> Dependency:
    digests = item.object_or_empty("digest")
    if digests.has("sha256"):
        digests.parsed("sha256", Digest)
    return Dependency(item.text_or_empty("uri"), item.text_or_empty("name"), _texts(digests))


def _texts(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple((name, fields.text(name)) for name in sorted(fields.values))


def _dockerfile(parameters: Fields) -> str | None:
    source = parameters.values.get("configSource")  # BuildKit
    path = source.get("path") if isinstance(source, dict) else parameters.values.get("dockerfile")
    return path if isinstance(path, str) and path else None
