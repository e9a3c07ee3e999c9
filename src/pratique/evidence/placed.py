"""In which layers of an image a report says that something lies.

Only what reads as a digest counts. Of a layer that is named twice, unpacked and as it lies in a repository, the
unpacked name is kept: a repository may pack a layer anew.

Source: aquasecurity/trivy, pkg/fanal/types/artifact.go (``Layer``) and pkg/sbom/core/bom.go; anchore/syft,
syft/file/location.go (``layerID``, the layer unpacked) and its CycloneDX properties ``syft:location:N:layerID``.
"""

import re
from collections.abc import Iterable
from typing import Any

from pratique.evidence.lookup import digests_of, text_at
from pratique.values.digest import Digest

_TRIVY = "aquasecurity:trivy:Layer"
_SYFT = "syft:location:"
_LAYERS = (_TRIVY, _SYFT)
_TOOLS = ("aquasecurity:trivy:", "syft:")
_TOLD = re.compile(r"Layer(DiffID|Digest): (\S+)")


def layer_of_trivy(layer: Any) -> tuple[Digest, ...]:
    """Return the layer that an object ``{"DiffID", "Digest"}`` names."""
    if not isinstance(layer, dict):
        return ()
    return digests_of(text_at(layer, "DiffID")) or digests_of(text_at(layer, "Digest"))


def layers_of_locations(locations: Any) -> tuple[Digest, ...]:
    """Return the layers that a list of ``{"layerID"}`` names, sorted and each once."""
    listed = locations if isinstance(locations, list) else ()
    return digests_of(*(text_at(entry, "layerID") for entry in listed if isinstance(entry, dict)))


def layers_of_properties(properties: Any) -> tuple[Digest, ...]:
    """Return the layers that CycloneDX properties ``{"name", "value"}`` name."""
    first = properties[0] if isinstance(properties, list) and properties else None
    if not isinstance(first, dict) or not str(first.get("name")).startswith(_TOOLS):
        return ()  # another tool's; there may be very many
    told = [
        (name, entry)
        for entry in properties
        if entry.__class__ is dict and (name := entry.get("name")).__class__ is str and name.startswith(_LAYERS)
    ]  # of dozens a component
    found: dict[str, list[str]] = {}
    for name, entry in told:
        if value := text_at(entry, "value"):
            found.setdefault(name.removeprefix(_TRIVY).rpartition(":")[2], []).append(value)
    return digests_of(*found.get("DiffID", ()), *found.get("layerID", ())) or digests_of(*found.get("Digest", ()))


def layers_of_notes(notes: Iterable[str]) -> tuple[Digest, ...]:
    """Return the layers that the annotations or attributions of an SPDX package name."""
    told = [found.groups() for note in notes if "Layer" in note and (found := _TOLD.fullmatch(note.strip()))]
    if not told:
        return ()
    unpacked = digests_of(*(digest for kind, digest in told if kind == "DiffID"))
    return unpacked or digests_of(*(digest for _, digest in told))
