"""CycloneDX XML: the namespace, the extensions of old versions, and what XML writes differently."""

import pytest

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.vex import Vex, VexStatus
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read


def bom(inside: str = "<components/>", version: str = "1.6", **attributes: str) -> Reading:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return read(f'<bom xmlns="http://cyclonedx.org/schema/bom/{version}"{said}>{inside}</bom>'.encode(), "")


def components(inside: str) -> tuple[Component, ...]:
    return bom(f"<components>{inside}</components>").of(Sbom)[0].components


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"])
def test_the_namespace_carries_the_version(version: str) -> None:
    reading = bom(version=version)
    assert (reading.format, reading.format_version, reading.parse) == ("cyclonedx-xml", version, Parse.OK)


def test_a_version_that_nobody_has_published_is_read_in_part() -> None:
    assert bom(version="1.9").reasons == ("namespace: expected version 1.0 to 1.7, found '1.9'",)
    assert bom(version="12").format_version is None


def test_another_root_element_is_refused_and_another_namespace_is_something_else() -> None:
    assert read(b'<sbom xmlns="http://cyclonedx.org/schema/bom/1.4"/>', "").parse is Parse.REFUSED
    assert read(b'<bom xmlns="http://acme.example/bom"/>', "").format == "xml"


def test_a_document_type_is_refused() -> None:
    content = b'<!DOCTYPE bom [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.4"/>'
    assert read(content, "").parse is Parse.REFUSED


def test_no_component_is_there_without_a_list_and_that_is_said() -> None:
    assert bom("").reasons == ("components: expected a list, found none",)


def test_components_nest_and_pedigree_tools_and_services_are_none() -> None:
    inside = """
      <metadata><tools><components><component type="application"><name>syft</name><version>1</version></component>
      </components></tools><component type="container"><name>shop</name></component></metadata>
      <components><component type="library"><name>a</name><pedigree><ancestors><component type="library">
      <name>ancestor</name></component></ancestors></pedigree>
      <components><component type="library"><name>b</name></component></components></component></components>
      <services><service><name>s</name></service></services>"""
    (sbom,) = bom(inside).of(Sbom)
    assert [each.name for each in sbom.components] == ["a", "b"]
    assert sbom.producer == "syft 1"


@pytest.mark.parametrize(
    ("licences", "texts"),
    [
        ("<license><id>MIT</id></license><license><name> Acme  </name></license>", ("MIT", "Acme")),
        ("<expression>MIT OR ISC</expression>", ("MIT OR ISC",)),
        ("<license/>", ("",)),
        ("", ()),
    ],
)
def test_licences_are_kept_as_written(licences: str, texts: tuple[str, ...]) -> None:
    (component,) = components(f"<component><name>a</name><licenses>{licences}</licenses></component>")
    assert component.licences == texts


def test_a_statement_is_read_with_its_state() -> None:
    inside = """<vulnerabilities><vulnerability><id>SNYK-1</id>
      <references><reference><id>CVE-2024-1</id></reference></references>
      <analysis><state>not_affected</state><justification>code_not_reachable</justification></analysis>
      <affects><target><ref>urn:cdx:x/1#pkg:npm/a@1</ref></target></affects></vulnerability></vulnerabilities>"""
    (vex,) = bom(inside).facts
    assert isinstance(vex, Vex)
    (said,) = vex.statements
    assert (said.vulnerability, said.aliases, said.status) == ("SNYK-1", ("CVE-2024-1",), VexStatus.NOT_AFFECTED)
    assert (said.products, said.subcomponents) == (("urn:cdx:x/1#pkg:npm/a@1",), ("pkg:npm/a@1",))


def test_the_extension_of_old_versions_names_vulnerabilities_without_a_state() -> None:
    inside = """<components><component type="library" bom-ref="a"><name>a</name><purl>pkg:npm/a@1</purl>
      <v:vulnerabilities xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0">
      <v:vulnerability ref="a"><v:id>CVE-2018-7489</v:id></v:vulnerability></v:vulnerabilities>
      </component></components>"""
    (said,) = bom(inside, "1.2").of(Vex)[0].statements
    assert (said.vulnerability, said.status, said.products) == ("CVE-2018-7489", None, ("pkg:npm/a@1",))


def test_the_graph_of_version_1_1_is_an_extension() -> None:
    inside = """<components/><d:dependencies xmlns:d="http://cyclonedx.org/schema/ext/dependency-graph/1.0">
      <d:dependency ref="a"><d:dependency ref="b"/><d:dependency ref="c"/></d:dependency></d:dependencies>"""
    assert bom(inside, "1.1").of(Sbom)[0].relationships == 2


def test_the_container_names_its_digest() -> None:
    digest = "sha256:" + "a" * 64
    root = f'<component type="container"><name>shop</name><version>{digest}</version></component>'
    assert [str(each) for each in bom(f"<metadata>{root}</metadata><components/>").about] == [digest]
