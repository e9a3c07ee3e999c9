"""How an image was built, and from which source."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Material:
    """Something a build used."""

    uri: str
    digests: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an image was built, as its builder says."""

    builder_id: str
    builder_version: str | None
    build_type: str
    source_uri: str | None
    source_commit: str | None
    source_ref: str | None
    dockerfile: str | None
    materials: tuple[Material, ...]
    parameters: tuple[tuple[str, str], ...]
    """Top-level external parameters; values as canonical JSON text."""
    started: datetime | None
    finished: datetime | None


@dataclass(frozen=True, slots=True)
class SourceChange:
    """Who wrote what this image contains, since ``base`` (``source/v1``)."""

    repository: str
    base: str | None
    commit: str
    authors: tuple[str, ...]
    committers: tuple[str, ...]
