"""CycloneDX JSON, 1.2 to 1.7: what is in the image.

Source: CycloneDX specification, bom-1.2 to bom-1.7 JSON schemas (ECMA-424). Real documents leave out, repeat and
nest freely, so every component counts, at whatever depth it stands, and only its own entry is believed.
"""

from typing import Any

from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.lookup import Notes, digests_of, moment_of, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Parse, Reading
from pratique.evidence.purl import Purl, parse_purl
from pratique.values.digest import Digest

FORMAT = "cyclonedx-json"
_VERSIONS = frozenset({"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})
_SUPPLIERS = ("supplier", "manufacturer")
_TRIVY = "aquasecurity:trivy:"


def read_cyclonedx_json(document: Document) -> Reading | None:
    """Return what a CycloneDX JSON document says, or nothing where it is something else."""
    return read_cyclonedx(json_object(document))


def read_cyclonedx(bom: dict[str, Any]) -> Reading | None:
    """Return what a CycloneDX object says, or nothing where it is something else."""
    if "bomFormat" not in bom:
        return None
    version = text_at(bom, "specVersion")
    if bom["bomFormat"] != "CycloneDX":
        found = str(bom["bomFormat"])[:40]
        return Reading(FORMAT, version, Parse.REFUSED, (f"bomFormat: expected CycloneDX, found {found!r}",), ())
    notes = Notes()
    if version not in _VERSIONS:
        notes.add(f"specVersion: expected 1.2 to 1.7, found {str(version)[:20]!r}")
    facts = _vex_only(bom) or _sbom(bom, notes)
    return Reading(FORMAT, version, notes.parse, notes.reasons, (facts,), about=_about(bom))


def _vex_only(bom: dict[str, Any]) -> Opaque | None:
    if bom.get("components") is not None or not bom.get("vulnerabilities"):
        return None
    return Opaque("CycloneDX exploitability statements (VEX) without components")


def _sbom(bom: dict[str, Any], notes: Notes) -> Sbom:
    metadata = table_at(bom, "metadata")
    return Sbom(
        producer=_producer(metadata, notes),
        created=moment_of(text_at(metadata, "timestamp")),
        components=_components(bom, notes),
        relationships=_relationships(bom, notes),
    )


def _producer(metadata: dict[str, Any], notes: Notes) -> str | None:
    tools = metadata.get("tools")
    if isinstance(tools, dict):  # since 1.5: {"components": [...], "services": [...]}
        listed = tables_at(tools, "components", notes) + tables_at(tools, "services", notes)
    else:
        listed = tables_at(metadata, "tools", notes)
    named = [(text_at(tool, "name"), text_at(tool, "version") or "") for tool in listed]
    return ", ".join(f"{name} {version}".rstrip() for name, version in named if name) or None


def _components(bom: dict[str, Any], notes: Notes) -> tuple[Component, ...]:
    found: list[Component] = []
    waiting = tables_at(bom, "components", notes)
    while waiting:
        below: list[dict[str, Any]] = []
        for entry in waiting:
            found.append(_component(entry))
            if "components" in entry:
                below += tables_at(entry, "components", notes)
        waiting = below
    if bom.get("components") is None:
        notes.add("components: expected a list, found none")
    return tuple(found)


def _component(entry: dict[str, Any]) -> Component:
    written = entry.get("purl")
    purl = parse_purl(written) if isinstance(written, str) else None
    version = text_at(entry, "version")
    qualifiers = purl.qualifiers if purl and purl.query else {}
    source, source_version = _source(entry, qualifiers)
    return Component(
        name=text_at(entry, "name") or "",
        version=_with_epoch(version, qualifiers, purl),
        purl=purl.canonical if purl else None,
        licences=_licences(entry["licenses"]) if "licenses" in entry else (),
        supplier=_supplier(entry),
        source_package=source,
        distro=_distro(qualifiers, purl),
        kind=text_at(entry, "type"),
        source_version=source_version,
        written=written if isinstance(written, str) else None,
    )


def _with_epoch(version: str | None, qualifiers: dict[str, str], purl: Purl | None) -> str | None:
    version = version or (purl.version if purl else None)
    epoch = qualifiers.get("epoch")
    if version and epoch and epoch != "0" and ":" not in version:
        return f"{epoch}:{version}"
    return version


def _distro(qualifiers: dict[str, str], purl: Purl | None) -> str | None:
    distro = qualifiers.get("distro", "").lower()
    if distro[:1].isdigit() and purl and purl.namespace:  # Trivy writes distro=3.20.3 for apk
        return f"{purl.namespace}-{distro}"
    return distro or None


def _source(entry: dict[str, Any], qualifiers: dict[str, str]) -> tuple[str | None, str | None]:
    upstream = qualifiers.get("upstream")
    if upstream:
        if upstream.endswith(".src.rpm"):  # name-version-release.src.rpm
            name, *_ = upstream.removesuffix(".src.rpm").rsplit("-", 2)
            return name, None
        name, _, version = upstream.partition("@")
        return name or None, version or None
    return _trivy_source(entry) if "properties" in entry else (None, None)


def _trivy_source(entry: dict[str, Any]) -> tuple[str | None, str | None]:
    properties = entry["properties"]
    first = properties[0] if isinstance(properties, list) and properties else None
    if not isinstance(first, dict) or not (text_at(first, "name") or "").startswith(_TRIVY):
        return None, None  # another tool's; there may be very many
    said = {
        str(item.get("name")).removeprefix(_TRIVY): value
        for item in properties
        if isinstance(item, dict) and (value := text_at(item, "value"))
    }
    name, version, release, epoch = (said.get(f"Src{part}") for part in ("Name", "Version", "Release", "Epoch"))
    if not name or not version:
        return name, None
    whole = f"{version}-{release}" if release else version
    return name, f"{epoch}:{whole}" if epoch and epoch != "0" else whole


def _licences(entries: Any) -> tuple[str, ...]:
    if not isinstance(entries, list):
        return ()
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, dict):
            licence = entry.get("license")
            choice = licence if isinstance(licence, dict) else {}
            text = entry.get("expression") or choice.get("id") or choice.get("name")
            if isinstance(text, str):
                found.append(text)
    return tuple(found)


def _supplier(entry: dict[str, Any]) -> str | None:
    for key in _SUPPLIERS:
        who = entry.get(key)
        if isinstance(who, dict) and (name := text_at(who, "name")):
            return name
    authors = entry.get("authors")
    named = authors[0] if isinstance(authors, list) and authors and isinstance(authors[0], dict) else {}
    return text_at(entry, "publisher") or text_at(entry, "author") or text_at(named, "name")


def _relationships(bom: dict[str, Any], notes: Notes) -> int | None:
    if bom.get("dependencies") is None:
        return None
    return sum(len(texts_at(entry, "dependsOn")) for entry in tables_at(bom, "dependencies", notes))


def _about(bom: dict[str, Any]) -> tuple[Digest, ...]:
    root = table_at(table_at(bom, "metadata"), "component")
    if root.get("type") != "container":
        return ()
    written = text_at(root, "purl")
    purl = parse_purl(written) if written else None
    properties = root.get("properties")
    said = [
        text_at(item, "value")
        for item in (properties if isinstance(properties, list) else [])
        if isinstance(item, dict) and text_at(item, "name") in {f"{_TRIVY}ImageID", f"{_TRIVY}RepoDigest"}
    ]
    return digests_of(text_at(root, "version"), purl.version if purl else None, *said)
