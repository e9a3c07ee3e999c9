"""What an image was built from: Dockerfile, context and base images, where a builder's own shape tells.

Source: moby/buildkit, docs/attestations/slsa-definitions.md and solver/llbsolver/provenance/types; the parameters of
Tekton's and GitHub's builds, which name the same things in other places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pratique.attest.dsse import parse_base64
from pratique.attest.provenance import Dependency, Provenance
from pratique.errors import Malformed
from pratique.evidence.lookup import Notes, table_at, tables_at, text_at
from pratique.values.digest import Digest

_BUILDKIT = ("https://mobyproject.org/buildkit@", "https://github.com/moby/buildkit/")
_EXTENSION = "https://mobyproject.org/buildkit@v1#"  # version 0.2 of the provenance
_STEP_IMAGES = ("tekton.dev/", "https://tekton.dev/", "https://chains.tekton.dev/")
"""Builders whose materials are the images in which each step ran."""
_CONTEXT_NAMES = frozenset({"context", "build-context", "buildcontext"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was found; digests are ``<algorithm>:<value>``."""

    dockerfile: str | None
    dockerfile_digest: str | None
    context_digest: str | None
    base_images: tuple[Dependency, ...]
    vcs: dict[str, Any]
    hermetic: object


def recipe_of(said: Provenance) -> Recipe:
    """Return what an image was built from; what is not said is not guessed."""
    parameters, metadata = dict(said.parameters or {}), dict(said.metadata)
    extra = table_at(metadata, "buildkit_metadata") or table_at(metadata, f"{_EXTENSION}metadata")
    path = _dockerfile(said, parameters)
    return Recipe(
        dockerfile=path,
        dockerfile_digest=_source_digest(extra, path) or _named_digest(said, path),
        context_digest=_context(said, parameters),
        base_images=_base_images(said, parameters),
        vcs=table_at(extra, "vcs"),
        hermetic=metadata.get("buildkit_hermetic", metadata.get(f"{_EXTENSION}hermetic")),
    )


def _by_buildkit(said: Provenance) -> bool:
    return said.build_type.startswith(_BUILDKIT)


def _dockerfile(said: Provenance, parameters: dict[str, Any]) -> str | None:
    if _by_buildkit(said):
        return said.entry_point or _asked(parameters, "filename")
    return said.dockerfile or _asked(parameters, "dockerfile")


def _asked(parameters: dict[str, Any], name: str) -> str | None:
    """Return a parameter by its name in any case, from wherever builders put what a person may set."""
    for table in _tables(parameters):
        for key in table:
            if key.lower() == name and (found := text_at(table, key)):
                return found
    return None


def _tables(parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield parameters
    yield table_at(parameters, "inputs")  # GitHub
    yield table_at(parameters, "args")  # BuildKit, version 0.2
    yield table_at(table_at(parameters, "request"), "args")  # BuildKit, version 1
    for holder in (parameters, table_at(parameters, "runSpec")):  # Tekton: a list of names and values
        if isinstance(holder.get("params"), list):
            yield {
                name: one.get("value")
                for one in tables_at(holder, "params", Notes())
                if (name := text_at(one, "name"))
            }


def _source_digest(extra: dict[str, Any], path: str | None) -> str | None:
    """Return the digest of the Dockerfile's own bytes, which BuildKit keeps in full mode."""
    infos = tables_at(table_at(extra, "source"), "infos", Notes())
    named = [one for one in infos if path and text_at(one, "filename") in (path, path.rpartition("/")[2])]
    for one in named or [one for one in infos if text_at(one, "language") == "Dockerfile"]:
        try:
            return str(Digest.of(parse_base64(text_at(one, "data") or "!")))
        except Malformed:
            continue
    return None


def _named_digest(said: Provenance, path: str | None) -> str | None:
    tail = path.rpartition("/")[2] if path else None
    for item in said.dependencies:
        if item.name.lower() == "dockerfile" or (tail and item.uri.rpartition("/")[2] == tail):
            return _digest(item)
    return None


def _digest(item: Dependency) -> str | None:
    strongest = dict(item.digests)
    for name in ("sha256", "sha512", "gitCommit", "gitTree", "sha1"):
        if name in strongest:
            return f"{name}:{strongest[name]}"
    return next((f"{name}:{value}" for name, value in item.digests), None)


def _context(said: Provenance, parameters: dict[str, Any]) -> str | None:
    asked = _asked(parameters, "context")
    for item in said.dependencies:
        if item.name.lower() in _CONTEXT_NAMES or (asked and item.uri == asked):
            return _digest(item)
    # "For builds initialized from a remote context … this object defines the context URL and its immutable digest"
    return _digest(said.config) if _by_buildkit(said) and said.config and said.config.uri else None


def _base_images(said: Provenance, parameters: dict[str, Any]) -> tuple[Dependency, ...]:
    if said.build_type.startswith(_STEP_IMAGES):
        return ()
    frontends = {_name(text) for name in ("source", "cmdline") if (text := _asked(parameters, name))}
    return tuple(item for item in said.dependencies if item.is_image and _name(item.uri) not in frontends)


def _name(image: str) -> str:
    """Return an image's repository without scheme, tag, digest and the registry that is meant by default."""
    bare = image.partition("?")[0].removeprefix("pkg:docker/").removeprefix("docker-image://").partition("@")[0]
    head, slash, tail = bare.rpartition("/")
    return f"{head}{slash}{tail.partition(':')[0]}".removeprefix("docker.io/").removeprefix("library/")
