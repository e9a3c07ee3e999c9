"""CycloneDX JSON: the traps that real files set."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read
from pratique.values.digest import Digest

MANIFEST = "sha256:" + "a" * 64
CONFIG = "sha256:" + "c" * 64


def bom(**fields: Any) -> Reading:
    content = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [], **fields}
    return read(json.dumps(content).encode(), "application/vnd.cyclonedx+json")


def sbom(**fields: Any) -> Sbom:
    facts = bom(**fields).facts[0]
    assert isinstance(facts, Sbom)
    return facts


def component(**fields: Any) -> Component:
    (found,) = sbom(components=[{"type": "library", "name": "x", **fields}]).components
    return found


def test_components_count_at_every_depth() -> None:
    inner = {"name": "c", "components": [{"name": "d"}]}
    names = [
        found.name for found in sbom(components=[{"name": "a", "components": [inner]}, {"name": "b"}]).components
    ]
    assert names == ["a", "b", "c", "d"]


def test_components_that_are_listed_twice_count_twice() -> None:
    assert len(sbom(components=[{"bom-ref": "1", "name": "a"}, {"bom-ref": "1", "name": "a"}]).components) == 2


def test_an_empty_list_and_no_list_are_two_facts() -> None:
    assert bom().parse is Parse.OK
    absent = read(b'{"bomFormat": "CycloneDX", "specVersion": "1.6"}', "")
    assert absent.parse is Parse.PARTIAL
    assert absent.reasons == ("components: expected a list, found none",)


def test_a_list_of_statements_without_components_is_no_sbom() -> None:
    content = {"bomFormat": "CycloneDX", "specVersion": "1.4", "vulnerabilities": [{"id": "CVE-2024-1"}]}
    (vex,) = read(json.dumps(content).encode(), "").facts
    assert isinstance(vex, Vex)
    assert vex.statements[0].status is None


def test_entries_that_are_no_objects_make_it_partial_and_hide_nothing_else() -> None:
    reading = bom(components=[{"name": "a"}, "b", None, 3])
    assert reading.parse is Parse.PARTIAL
    assert reading.reasons == ("components: an entry is not an object and was not read (3 times)",)
    assert isinstance(reading.facts[0], Sbom)
    assert len(reading.facts[0].components) == 1


@pytest.mark.parametrize("version", ["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_every_version_since_there_is_json_is_read(version: str) -> None:
    assert bom(specVersion=version).parse is Parse.OK


@pytest.mark.parametrize("version", ["1.8", "2.0", "", None, 1.6])
def test_another_version_is_partial(version: object) -> None:
    assert bom(specVersion=version).parse is Parse.PARTIAL


def test_another_bom_format_is_refused() -> None:
    assert bom(bomFormat="CDX").reasons == ("bomFormat: expected CycloneDX, found 'CDX'",)


def test_tools_may_be_a_list_or_an_object() -> None:
    old = sbom(metadata={"tools": [{"vendor": "anchore", "name": "syft", "version": "1.18.1"}]})
    new = sbom(metadata={"tools": {"components": [{"name": "syft", "version": "1.18.1"}], "services": []}})
    assert old.producer == new.producer == "syft 1.18.1"
    assert sbom(metadata={"tools": "syft"}).producer is None


@pytest.mark.parametrize(
    ("timestamp", "moment"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05+00:00"),
        ("2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456+00:00"),
        ("2026-01-02", None),
        ("timestamp:redacted", None),
        ("0001-01-01T00:00:00+14:00", None),
        (None, None),
    ],
)
def test_a_moment_needs_a_day_an_hour_and_a_time_zone(timestamp: str | None, moment: str | None) -> None:
    created = sbom(metadata={"timestamp": timestamp}).created
    assert (created.isoformat() if created else None) == moment


@pytest.mark.parametrize(
    ("licences", "texts"),
    [
        ([{"license": {"id": "MIT"}}, {"license": {"name": "Acme"}}], ("MIT", "Acme")),
        ([{"expression": "MIT OR Apache-2.0"}], ("MIT OR Apache-2.0",)),
        ([{"expression": "MIT"}, {"license": {"id": "ISC"}}], ("MIT", "ISC")),  # 1.7 allows both
        ([{"license": "MIT"}, "MIT"], ("MIT",)),
        ([{"license": {}}, {}], ("", "")),  # entries that name no licence are entries all the same
        ([{"license": {"url": "https://acme.example/licence"}}], ("https://acme.example/licence",)),
        ("MIT", ()),
        (None, ()),
    ],
)
def test_licences_are_kept_as_written(licences: object, texts: tuple[str, ...]) -> None:
    assert component(licenses=licences).licences == texts


@pytest.mark.parametrize(
    "fields",
    [
        {"supplier": {"name": "Acme"}, "publisher": "Other"},
        {"manufacturer": {"name": "Acme"}},
        {"publisher": "Acme"},
        {"author": "Acme"},
        {"authors": [{"name": "Acme"}]},
    ],
)
def test_the_supplier_may_stand_in_any_of_its_places(fields: dict[str, Any]) -> None:
    assert component(**fields).supplier == "Acme"


def test_a_broken_package_url_is_none() -> None:
    assert component(purl="pkg:").purl is None
    assert component(purl="not a purl").purl is None
    assert component(purl=7).purl is None


def test_a_debian_package_brings_its_source_and_release() -> None:
    found = component(
        version="3.0.15-1~deb12u1",
        purl="pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl%403.0.15-1",
    )
    assert found.purl == "pkg:deb/debian/libssl3@3.0.15-1~deb12u1"
    assert (found.source_package, found.source_version, found.distro) == ("openssl", "3.0.15-1", "debian-12")


def test_an_alpine_release_without_a_name_gets_it_from_the_namespace() -> None:
    assert component(purl="pkg:apk/alpine/musl@1.2.5-r0?distro=3.20.3").distro == "alpine-3.20.3"


def test_an_rpm_epoch_belongs_to_the_version() -> None:
    qualifiers = "epoch=1&upstream=openssl-1.1.1k-4.el8.src.rpm"
    found = component(version="1.1.1k-4.el8", purl=f"pkg:rpm/alma/openssl-libs@1.1.1k-4.el8?{qualifiers}")
    assert (found.version, found.source_package) == ("1:1.1.1k-4.el8", "openssl")
    assert component(version="1:2-1", purl="pkg:rpm/alma/x@2-1?epoch=1").version == "1:2-1"


def test_trivy_writes_the_source_package_in_properties() -> None:
    said = {"SrcName": "util-linux", "SrcVersion": "2.33.1", "SrcRelease": "0.1", "SrcEpoch": "1"}
    properties = [{"name": f"aquasecurity:trivy:{key}", "value": value} for key, value in said.items()]
    found = component(properties=properties)
    assert (found.source_package, found.source_version) == ("util-linux", "1:2.33.1-0.1")


def test_relationships_are_counted_and_their_absence_is_not_zero() -> None:
    assert sbom().relationships is None
    assert sbom(dependencies=[]).relationships == 0
    assert (
        sbom(dependencies=[{"ref": "a", "dependsOn": ["b", "c"]}, {"ref": "b", "dependsOn": ["a"]}]).relationships
        == 3
    )


@pytest.mark.parametrize(
    "root",
    [
        {"version": MANIFEST},
        {"purl": f"pkg:oci/shop@{MANIFEST.replace(':', '%3A')}?repository_url=registry.example/shop"},
        {"properties": [{"name": "aquasecurity:trivy:RepoDigest", "value": f"shop@{MANIFEST}"}]},
        {"properties": [{"name": "aquasecurity:trivy:ImageID", "value": MANIFEST}]},
    ],
)
def test_a_container_names_the_digest_that_it_is_about(root: dict[str, Any]) -> None:
    about = bom(metadata={"component": {"type": "container", "name": "shop", **root}}).about
    assert about == (Digest.parse(MANIFEST),)


def test_the_digest_of_a_file_names_no_image() -> None:
    assert bom(metadata={"component": {"type": "file", "name": "go.mod", "version": MANIFEST}}).about == ()


def test_a_digest_in_another_spelling_names_nothing() -> None:
    root = {"type": "container", "name": "maven", "version": "sha256__" + "b" * 64}
    assert bom(metadata={"component": root}).about == ()
