"""SLSA build provenance before version 1, read into the same values.

Source: slsa.dev/provenance/v0.1 ("recipe", "materials") and slsa.dev/provenance/v0.2 ("invocation", "materials");
Google Cloud Build still writes 0.1, BuildKit and slsa-github-generator 0.2. Fields that either specification
requires are left out by real builders; what is absent stays unsaid, and only a field of another type is refused.
"""

from pratique.attest.fields import Fields
from pratique.attest.git_source import tell_source
from pratique.attest.provenance import Dependency, Provenance, read_dependencies, read_dependency, texts
from pratique.attest.statement import Statement

V0_1 = "https://slsa.dev/provenance/v0.1"
V0_2 = "https://slsa.dev/provenance/v0.2"


def parse_provenance_v0_1(statement: Statement) -> Provenance:
    """Read provenance of version 0.1: the recipe is the build, its arguments are the parameters.

    Raises:
        Malformed: A field is of another type.
    """
    recipe, metadata = statement.fields.object_or_empty("recipe"), statement.fields.object_or_empty("metadata")
    materials = statement.fields.objects_or_empty("materials")
    defined = _defined_in(recipe, materials)
    return _provenance(
        statement,
        build_type=recipe.text_or_empty("type"),
        source=Fields(recipe.where, {"configSource": defined.values} if defined else {}),
        config=read_dependency(defined) if defined else None,
        entry_point=recipe.text_or_empty("entryPoint") or None,
        parameters=recipe.object("arguments") if recipe.has("arguments") else None,
        environment=recipe.object_or_empty("environment"),
        invocation=metadata.text_or_empty("buildInvocationId") or None,
    )


def _defined_in(recipe: Fields, materials: tuple[Fields, ...]) -> Fields | None:
    """Return the material that holds the recipe; -1, as text in some files, is none."""
    place = recipe.values.get("definedInMaterial")
    if type(place) is not int or not 0 <= place < len(materials):
        return None
    return materials[place]


def parse_provenance_v0_2(statement: Statement) -> Provenance:
    """Read provenance of version 0.2.

    Raises:
        Malformed: A field is of another type.
    """
    invocation, metadata = (
        statement.fields.object_or_empty("invocation"),
        statement.fields.object_or_empty("metadata"),
    )
    config = invocation.object_or_empty("configSource")
    # "buildInvocationID" in the specification's text, "buildInvocationId" in its schema.
    identifier = metadata.text_or_empty("buildInvocationID") or metadata.text_or_empty("buildInvocationId")
    return _provenance(
        statement,
        build_type=statement.fields.text_or_empty("buildType"),
        source=Fields(invocation.where, {"configSource": config.values}),
        config=read_dependency(config) if config.values else None,
        entry_point=config.text_or_empty("entryPoint") or None,
        parameters=invocation.object("parameters") if invocation.has("parameters") else None,
        environment=invocation.object_or_empty("environment"),
        invocation=identifier or None,
    )


def _provenance(
    statement: Statement,
    *,
    build_type: str,
    source: Fields,
    config: Dependency | None,
    entry_point: str | None,
    parameters: Fields | None,
    environment: Fields,
    invocation: str | None,
) -> Provenance:
    builder, metadata = statement.fields.object_or_empty("builder"), statement.fields.object_or_empty("metadata")
    materials = statement.fields.objects_or_empty("materials")
    return Provenance(
        builder_id=builder.text_or_empty("id"),
        builder_versions=texts(builder.object_or_empty("version")),
        build_type=build_type,
        parameters=parameters.values if parameters else None,
        dependencies=read_dependencies(materials),
        source=tell_source(source, materials),
        dockerfile=None,
        invocation=invocation,
        started=metadata.timestamp("buildStartedOn") if metadata.has("buildStartedOn") else None,
        finished=metadata.timestamp("buildFinishedOn") if metadata.has("buildFinishedOn") else None,
        config=config,
        entry_point=entry_point,
        environment=environment.values,
        metadata=metadata.values,
    )
