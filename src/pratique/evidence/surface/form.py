"""A layer's facts as bytes, to be kept under the layer's digest and read back in a hurry.

What is read back is only ever what was written here: anything else is no facts at all, and the layer is read again.
"""

from collections.abc import Mapping
from typing import Any, Final

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.surface.layer import LayerFacts
from pratique.values.canonical import canonical, parse_object
from pratique.values.digest import Digest

VERSION: Final = 4
"""Counted up whenever the same layer would give other facts; facts of another version are not read."""


def build_layer(facts: LayerFacts) -> bytes:
    """Return the canonical bytes of a layer's facts."""
    return canonical(
        {
            "version": VERSION,
            "layer": str(facts.layer),
            "diff_id": str(facts.diff_id),
            "file_bytes": facts.file_bytes,
            "paths": list(facts.traits),
            "traits": [int(traits) for traits in facts.traits.values()],
            "whiteouts": sorted(facts.whiteouts),
            "opaque": sorted(facts.opaque),
            "links": _pairs(facts.links),
            "hard_links": _pairs(facts.hard_links),
            "secrets": [[path, list(kinds)] for path, kinds in sorted(facts.secrets.items())],
            "packages": [
                [path, [[each.manager.value, each.name, each.version] for each in found]]
                for path, found in sorted(facts.packages.items())
            ],
            "unread": sorted(facts.unread),
            "superusers": None if facts.superusers is None else sorted(facts.superusers),
        }
    )


def _pairs(values: Mapping[str, str]) -> list[list[str]]:
    return [[path, target] for path, target in sorted(values.items())]


def parse_layer(content: bytes, layer: Digest) -> LayerFacts:
    """Return the facts that were kept about a layer.

    Raises:
        Malformed: They are damaged, of another version, or about another layer.
    """
    what = f"facts of layer {layer.short}"
    document = parse_object(content, what)
    if document.get("version") != VERSION or document.get("layer") != str(layer):
        raise Malformed(f"{what}: expected version {VERSION} about {layer}; have the layer read again")
    try:
        return _facts(document, layer)
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(f"{what}: are damaged ({error}); have the layer read again") from error


def _facts(document: Mapping[str, Any], layer: Digest) -> LayerFacts:
    superusers = document["superusers"]
    return LayerFacts(
        layer=layer,
        diff_id=Digest.parse(document["diff_id"]),
        file_bytes=document["file_bytes"],
        traits=dict(zip(document["paths"], document["traits"], strict=True)),
        whiteouts=frozenset(document["whiteouts"]),
        opaque=frozenset(document["opaque"]),
        links=dict(document["links"]),
        hard_links=dict(document["hard_links"]),
        secrets={path: tuple(kinds) for path, kinds in document["secrets"]},
        packages={
            path: tuple(InstalledPackage(Manager(kind), name, version) for kind, name, version in found)
            for path, found in document["packages"]
        },
        unread=frozenset(document["unread"]),
        superusers=None if superusers is None else frozenset(superusers),
    )
