"""syft's own JSON, from its first schema to 16: what the catalogue holds and which image it was made of.

Licences are texts up to schema 8 and objects since; the source is in ``target`` up to schema 6 and in ``metadata``
since; the distribution's ``name`` is its identifier in old documents and a title in new ones.

Source: anchore/syft, schema/json/schema-1.0.0.json to schema-16.0.x.json.
"""

from typing import Any

from pratique.evidence.component import NO_SOURCE, Source, component_of, distro_of
from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.lookup import Notes, digests_of, moment_of, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.evidence.placed import layers_of_locations
from pratique.values.digest import Digest

FORMAT = "syft-json"


def read_syft_json(document: Document) -> Reading | None:
    """Return what a syft document says, or nothing where it is something else."""
    value = json_object(document)
    if "artifacts" not in value or not isinstance(value.get("source"), dict | list):
        return None
    if not {"descriptor", "distro", "schema"} & set(value):
        return None
    notes = Notes()
    descriptor = table_at(value, "descriptor")
    distro = _distro(table_at(value, "distro"))
    edges = value.get("artifactRelationships")
    ends = _ends(edges)
    artifacts = tables_at(value, "artifacts", notes)
    if value.get("artifacts") is None:
        notes.add("artifacts: expected a list, found none")
    sbom = Sbom(
        producer=f"{text_at(descriptor, 'name') or 'syft'} {text_at(descriptor, 'version') or ''}".rstrip(),
        created=moment_of(text_at(descriptor, "timestamp")),
        components=tuple(_component(artifact, distro, ends) for artifact in artifacts),
        relationships=len(edges) if isinstance(edges, list) else None,
        distro=distro,
    )
    version = text_at(table_at(value, "schema"), "version")
    return Reading(FORMAT, version, notes.parse, notes.reasons, (sbom,), about=_about(table_at(value, "source")))


def _distro(distro: dict[str, Any]) -> str | None:
    name = text_at(distro, "id") or text_at(distro, "name")
    return distro_of(name, text_at(distro, "versionID") or text_at(distro, "version"))


def _ends(edges: Any) -> frozenset[str] | None:
    if not isinstance(edges, list):
        return None
    return frozenset(
        end
        for edge in edges
        if isinstance(edge, dict)
        for end in (edge.get("parent"), edge.get("child"))
        if isinstance(end, str)
    )


def _component(artifact: dict[str, Any], distro: str | None, ends: frozenset[str] | None) -> Component:
    licences = artifact.get("licenses")
    metadata = artifact.get("metadata")
    return component_of(
        text_at(artifact, "name"),
        text_at(artifact, "version"),
        text_at(artifact, "purl"),
        licences=tuple(map(_licence, licences)) if isinstance(licences, list) else (),
        supplier=_supplier(metadata) if isinstance(metadata, dict) else None,
        kind=text_at(artifact, "type"),
        source=_source(metadata) if isinstance(metadata, dict) else NO_SOURCE,
        distro=distro,
        related=None if ends is None else text_at(artifact, "id") in ends,
        layers=layers_of_locations(artifact.get("locations")),
    )


def _licence(licence: Any) -> str:
    if isinstance(licence, dict):
        return text_at(licence, "spdxExpression") or text_at(licence, "value") or ""
    return licence if isinstance(licence, str) else ""


def _supplier(metadata: dict[str, Any]) -> str | None:
    return text_at(metadata, "maintainer") or text_at(metadata, "vendor") or text_at(metadata, "author")


def _source(metadata: dict[str, Any]) -> Source:
    name = text_at(metadata, "originPackage") or text_at(metadata, "source") or text_at(metadata, "sourceRpm")
    if name and name.endswith(".src.rpm"):
        name = name.removesuffix(".src.rpm").rsplit("-", 2)[0]
    return Source(name, text_at(metadata, "sourceVersion"))


def _about(source: dict[str, Any]) -> tuple[Digest, ...]:
    if source.get("type") != "image":
        return ()
    details = table_at(source, "metadata") or table_at(source, "target")
    named = (text_at(details, "manifestDigest"), text_at(details, "imageID"))
    return digests_of(*named, *texts_at(details, "repoDigests"))
