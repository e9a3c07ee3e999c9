"""What a CycloneDX document says, once it lies open: packages, relationships, and which image it is about.

JSON and XML say the same; the readers of both bring their documents into the shape of the JSON schema and call this
module.

Source: CycloneDX specification, bom-1.2 to bom-1.7 JSON schemas (ECMA-424). Real documents leave out, repeat and
nest freely, so every component counts, at whatever depth it stands, and only its own entry is believed. Neither
``metadata.component`` nor services, tools and pedigree are components of the thing described.
"""

from typing import Any

from pratique.evidence.component import NO_SOURCE, Source, component_of, distro_of
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.formats.cyclonedx_vex import read_vex
from pratique.evidence.lookup import Notes, digests_of, moment_of, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Facts, Reading
from pratique.evidence.placed import layers_of_properties
from pratique.evidence.purl import parse_purl
from pratique.values.digest import Digest

_ORGANISATIONS = ("supplier", "manufacturer")
_PEOPLE = ("publisher", "author")
_SUPPLIERS = frozenset({*_ORGANISATIONS, *_PEOPLE, "authors"})
_TRIVY = "aquasecurity:trivy:"
_IMAGES = frozenset({"oci", "docker"})
_SYSTEM = "operating-system"


def read_bom(bom: dict[str, Any], form: str, version: str | None, notes: Notes) -> Reading:
    """Return what a document in the shape of the JSON schema says.

    Args:
        bom: The document.
        form: The name of the format it came in.
        version: The version that it claims, as written.
        notes: What was not understood so far.
    """
    vex = read_vex(bom, notes)
    facts: tuple[Facts, ...] = (vex,) if vex else ()
    if vex is None or bom.get("components") is not None:
        facts = (_sbom(bom, notes), *facts)
    return Reading(form, version, notes.parse, notes.reasons, facts, about=_about(bom))


def _sbom(bom: dict[str, Any], notes: Notes) -> Sbom:
    metadata = table_at(bom, "metadata")
    relationships, ends = _edges(bom, notes)
    components = _components(bom, ends, notes)
    systems = [each for each in components if each.kind == _SYSTEM]
    return Sbom(
        producer=_producer(metadata, notes),
        created=moment_of(text_at(metadata, "timestamp")),
        components=components,
        relationships=relationships,
        distro=distro_of(systems[0].name, systems[0].version) if systems else None,
        serial=text_at(bom, "serialNumber"),
        aggregates=_aggregates(bom, notes),
    )


def _producer(metadata: dict[str, Any], notes: Notes) -> str | None:
    tools = metadata.get("tools")
    if isinstance(tools, dict):  # since 1.5: {"components": [...], "services": [...]}
        listed = tables_at(tools, "components", notes) + tables_at(tools, "services", notes)
    else:
        listed = tables_at(metadata, "tools", notes)
    named = [(text_at(tool, "name"), text_at(tool, "version") or "") for tool in listed]
    return ", ".join(f"{name} {version}".rstrip() for name, version in named if name) or None


def _edges(bom: dict[str, Any], notes: Notes) -> tuple[int | None, frozenset[str] | None]:
    """Return how many edges there are, and every reference that one of them begins or ends with."""
    if bom.get("dependencies") is None:
        return None, None
    count = 0
    ends: set[str] = set()
    for entry in tables_at(bom, "dependencies", notes):
        if targets := texts_at(entry, "dependsOn"):
            count += len(targets)
            ends.update(targets)
            if reference := text_at(entry, "ref"):
                ends.add(reference)
    return count, frozenset(ends)


def _aggregates(bom: dict[str, Any], notes: Notes) -> tuple[str, ...]:
    listed = tables_at(bom, "compositions", notes)
    return tuple(sorted({word for entry in listed if (word := text_at(entry, "aggregate"))}))


def _components(bom: dict[str, Any], ends: frozenset[str] | None, notes: Notes) -> tuple[Component, ...]:
    found: list[Component] = []
    waiting = tables_at(bom, "components", notes)
    while waiting:
        below: list[dict[str, Any]] = []
        for entry in waiting:
            found.append(_component(entry, ends))
            if "components" in entry:
                below += tables_at(entry, "components", notes)
        waiting = below
    if bom.get("components") is None:
        notes.add("components: expected a list, found none")
    return tuple(found)


def _component(entry: dict[str, Any], ends: frozenset[str] | None) -> Component:
    # There are thousands of these, so that texts are taken out here and not by a call for each.
    said = entry.get
    name, version, written, kind, reference = (
        said("name"),
        said("version"),
        said("purl"),
        said("type"),
        said("bom-ref"),
    )
    return component_of(
        name if isinstance(name, str) else None,
        version if isinstance(version, str) else None,
        written if isinstance(written, str) else None,
        licences=_licences(entry["licenses"]) if "licenses" in entry else (),
        supplier=_supplier(entry),
        kind=kind if kind and isinstance(kind, str) else None,
        source=_trivy_source(entry["properties"]) if "properties" in entry else NO_SOURCE,
        related=None if ends is None else isinstance(reference, str) and reference in ends,
        layers=layers_of_properties(entry["properties"]) if "properties" in entry else (),
    )


def _trivy_source(properties: Any) -> Source:
    first = properties[0] if isinstance(properties, list) and properties else None
    if not isinstance(first, dict) or not str(first.get("name")).startswith(_TRIVY):
        return NO_SOURCE  # another tool's; there may be very many
    said = {
        str(item.get("name")).removeprefix(_TRIVY): value
        for item in properties
        if isinstance(item, dict) and (value := text_at(item, "value"))
    }
    name, version, release, epoch = (said.get(f"Src{part}") for part in ("Name", "Version", "Release", "Epoch"))
    if not name or not version:
        return Source(name, None)
    whole = f"{version}-{release}" if release else version
    return Source(name, f"{epoch}:{whole}" if epoch and epoch != "0" else whole)


def _licences(entries: Any) -> tuple[str, ...]:
    """Return the texts; an entry that names no licence is there all the same, and its text is empty."""
    found: list[str] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            text = entry.get("license")
            if isinstance(text, dict):
                text = text.get("id") or text.get("name") or text.get("url")
            text = entry.get("expression") or text
            found.append(text if isinstance(text, str) else "")
    return tuple(found)


def _supplier(entry: dict[str, Any]) -> str | None:
    if not _SUPPLIERS.isdisjoint(entry):
        for key in _ORGANISATIONS:
            if name := text_at(table_at(entry, key), "name"):
                return name
        for key in _PEOPLE:
            if name := text_at(entry, key):
                return name
        authors = entry.get("authors")
        first = authors[0] if isinstance(authors, list) and authors else None
        return text_at(first, "name") if isinstance(first, dict) else None
    return None


def _about(bom: dict[str, Any]) -> tuple[Digest, ...]:
    root = table_at(table_at(bom, "metadata"), "component")
    written = text_at(root, "purl")
    purl = parse_purl(written) if written else None
    if root.get("type") != "container" and not (purl and purl.type in _IMAGES):
        return ()
    properties = root.get("properties")
    said = [
        text_at(item, "value")
        for item in (properties if isinstance(properties, list) else [])
        if isinstance(item, dict) and text_at(item, "name") in {f"{_TRIVY}ImageID", f"{_TRIVY}RepoDigest"}
    ]
    return digests_of(text_at(root, "version"), purl.version if purl else None, *said)
