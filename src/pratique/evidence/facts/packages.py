"""Bills of materials: what is in an image."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Component:
    """One package in an image.

    ``purl`` is canonical and has no qualifiers or subpath; ``licences`` are the texts as written.
    """

    name: str
    version: str | None
    purl: str | None
    licences: tuple[str, ...] = ()
    supplier: str | None = None
    source_package: str | None = None
    """The distribution's source package, which its advisories may name instead."""
    distro: str | None = None
    """``<name>-<version>`` in lower case, for example ``debian-12``."""
    kind: str | None = None
    """The type as written, for example ``library``, ``operating-system`` or ``file``."""
    source_version: str | None = None
    """The source package's version where it differs from the component's own."""
    written: str | None = None
    """The package URL exactly as the document has it, also where it is none."""


@dataclass(frozen=True, slots=True)
class Sbom:
    """A bill of materials."""

    producer: str | None
    created: datetime | None
    components: tuple[Component, ...]
    relationships: int | None
    """Edges between components; ``None`` where the document has no place for them filled."""
    validates: bool | None = None
