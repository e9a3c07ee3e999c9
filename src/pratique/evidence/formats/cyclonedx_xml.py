"""CycloneDX XML, 1.0 to 1.7: brought into the shape of the JSON schema, for :mod:`.cyclonedx` to read.

The namespace carries the version. Only what Pratique looks at is carried over.

Source: CycloneDX specification, bom-1.0.xsd to bom-1.7.xsd; the extension ``ext/vulnerability/1.0``, which
documents up to 1.3 put into a component or beside them, and ``ext/dependency-graph/1.0`` of 1.1.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree.ElementTree import Element

from pratique.evidence.document import Document, XmlDocument
from pratique.evidence.formats.cyclonedx import read_bom
from pratique.evidence.lookup import Notes, shown
from pratique.evidence.model import Parse, Reading

FORMAT = "cyclonedx-xml"
_NAMESPACE = "http://cyclonedx.org/schema/bom/"
_EXTENSION = "{http://cyclonedx.org/schema/ext/vulnerability/1.0}"
_GRAPH = "{http://cyclonedx.org/schema/ext/dependency-graph/1.0}"
_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})
_VERSION = re.compile(r"\d+\.\d+")
_NAMED = ("supplier", "manufacturer")
_TEXTS = ("name", "version", "purl", "author", "publisher")

Table = dict[str, Any]


def read_cyclonedx_xml(document: Document) -> Reading | None:
    """Return what a CycloneDX XML document says, or nothing where it is something else."""
    if not isinstance(document, XmlDocument):
        return None
    space, brace, name = document.root.tag.rpartition("}")
    if not space.startswith(f"{{{_NAMESPACE}"):
        return None
    claimed = space.removeprefix(f"{{{_NAMESPACE}")
    version = claimed if _VERSION.fullmatch(claimed) else None
    if name != "bom":
        reason = f"XML: expected <bom>, found <{shown(name, 40)}>"
        return Reading(FORMAT, version, Parse.REFUSED, (reason,), ())
    notes = Notes()
    if version not in _VERSIONS:
        notes.add(f"namespace: expected version 1.0 to 1.7, found {shown(claimed, 20)!r}")
    return read_bom(_Shape(f"{space}{brace}").bom(document.root), FORMAT, version, notes)


class _Shape:
    """One document's elements, taken out of their namespace."""

    def __init__(self, space: str) -> None:
        self._space = space

    def bom(self, root: Element) -> Table:
        """Return the document in the shape of the JSON schema; a list that is not there is ``None``."""
        components = root.find(f"{self._space}components")
        return {
            "serialNumber": root.get("serialNumber"),
            "metadata": self._metadata(self._child(root, "metadata")),
            "components": None if components is None else self._listed(components, "component", self._component),
            "dependencies": self._dependencies(root),
            "compositions": self._listed(self._child(root, "compositions"), "composition", self._composition),
            "vulnerabilities": self._vulnerabilities(root),
        }

    def _child(self, parent: Element | None, name: str) -> Element | None:
        return None if parent is None else parent.find(self._space + name)

    def _text(self, parent: Element | None, name: str) -> str | None:
        child = self._child(parent, name)
        return _content(child) if child is not None else None

    def _listed(self, parent: Element | None, name: str, shape: Callable[[Element], Table]) -> list[Table]:
        return [] if parent is None else [shape(each) for each in parent.findall(self._space + name)]

    def _metadata(self, element: Element | None) -> Table:
        tools = self._child(element, "tools")
        component = self._child(element, "component")
        return {
            "timestamp": self._text(element, "timestamp"),
            "tools": [
                *self._listed(tools, "tool", self._tool),
                *self._listed(self._child(tools, "components"), "component", self._tool),
                *self._listed(self._child(tools, "services"), "service", self._tool),
            ],
            "component": {} if component is None else self._component(component),
            "authors": self._listed(self._child(element, "authors"), "author", self._tool),
            **{key: self._tool(self._child(element, key)) for key in (*_NAMED, "manufacture")},
        }

    def _tool(self, element: Element | None) -> Table:
        return {"name": self._text(element, "name"), "version": self._text(element, "version")}

    def _component(self, element: Element) -> Table:
        found: Table = {"type": element.get("type"), "bom-ref": element.get("bom-ref")}
        for child in element:
            name = child.tag.removeprefix(self._space)
            if name in _TEXTS:
                found[name] = _content(child)
            elif name == "licenses":
                found[name] = [self._licence(each) for each in child]
            elif name == "components":
                found[name] = self._listed(child, "component", self._component)
            elif name in _NAMED:
                found[name] = self._tool(child)
            elif name == "authors":
                found[name] = self._listed(child, "author", self._tool)
            elif name == "properties":
                found[name] = [{"name": each.get("name"), "value": _content(each)} for each in child]
        return found

    def _licence(self, element: Element) -> Table:
        if element.tag == f"{self._space}expression":
            return {"expression": _content(element)}
        return {"license": {key: self._text(element, key) for key in ("id", "name", "url")}}

    def _dependencies(self, root: Element) -> list[Table] | None:
        for space in (self._space, _GRAPH):
            graph = root.find(f"{space}dependencies")
            if graph is not None:
                name = f"{space}dependency"
                return [
                    {"ref": each.get("ref"), "dependsOn": [inner.get("ref") for inner in each.findall(name)]}
                    for each in graph.findall(name)
                ]
        return None

    def _composition(self, element: Element) -> Table:
        return {"aggregate": self._text(element, "aggregate")}

    def _vulnerabilities(self, root: Element) -> list[Table]:
        listed = self._listed(self._child(root, "vulnerabilities"), "vulnerability", self._vulnerability)
        return listed + [_extension(each) for each in root.iter(f"{_EXTENSION}vulnerability")]

    def _vulnerability(self, element: Element) -> Table:
        analysis = self._child(element, "analysis")
        affects = self._listed(self._child(element, "affects"), "target", self._target)
        references = self._listed(self._child(element, "references"), "reference", self._reference)
        said = ("state", "justification", "detail", "firstIssued", "lastUpdated")
        return {
            "id": self._text(element, "id"),
            "bom-ref": element.get("bom-ref"),
            "references": references,
            "affects": affects,
            "published": self._text(element, "published"),
            "updated": self._text(element, "updated"),
            "analysis": {key: self._text(analysis, key) for key in said},
        }

    def _reference(self, element: Element) -> Table:
        return {"id": self._text(element, "id")}

    def _target(self, element: Element) -> Table:
        versions = self._listed(self._child(element, "versions"), "version", self._range)
        return {"ref": self._text(element, "ref"), "versions": versions}

    def _range(self, element: Element) -> Table:
        return {key: self._text(element, key) for key in ("version", "range")}


def _extension(element: Element) -> Table:
    names: Iterable[str] = (_content(each) for each in element.findall(f"{_EXTENSION}id"))
    return {"id": next(iter(names), None), "affects": [{"ref": element.get("ref")}]}


def _content(element: Element) -> str:
    return (element.text or "").strip()
