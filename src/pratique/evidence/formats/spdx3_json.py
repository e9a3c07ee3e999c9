"""SPDX 3 JSON-LD: a graph of elements that name each other.

Components are the elements of type ``software_Package``. Licences, tools and suppliers are elements of their own and
are joined to it by relationships or by name; a relationship that states a licence is no edge between components.
Packages of data or models are not read, and a document that has some says so.

Source: SPDX 3.0.1, "Core", "Software" and "SimpleLicensing", in the serialisation of its JSON-LD context.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pratique.evidence.component import component_of
from pratique.evidence.document import Document, json_object
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.lookup import Notes, digests_of, moment_of, tables_at, text_at, texts_at
from pratique.evidence.model import Reading
from pratique.evidence.purl import parse_purl
from pratique.evidence.quality import NO_LICENCE
from pratique.values.digest import Digest

FORMAT = "spdx3-json"
_CONTEXT = "https://spdx.org/rdf/3."
_PACKAGE = "software_Package"
_OTHER_PACKAGES = frozenset({"ai_AIPackage", "dataset_DatasetPackage"})
_CONCLUDED, _DECLARED = "hasConcludedLicense", "hasDeclaredLicense"
_LISTED = "https://spdx.org/licenses/"
_NO_LICENCE_TERMS = frozenset({"NoAssertion", "NoAssertionLicense", "None", "NoneLicense"})
"""Individuals of the vocabulary; written as an address, or with the name of their profile before a ``_``."""
_PURL_TYPES = frozenset({"packageUrl", "packageURL", "purl"})
_IMAGES = frozenset({"oci", "docker"})
_ROOTS = frozenset({"SpdxDocument", "software_Sbom", "Bom"})

Element = dict[str, Any]


def read_spdx3_json(document: Document) -> Reading | None:
    """Return what an SPDX 3 document says, or nothing where it is something else."""
    value = json_object(document)
    context = value.get("@context")
    contexts = context if isinstance(context, list) else [context]
    if not any(isinstance(each, str) and each.startswith(_CONTEXT) for each in contexts):
        return None
    notes = Notes()
    # "If there is only one element", the document is that element.
    elements = tables_at(value, "@graph", notes) if "@graph" in value else [value]
    graph = _Graph(elements)
    creation = graph.first("CreationInfo")
    version = text_at(creation, "specVersion")
    if version is None:
        notes.add("CreationInfo.specVersion: expected a version such as 3.0.1, found none")
    for element in elements:
        if _type(element) in _OTHER_PACKAGES:
            notes.add(f"{_type(element)}: a package of this kind was not read")
    sbom = Sbom(
        producer=graph.names(texts_at(creation, "createdUsing")),
        created=moment_of(text_at(creation, "created")),
        components=tuple(graph.component(each) for each in elements if _type(each) == _PACKAGE),
        relationships=graph.edges,
        serial=text_at(graph.first("SpdxDocument"), "spdxId"),
    )
    return Reading(FORMAT, version, notes.parse, notes.reasons, (sbom,), about=graph.about())


def _type(element: Element) -> str:
    return text_at(element, "type") or text_at(element, "@type") or ""


def _identifier(element: Element) -> str:
    return text_at(element, "spdxId") or text_at(element, "@id") or ""


def _targets(element: Element, key: str) -> tuple[str, ...]:
    value = element.get(key)
    return (value,) if isinstance(value, str) else texts_at(element, key)


class _Graph:
    """The elements of one document, by identifier and by what joins them."""

    def __init__(self, elements: Iterable[Element]) -> None:
        self._elements = tuple(elements)
        self._by_name = {name: each for each in self._elements if (name := _identifier(each))}
        self._licences: dict[tuple[str, str], list[str]] = {}
        self._ends: set[str] = set()
        self.edges: int | None = None
        for element in self._elements:
            if _type(element).endswith("Relationship"):
                self._relate(element)

    def _relate(self, element: Element) -> None:
        kind, start, ends = text_at(element, "relationshipType"), text_at(element, "from"), _targets(element, "to")
        self.edges = self.edges or 0
        if start and kind in {_CONCLUDED, _DECLARED}:
            self._licences.setdefault((start, kind), []).extend(ends)
        elif start:
            self.edges += len(ends)
            self._ends.update((start, *ends) if _type(self._by_name.get(start, {})) not in _ROOTS else ())

    def first(self, kind: str) -> Element:
        """Return the first element of a type, or an empty one."""
        return next((each for each in self._elements if _type(each) == kind), {})

    def names(self, identifiers: Iterable[str]) -> str | None:
        """Return what these elements are called."""
        named = (text_at(self._by_name.get(each, {}), "name") for each in identifiers)
        return ", ".join(name for name in named if name) or None

    def component(self, package: Element) -> Component:
        """Return one package."""
        identifier = _identifier(package)
        purpose = text_at(package, "software_primaryPurpose")
        supplier = self.names(_targets(package, "suppliedBy")) or self.names(_targets(package, "originatedBy"))
        return component_of(
            text_at(package, "name"),
            text_at(package, "software_packageVersion"),
            _purl(package),
            licences=self._licences_of(identifier),
            supplier=supplier,
            kind=purpose,
            related=None if self.edges is None else identifier in self._ends,
        )

    def _licences_of(self, identifier: str) -> tuple[str, ...]:
        for kind in (_CONCLUDED, _DECLARED):
            texts = tuple(self._licence(each) for each in self._licences.get((identifier, kind), ()))
            stated = tuple(text for text in texts if text.strip() not in NO_LICENCE)
            if stated:
                return stated
        return ()

    def _licence(self, target: str) -> str:
        element: Mapping[str, Any] = self._by_name.get(target, {})
        text = element.get("simplelicensing_licenseExpression")
        if isinstance(text, str):
            return text
        if target.replace("_", "/").rpartition("/")[2] in _NO_LICENCE_TERMS:
            return ""
        return target.removeprefix(_LISTED) if not element else str(element.get("name") or target)

    def about(self) -> tuple[Digest, ...]:
        """Return the digests of the image that the document describes."""
        roots = [
            root for each in self._elements if _type(each) in _ROOTS for root in _targets(each, "rootElement")
        ]
        named: list[str | None] = []
        for root in roots:
            element = self._by_name.get(root, {})
            if _type(element) == _PACKAGE:
                named += _image(element)
        return digests_of(*named)


def _purl(package: Element) -> str | None:
    direct = text_at(package, "software_packageUrl")
    return direct or next(
        (
            identifier
            for entry in _tables(package, "externalIdentifier")
            if text_at(entry, "externalIdentifierType") in _PURL_TYPES
            and (identifier := text_at(entry, "identifier"))
        ),
        None,
    )


def _image(package: Element) -> list[str | None]:
    written = _purl(package)
    purl = parse_purl(written) if written else None
    is_image = purl is not None and purl.type in _IMAGES
    if not is_image and package.get("software_primaryPurpose") != "container":
        return []
    hashes = [
        f"sha256:{entry.get('hashValue')}"
        for entry in _tables(package, "verifiedUsing")
        if entry.get("algorithm") == "sha256"
    ]
    version = text_at(package, "software_packageVersion")
    return [version, text_at(package, "name"), purl.version if purl and is_image else None, *hashes]


def _tables(element: Element, key: str) -> list[Element]:
    value = element.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
