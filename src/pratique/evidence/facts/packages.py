"""Bills of materials: what is in an image."""

from dataclasses import dataclass, field
from datetime import datetime

from pratique.values.digest import Digest


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
    related: bool | None = field(default=None, compare=False)
    """Whether at least one relationship names it; ``None`` where the document states no relationships at all."""
    layers: tuple[Digest, ...] = field(default=(), compare=False)
    """Layers in which the document says that it lies, sorted; unpacked where it names them so."""


@dataclass(frozen=True, slots=True)
class Sbom:
    """A bill of materials."""

    producer: str | None
    created: datetime | None
    components: tuple[Component, ...]
    relationships: int | None
    """Edges that the document states; ``None`` where it has no place for them filled."""
    distro: str | None = None
    """The system that it is about, ``<name>-<version>`` in lower case, where the document itself says so."""
    serial: str | None = None
    """The document's own name (``serialNumber``, ``documentNamespace``), by which other documents refer to it."""
    aggregates: tuple[str, ...] = ()
    """What it says about its own completeness, as written and sorted, for example ``incomplete``."""
