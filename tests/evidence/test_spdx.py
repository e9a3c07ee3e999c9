"""SPDX 2 and 3: the traps that real files set, and which image a document is about."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read

DIGEST = "sha256:" + "a" * 64
CONFIG = "sha256:" + "c" * 64
DESCRIBES = {
    "spdxElementId": "SPDXRef-DOCUMENT",
    "relationshipType": "DESCRIBES",
    "relatedSpdxElement": "SPDXRef-root",
}


def spdx(**fields: Any) -> Reading:
    return read(json.dumps({"spdxVersion": "SPDX-2.3", "packages": [], **fields}).encode(), "")


def package(**fields: Any) -> Component:
    return spdx(packages=[{"name": "a", "SPDXID": "SPDXRef-a", **fields}]).of(Sbom)[0].components[0]


def purl(locator: str, kind: str = "purl") -> dict[str, str]:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": kind, "referenceLocator": locator}


@pytest.mark.parametrize(
    ("concluded", "declared", "licences"),
    [
        ("NOASSERTION", "MIT", ("MIT",)),
        ("MIT", "NOASSERTION", ("MIT",)),
        ("ISC", "MIT", ("ISC",)),
        ("NOASSERTION", "NOASSERTION", ()),
        ("NONE", "NONE", ()),
        ("", "MIT", ("MIT",)),
        (None, None, ()),
    ],
)
def test_what_was_concluded_counts_and_otherwise_what_was_declared(
    concluded: str | None, declared: str | None, licences: tuple[str, ...]
) -> None:
    assert package(licenseConcluded=concluded, licenseDeclared=declared).licences == licences


@pytest.mark.parametrize("kind", ["purl", "http://spdx.org/rdf/references/purl"])
def test_a_package_url_is_an_external_reference(kind: str) -> None:
    assert package(externalRefs=[purl("cpe:2.3:a", "cpe23Type"), purl("pkg:npm/a@1", kind)]).purl == "pkg:npm/a@1"


def test_that_nothing_is_asserted_is_no_version_and_no_supplier() -> None:
    component = package(versionInfo="NOASSERTION", supplier="NOASSERTION", originator="Person: Ann ()")
    assert (component.version, component.supplier) == (None, "Ann")


def test_trivy_writes_the_source_package_as_text() -> None:
    component = package(sourceInfo="built package from: ncurses 6.0+20161126-1+deb9u2")
    assert (component.source_package, component.source_version) == ("ncurses", "6.0+20161126-1+deb9u2")


def test_relationships_are_counted_as_written_and_none_are_not_said() -> None:
    assert spdx().of(Sbom)[0].relationships is None
    assert spdx(relationships=[]).of(Sbom)[0].relationships == 0
    assert spdx(relationships=[DESCRIBES]).of(Sbom)[0].relationships == 1


def test_a_package_that_only_the_document_names_is_related_to_nothing() -> None:
    root, leaf = {"name": "r", "SPDXID": "SPDXRef-root"}, {"name": "a", "SPDXID": "SPDXRef-a"}
    depends = {"spdxElementId": "SPDXRef-a", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-x"}
    components = spdx(packages=[root, leaf], relationships=[DESCRIBES, depends]).of(Sbom)[0].components
    assert [each.related for each in components] == [False, True]


@pytest.mark.parametrize(
    ("root", "digests"),
    [
        ({"externalRefs": [purl(f"pkg:oci/shop@{DIGEST}?arch=amd64")]}, [DIGEST]),
        ({"externalRefs": [purl(f"pkg:oci//images/shop@{DIGEST}?arch=")]}, [DIGEST]),
        ({"primaryPackagePurpose": "CONTAINER", "versionInfo": DIGEST}, [DIGEST]),
        (
            {
                "primaryPackagePurpose": "CONTAINER",
                "checksums": [{"algorithm": "SHA256", "checksumValue": "A" * 64}, {"algorithm": "SHA1"}],
            },
            [DIGEST],
        ),
        (
            {"annotations": [{"comment": f"ImageID: {CONFIG}"}, {"comment": f"RepoDigest: shop@{DIGEST}"}]},
            [DIGEST, CONFIG],
        ),
        ({"attributionTexts": [f"ImageID: {CONFIG}", f"DiffID: {DIGEST}"]}, [CONFIG]),
        ({"versionInfo": DIGEST, "checksums": [{"algorithm": "SHA256", "checksumValue": "a" * 64}]}, []),
    ],
)
@pytest.mark.parametrize("how", [{"relationships": [DESCRIBES]}, {"documentDescribes": ["SPDXRef-root"]}])
def test_the_described_image_names_its_digest(
    root: dict[str, Any], digests: list[str], how: dict[str, Any]
) -> None:
    described = {"name": "shop", "SPDXID": "SPDXRef-root", **root}
    assert [str(each) for each in spdx(packages=[described], **how).about] == digests


def test_an_image_that_is_only_listed_is_not_what_the_document_is_about() -> None:
    base = {"name": "base", "SPDXID": "SPDXRef-base", "externalRefs": [purl(f"pkg:oci/base@{DIGEST}")]}
    assert spdx(packages=[base], relationships=[DESCRIBES]).about == ()


def test_a_version_that_is_no_text_is_refused_and_an_unknown_one_read_in_part() -> None:
    assert spdx(spdxVersion=2).parse is Parse.REFUSED
    assert spdx(spdxVersion="SPDX-2.9").reasons == (
        "spdxVersion: expected SPDX-2.0 to SPDX-2.3, found 'SPDX-2.9'",
    )


def test_the_answer_of_a_dependency_graph_is_unwrapped() -> None:
    content = json.dumps({"sbom": {"spdxVersion": "SPDX-2.3", "packages": [{"name": "a"}]}}).encode()
    assert len(read(content, "").of(Sbom)[0].components) == 1


def test_nanoseconds_are_a_time() -> None:
    created = spdx(creationInfo={"created": "2022-08-18T05:23:38.066146511Z"}).of(Sbom)[0].created
    assert created
    assert created.year == 2022


# Tag-value

HEAD = "SPDXVersion: SPDX-2.2\nCreator: Tool: t-1\nCreator: Person: Ann ()\n"


def tagvalue(text: str, encoding: str = "utf-8") -> Reading:
    return read((HEAD + text).encode(encoding), "")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_tags_are_read_in_any_encoding_and_line_ending(encoding: str) -> None:
    reading = tagvalue("PackageName: é\r\nPackageVersion: 1\r\n", encoding)
    (component,) = reading.of(Sbom)[0].components
    assert (reading.parse, component.name, component.version) == (Parse.OK, "é", "1")


def test_a_text_hides_tags_until_it_is_closed() -> None:
    reading = tagvalue("PackageName: a\nPackageComment: <text>x\nPackageName: b\n# c</text>\nPackageVersion: 1")
    assert [(each.name, each.version) for each in reading.of(Sbom)[0].components] == [("a", "1")]


def test_a_text_that_is_never_closed_and_a_line_without_a_tag_are_noted() -> None:
    assert tagvalue("PackageName: a\nwhat is this\n").reasons == (
        "a line is neither a tag with its value nor a comment",
    )
    assert tagvalue("PackageName: a\nPackageComment: <text>x\n").reasons == ("a text is opened and never closed",)


def test_an_annotation_belongs_to_what_it_names() -> None:
    text = f"""PackageName: shop
SPDXID: SPDXRef-root
PackageName: other
SPDXID: SPDXRef-a
Annotator: Tool: trivy
SPDXREF: SPDXRef-root
AnnotationComment: <text>ImageID: {CONFIG}</text>
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-root
"""
    assert [str(each) for each in tagvalue(text).about] == [CONFIG]


# YAML, XML, RDF


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("spdxVersion: &v SPDX-2.3\nname: *v\n", "YAML: aliases are refused; found *v"),
        ("spdxVersion: SPDX-2.3\nname: a\nname: b\n", "YAML: the key 'name' stands twice in one mapping"),
        ("spdxVersion: SPDX-2.3\n? [a]\n: b\n", "YAML: expected text as a key, found a list or a mapping"),
        ("spdxVersion: SPDX-2.3\n---\na: b\n", "YAML: expected one document, found a second; add each by itself"),
        ("spdxVersion: SPDX-2.3\na: [\n", "YAML: did not find expected node content at line 3 column 1"),
        ("spdxVersion: SPDX-2.3\na: " + "[" * 300 + "]" * 300, "YAML: nested deeper than 128 levels"),
    ],
)
def test_yaml_is_strict(text: str, reason: str) -> None:
    reading = read(text.encode(), "")
    assert (reading.format, reading.parse, reading.reasons) == ("spdx-yaml", Parse.REFUSED, (reason,))


def test_rdf_is_refused_and_says_what_to_do() -> None:
    content = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#">
      <SpdxDocument rdf:about="http://x#SPDXRef-DOCUMENT"/></rdf:RDF>"""
    assert read(content, "").reasons == (
        "SPDX as RDF/XML is not read; add the same document as SPDX JSON or tag-value",
    )


# SPDX 3


def spdx3(*elements: dict[str, Any]) -> Reading:
    graph = [{"type": "CreationInfo", "@id": "_:c", "specVersion": "3.0.1"}, *elements]
    return read(
        json.dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}).encode(), ""
    )


def edge(start: str, kind: str, *ends: str) -> dict[str, Any]:
    return {"type": "Relationship", "from": start, "relationshipType": kind, "to": list(ends)}


@pytest.mark.parametrize(
    ("target", "licences"),
    [
        ({"type": "simplelicensing_LicenseExpression", "simplelicensing_licenseExpression": "MIT"}, ("MIT",)),
        ({"type": "simplelicensing_LicenseExpression", "simplelicensing_licenseExpression": "NOASSERTION"}, ()),
        ({"type": "expandedlicensing_CustomLicense", "name": "Acme"}, ("Acme",)),
    ],
)
def test_a_licence_is_an_element_of_its_own(target: dict[str, Any], licences: tuple[str, ...]) -> None:
    package = {"type": "software_Package", "spdxId": "urn:a", "name": "a"}
    sbom = spdx3(package, {"spdxId": "urn:l", **target}, edge("urn:a", "hasDeclaredLicense", "urn:l")).of(Sbom)[0]
    assert (sbom.components[0].licences, sbom.relationships) == (licences, 0)


@pytest.mark.parametrize(
    ("name", "licences"),
    [
        ("https://spdx.org/licenses/MIT", ("MIT",)),
        ("https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense", ()),
        ("expandedlicensing_NoAssertionLicense", ()),
        ("expandedlicensing_NoneLicense", ()),
    ],
)
def test_a_licence_may_be_known_by_its_address_alone(name: str, licences: tuple[str, ...]) -> None:
    package = {"type": "software_Package", "spdxId": "urn:a", "name": "a"}
    (component,) = spdx3(package, edge("urn:a", "hasConcludedLicense", name)).of(Sbom)[0].components
    assert component.licences == licences


def test_the_root_of_an_spdx_3_document_names_its_digest() -> None:
    image = {
        "type": "software_Package",
        "spdxId": "urn:a",
        "name": "shop",
        "software_primaryPurpose": "container",
        "software_packageUrl": f"pkg:oci/shop@{DIGEST}",
        "verifiedUsing": [{"type": "Hash", "algorithm": "sha256", "hashValue": "c" * 64}],
    }
    root = {"type": "software_Sbom", "spdxId": "urn:s", "rootElement": ["urn:a"]}
    assert [str(each) for each in spdx3(image, root).about] == [DIGEST, CONFIG]
    assert spdx3(image).about == ()


def test_packages_of_another_kind_are_not_silently_left_out() -> None:
    reading = spdx3({"type": "ai_AIPackage", "spdxId": "urn:m", "name": "model"})
    assert reading.reasons == ("ai_AIPackage: a package of this kind was not read",)


def test_yaml_of_a_million_entries_is_refused() -> None:
    content = b"spdxVersion: SPDX-2.3\npackages: [" + b"a," * 1_000_000 + b"]"
    assert read(content, "").reasons == ("YAML: expected at most 1000000 texts, lists and mappings, found more",)
