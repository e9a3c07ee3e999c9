"""One model of a bill of materials, and how each format writes it."""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import yaml
from hypothesis import strategies as st

DIGEST = "a" * 64
CREATED = "2026-01-02T03:04:05Z"
TEXT = st.text("abcXYZ019-_ é&<>\"'", min_size=1, max_size=12).map(str.strip).filter(bool)
LICENCES = st.sampled_from([None, "MIT", "GPL-2.0-only AND ISC", "LicenseRef-x", "Some & <licence>"])
PURLS = st.sampled_from(
    [
        None,
        "pkg:pypi/flask@0.12.2",
        "pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12&upstream=glibc",
        "pkg:npm/%40babel/core@7.0.0",
        "not a purl",
    ]
)


@dataclass(frozen=True)
class Package:
    """What every format can say about a package."""

    name: str
    version: str | None
    purl: str | None
    licence: str | None
    supplier: str | None


@dataclass(frozen=True)
class Model:
    """What every format can say about an image."""

    packages: tuple[Package, ...]
    edges: tuple[tuple[int, int], ...]


def models() -> st.SearchStrategy[Model]:
    packages = st.lists(
        st.builds(Package, TEXT, st.none() | TEXT, PURLS, LICENCES, st.none() | TEXT), min_size=1, max_size=4
    )
    return packages.flatmap(
        lambda found: st.builds(
            Model,
            st.just(tuple(found)),
            st.lists(st.tuples(st.integers(0, len(found) - 1), st.integers(0, len(found) - 1)), max_size=4).map(
                lambda edges: tuple(sorted(set(edges)))
            ),
        )
    )


def cyclonedx_json(model: Model) -> bytes:
    def component(place: int, package: Package) -> dict[str, Any]:
        fields = {"type": "library", "bom-ref": f"p{place}", "name": package.name}
        found: dict[str, Any] = {**fields, "version": package.version, "purl": package.purl}
        found["licenses"] = [{"expression": package.licence}] if package.licence else None
        found["supplier"] = {"name": package.supplier} if package.supplier else None
        return {key: value for key, value in found.items() if value is not None}

    root = {"type": "container", "bom-ref": "root", "name": "image", "version": f"sha256:{DIGEST}"}
    tools = [{"name": "tool", "version": "1"}]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"timestamp": CREATED, "tools": tools, "component": root},
        "components": [component(*each) for each in enumerate(model.packages)],
        "dependencies": [{"ref": f"p{start}", "dependsOn": [f"p{end}"]} for start, end in model.edges],
    }
    return json.dumps(bom).encode()


def cyclonedx_xml(model: Model) -> bytes:
    root = Element("bom", {"xmlns": "http://cyclonedx.org/schema/bom/1.6"})
    metadata = SubElement(root, "metadata")
    _child(metadata, "timestamp", CREATED)
    tool = SubElement(SubElement(metadata, "tools"), "tool")
    _child(tool, "name", "tool")
    _child(tool, "version", "1")
    image = SubElement(metadata, "component", {"type": "container", "bom-ref": "root"})
    _child(image, "name", "image")
    _child(image, "version", f"sha256:{DIGEST}")
    components = SubElement(root, "components")
    for place, package in enumerate(model.packages):
        component = SubElement(components, "component", {"type": "library", "bom-ref": f"p{place}"})
        if package.supplier:
            _child(SubElement(component, "supplier"), "name", package.supplier)
        _child(component, "name", package.name)
        _child(component, "version", package.version)
        if package.licence:
            _child(SubElement(component, "licenses"), "expression", package.licence)
        _child(component, "purl", package.purl)
    graph = SubElement(root, "dependencies")
    for start, end in model.edges:
        SubElement(SubElement(graph, "dependency", {"ref": f"p{start}"}), "dependency", {"ref": f"p{end}"})
    content: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _child(parent: Element, name: str, text: str | None) -> None:
    if text is not None:
        SubElement(parent, name).text = text


def _spdx(model: Model) -> dict[str, Any]:
    def package(place: int, one: Package) -> dict[str, Any]:
        found: dict[str, Any] = {
            "SPDXID": f"SPDXRef-p{place}",
            "name": one.name,
            "primaryPackagePurpose": "LIBRARY",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": one.licence or "NOASSERTION",
            "supplier": f"Organization: {one.supplier}" if one.supplier else "NOASSERTION",
        }
        if one.version:
            found["versionInfo"] = one.version
        if one.purl:
            reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
            found["externalRefs"] = [{**reference, "referenceLocator": one.purl}]
        return found

    edges = [(f"SPDXRef-p{start}", "DEPENDS_ON", f"SPDXRef-p{end}") for start, end in model.edges]
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "creationInfo": {"created": CREATED, "creators": ["Tool: tool 1"]},
        "packages": [package(*each) for each in enumerate(model.packages)],
        "relationships": [
            {"spdxElementId": start, "relationshipType": kind, "relatedSpdxElement": end}
            for start, kind, end in edges
        ],
    }


def spdx_json(model: Model) -> bytes:
    return json.dumps(_spdx(model), ensure_ascii=False).encode()


def spdx_yaml(model: Model) -> bytes:
    text: str = yaml.safe_dump(_spdx(model), allow_unicode=True)
    return text.encode("utf-16")


def spdx_xml(model: Model) -> bytes:
    def fill(parent: Element, value: Any) -> None:
        for key, item in value.items():
            for each in item if isinstance(item, list) else [item]:
                child = SubElement(parent, key)
                if isinstance(each, dict):
                    fill(child, each)
                else:
                    child.text = each

    root = Element("Document")
    fill(root, _spdx(model))
    return ElementTree.tostring(root)


def spdx_tagvalue(model: Model) -> bytes:
    lines = ["# made by hand", "SPDXVersion: SPDX-2.3", "DataLicense: CC0-1.0", "SPDXID: SPDXRef-DOCUMENT"]
    lines += ["DocumentComment: <text>over", "PackageName: no package", "lines</text>"]
    lines += ["Creator: Tool: tool 1", f"Created: {CREATED}", "UnknownTag: x", ""]
    for package in _spdx(model)["packages"]:
        lines += [f"PackageName: {package['name']}", f"SPDXID: {package['SPDXID']}"]
        lines += [f"PackageVersion: {package['versionInfo']}"] if "versionInfo" in package else []
        lines += [f"PackageSupplier: {package['supplier']}", "PrimaryPackagePurpose: LIBRARY"]
        lines += ["PackageLicenseConcluded: NOASSERTION", f"PackageLicenseDeclared: {package['licenseDeclared']}"]
        locators = [each["referenceLocator"] for each in package.get("externalRefs", ())]
        lines += [f"ExternalRef: PACKAGE-MANAGER purl {locator}" for locator in locators]
        lines += ["PackageCopyrightText: <text>none</text>", ""]
    for start, end in model.edges:
        lines.append(f"Relationship: SPDXRef-p{start} DEPENDS_ON SPDXRef-p{end}")
    lines += ["FileName: ./x", "SPDXID: SPDXRef-file", "PackageVersion: of a file, which has none"]
    return "\r\n".join(lines).encode()


def spdx3_json(model: Model) -> bytes:
    graph: list[dict[str, Any]] = [
        {
            "type": "CreationInfo",
            "@id": "_:c",
            "specVersion": "3.0.1",
            "created": CREATED,
            "createdUsing": ["urn:tool"],
        },
        {"type": "Tool", "spdxId": "urn:tool", "name": "tool 1"},
    ]
    for place, one in enumerate(model.packages):
        package: dict[str, Any] = {"type": "software_Package", "spdxId": f"urn:p{place}", "name": one.name}
        package["software_primaryPurpose"] = "library"
        if one.version:
            package["software_packageVersion"] = one.version
        if one.purl:
            identifier = {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl"}
            package["externalIdentifier"] = [{**identifier, "identifier": one.purl}]
        if one.supplier:
            package["suppliedBy"] = f"urn:s{place}"
            graph.append({"type": "Organization", "spdxId": f"urn:s{place}", "name": one.supplier})
        if one.licence:
            expression = {"type": "simplelicensing_LicenseExpression", "spdxId": f"urn:l{place}"}
            graph.append({**expression, "simplelicensing_licenseExpression": one.licence})
            graph.append(_edge(f"urn:p{place}", "hasDeclaredLicense", f"urn:l{place}"))
        graph.append(package)
    graph += [_edge(f"urn:p{start}", "dependsOn", f"urn:p{end}") for start, end in model.edges]
    return json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}).encode()


def _edge(start: str, kind: str, end: str) -> dict[str, Any]:
    return {"type": "Relationship", "from": start, "relationshipType": kind, "to": [end]}


def syft_json(model: Model) -> bytes:
    def artifact(place: int, one: Package) -> dict[str, Any]:
        licences = [{"value": one.licence, "spdxExpression": ""}] if one.licence else []
        fields = {"id": f"p{place}", "name": one.name, "version": one.version or "", "type": "library"}
        return {**fields, "purl": one.purl or "", "licenses": licences, "metadata": {"author": one.supplier or ""}}

    document = {
        "artifacts": [artifact(*each) for each in enumerate(model.packages)],
        "artifactRelationships": [
            {"parent": f"p{start}", "child": f"p{end}", "type": "dependency-of"} for start, end in model.edges
        ],
        "source": {"type": "image", "metadata": {"manifestDigest": f"sha256:{DIGEST}"}},
        "descriptor": {"name": "tool", "version": "1", "timestamp": CREATED},
        "distro": {},
        "schema": {"version": "16.0.18"},
    }
    return json.dumps(document).encode()


RENDERINGS = (
    cyclonedx_json,
    cyclonedx_xml,
    spdx_json,
    spdx_yaml,
    spdx_xml,
    spdx_tagvalue,
    spdx3_json,
    syft_json,
)
