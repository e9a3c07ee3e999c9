"""SLSA provenance of every version, and what it says in the words of the builders that are met most.

Source: slsa.dev/provenance v0.1, v0.2 and v1; moby/buildkit, docs/attestations/slsa-definitions.md, for what
``recipe`` adds; tektoncd/chains and the buildTypes of GitHub, for where a parameter stands.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pratique.attest import provenance as slsa
from pratique.attest.git_source import GitSource
from pratique.attest.provenance import Dependency
from pratique.attest.provenance_v0 import V0_1, V0_2, parse_provenance_v0_1, parse_provenance_v0_2
from pratique.attest.statement import Statement
from pratique.evidence.facts.build import Claimed, Material, Provenance
from pratique.evidence.lookup import table_at, text_at
from pratique.evidence.model import Reading
from pratique.evidence.predicates.reader import Interpret, as_texts, understood, version_of
from pratique.evidence.predicates.recipe import Recipe, recipe_of

FORMAT = "slsa-provenance"
_NO_SOURCE = GitSource("", None, None)
_PARSERS: Mapping[str, Callable[[Statement], slsa.Provenance]] = {
    slsa.V1: slsa.parse_provenance,
    V0_1: parse_provenance_v0_1,
    V0_2: parse_provenance_v0_2,
}
PROVENANCE_TYPES = tuple(_PARSERS)


def read_provenance(statement: Statement, _: Interpret) -> Reading:
    """Return how the subjects were built.

    Raises:
        Malformed: A field is of another type, or one that cannot be left out is missing.
    """
    said = _PARSERS[statement.predicate_type](statement)
    recipe = recipe_of(said)
    reasons = _reasons(said, recipe)
    return understood(FORMAT, _facts(said, recipe), *reasons, version=version_of(statement.predicate_type))


def _facts(said: slsa.Provenance, recipe: Recipe) -> Provenance:
    source = said.source if isinstance(said.source, GitSource) else _NO_SOURCE
    metadata = dict(said.metadata)
    return Provenance(
        builder_id=said.builder_id,
        builder_version=said.builder_ref,
        build_type=said.build_type,
        source_uri=source.uri or None,
        source_commit=source.commit,
        source_ref=source.ref,
        dockerfile=recipe.dockerfile,
        materials=tuple(map(_material, said.dependencies)),
        parameters=None if said.parameters is None else as_texts(said.parameters),
        started=said.started,
        finished=said.finished,
        config=_material(said.config) if said.config else None,
        entry_point=said.entry_point,
        dockerfile_digest=recipe.dockerfile_digest,
        context_digest=recipe.context_digest,
        base_images=tuple(map(_material, recipe.base_images)),
        environment=as_texts(said.environment),
        invocation=said.invocation,
        claimed=_claimed(recipe.vcs),
        hermetic=_truth(recipe.hermetic),
        reproducible=_truth(metadata.get("reproducible", metadata.get("buildkit_reproducible"))),
        incomplete=_incomplete(metadata),
    )


def _material(item: Dependency) -> Material:
    return Material(item.uri or item.name, item.digests)


def _claimed(vcs: dict[str, Any]) -> Claimed | None:
    source, revision = text_at(vcs, "source"), text_at(vcs, "revision")
    return Claimed(source, revision) if source or revision else None


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _incomplete(metadata: dict[str, Any]) -> tuple[str, ...]:
    said = table_at(metadata, "completeness") or table_at(metadata, "buildkit_completeness")
    return tuple(sorted(name for name, whole in said.items() if whole is False))


def _reasons(said: slsa.Provenance, recipe: Recipe) -> tuple[str, ...]:
    found: list[str] = []
    if not isinstance(said.source, GitSource):
        found.append(said.source.why)
        if recipe.vcs:
            found.append("the client says where its files came from, which the builder cannot know")
    if said.parameters is None:
        found.append("the provenance does not say with which parameters the build was asked for")
    return tuple(found)
