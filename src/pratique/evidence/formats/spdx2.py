"""What an SPDX 2 document says, once it lies open: packages, relationships, and which image it is about.

JSON, YAML, XML and tag-value say the same; their readers bring documents into the shape of the JSON schema and call
this module. Files and snippets are not packages and are not counted; relationships are, whatever they join.

Source: SPDX 2.3, clauses 6, 7 and 11, and its JSON schema; 2.0 to 2.2 differ in nothing that is read here. Trivy
writes digests of the image as annotations (before 0.57 as ``attributionTexts``) and source packages as
``sourceInfo``.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from pratique.evidence.component import NO_SOURCE, Source, component_of, distro_of
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.lookup import Notes, digests_of, moment_of, shown, table_at, tables_at, text_at, texts_at
from pratique.evidence.model import Parse, Reading
from pratique.evidence.placed import layers_of_notes
from pratique.evidence.purl import parse_purl
from pratique.evidence.quality import NO_LICENCE
from pratique.values.digest import Digest

_VERSIONS = frozenset({"SPDX-2.0", "SPDX-2.1", "SPDX-2.2", "SPDX-2.3"})
_DOCUMENT = "SPDXRef-DOCUMENT"
_PURL = ("purl", "http://spdx.org/rdf/references/purl", "https://spdx.org/rdf/references/purl")
_TRIVY_SOURCE = re.compile(r"built package from: (\S+) (\S+)")
_TRIVY_DIGEST = re.compile(r"(?:ImageID|RepoDigest): (\S+)")
_AGENTS = frozenset({"Organization", "Person", "Tool"})
_IMAGES = frozenset({"oci", "docker"})
_CONTAINER = "container"
_SYSTEM = "operating-system"


def read_spdx2(document: dict[str, Any], form: str) -> Reading:
    """Return what a document in the shape of the JSON schema says.

    Args:
        document: The document; ``spdxVersion`` is in it.
        form: The name of the format it came in.
    """
    written = document.get("spdxVersion")
    version = str(written)[:40] if isinstance(written, str | int) else None
    if not isinstance(written, str) or not written.startswith("SPDX-"):
        reason = f"spdxVersion: expected text such as SPDX-2.3, found {shown(written, 40)!r}"
        return Reading(form, version, Parse.REFUSED, (reason,), ())
    notes = Notes()
    if written not in _VERSIONS:
        notes.add(f"spdxVersion: expected SPDX-2.0 to SPDX-2.3, found {shown(written, 40)!r}")
    sbom, roots = _sbom(document, notes)
    return Reading(form, version, notes.parse, notes.reasons, (sbom,), about=_about(document, roots))


def _sbom(document: dict[str, Any], notes: Notes) -> tuple[Sbom, frozenset[str]]:
    creation = table_at(document, "creationInfo")
    edges, roots = _edges(document, notes)
    packages = tables_at(document, "packages", notes)
    if document.get("packages") is None and not document.get("files"):
        notes.add("packages: expected a list, found none")
    components = tuple(_component(package, edges) for package in packages)
    systems = [each for each in components if each.kind == _SYSTEM]
    sbom = Sbom(
        producer=_tools(creation),
        created=moment_of(text_at(creation, "created")),
        components=components,
        relationships=len(document["relationships"]) if isinstance(document.get("relationships"), list) else None,
        distro=distro_of(systems[0].name, systems[0].version) if systems else None,
        serial=text_at(document, "documentNamespace"),
    )
    return sbom, roots


def _tools(creation: dict[str, Any]) -> str | None:
    tools = [text.removeprefix("Tool:").strip() for text in texts_at(creation, "creators") if text[:5] == "Tool:"]
    return ", ".join(tool for tool in tools if tool) or None


def _edges(document: dict[str, Any], notes: Notes) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Return what relationships name, apart from the document itself, and what the document describes."""
    if document.get("relationships") is None:
        return None, frozenset(texts_at(document, "documentDescribes"))
    ends: set[str] = set()
    roots = set(texts_at(document, "documentDescribes"))
    for entry in tables_at(document, "relationships", notes):
        start, end = entry.get("spdxElementId"), entry.get("relatedSpdxElement")
        if not isinstance(start, str) or not isinstance(end, str):
            notes.add("relationships: an entry does not say what it joins")
        elif start == _DOCUMENT and entry.get("relationshipType") == "DESCRIBES":
            roots.add(end)
        elif end == _DOCUMENT and entry.get("relationshipType") == "DESCRIBED_BY":
            roots.add(start)
        else:
            ends.update((start, end))
    return frozenset(ends), frozenset(roots)


def _component(package: dict[str, Any], ends: frozenset[str] | None) -> Component:
    # There are thousands of these; what a package does not have is not looked for in it.
    said = package.get
    name, version, purpose, reference = (
        said("name"),
        said("versionInfo"),
        said("primaryPackagePurpose"),
        said("SPDXID"),
    )
    is_told = "annotations" in package or "attributionTexts" in package
    return component_of(
        name if isinstance(name, str) else None,
        version if isinstance(version, str) and version not in NO_LICENCE else None,
        next(_purls(package), None) if "externalRefs" in package else None,
        licences=_licences(package),
        supplier=_agent(said("supplier")) or _agent(said("originator")),
        kind=purpose.lower().replace("_", "-") if purpose and isinstance(purpose, str) else None,
        source=_source(package["sourceInfo"]) if "sourceInfo" in package else NO_SOURCE,
        related=None if ends is None else isinstance(reference, str) and reference in ends,
        layers=layers_of_notes(_told(package)) if is_told else (),
    )


@lru_cache(maxsize=4096)  # few people and organisations supply the packages of one image
def _agent_named(text: str) -> str | None:
    kind, colon, name = text.partition(":")
    return (name if colon and kind in _AGENTS else text).removesuffix("()").strip() or None


def _agent(text: object) -> str | None:
    return _agent_named(text) if isinstance(text, str) and text not in NO_LICENCE else None


def _purls(package: dict[str, Any]) -> Iterator[str]:
    listed = package.get("externalRefs")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and entry.get("referenceType") in _PURL:
            locator = entry.get("referenceLocator")
            if isinstance(locator, str) and locator:
                yield locator


def _licences(package: dict[str, Any]) -> tuple[str, ...]:
    """Return what was concluded, or else declared; that nothing is asserted is no licence, and neither is NONE."""
    for key in ("licenseConcluded", "licenseDeclared"):
        text = package.get(key)
        if isinstance(text, str) and text.strip() not in NO_LICENCE:
            return (text,)
    return ()


def _source(text: object) -> Source:
    found = _TRIVY_SOURCE.search(text) if isinstance(text, str) else None
    return Source(found[1], found[2]) if found else NO_SOURCE


def _about(document: dict[str, Any], roots: frozenset[str]) -> tuple[Digest, ...]:
    packages = document.get("packages")
    named: list[str | None] = []
    for package in packages if isinstance(packages, list) else ():
        if isinstance(package, dict) and text_at(package, "SPDXID") in roots:
            named += _image(package)
    return digests_of(*named)


def _image(package: dict[str, Any]) -> list[str | None]:
    """Return what may be a digest in the package that the document describes, where that is an image."""
    said = _told(package)
    named: list[str | None] = [found[1] for text in said if (found := _TRIVY_DIGEST.fullmatch(text.strip()))]
    purls = [purl for written in _purls(package) if (purl := parse_purl(written)) and purl.type in _IMAGES]
    purpose = text_at(package, "primaryPackagePurpose") or ""
    if purls or purpose.lower() == _CONTAINER:
        named += [text_at(package, "versionInfo"), text_at(package, "name"), *(purl.version for purl in purls)]
        named += _checksums(package)
    return named


def _told(package: dict[str, Any]) -> list[str]:
    return [*_texts_of(package, "annotations", "comment"), *texts_at(package, "attributionTexts")]


def _checksums(package: dict[str, Any]) -> list[str | None]:
    listed = package.get("checksums")
    return [
        f"sha256:{str(entry.get('checksumValue')).lower()}"
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, dict) and entry.get("algorithm") == "SHA256"
    ]


def _texts_of(table: dict[str, Any], key: str, inner: str) -> list[str]:
    listed = table.get(key)
    entries = listed if isinstance(listed, list) else ()
    return [text for entry in entries if isinstance(entry, dict) and (text := text_at(entry, inner))]
