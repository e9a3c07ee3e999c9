"""The completeness of a bill of materials, in exact counts."""

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.quality import Quality, measure


def test_packages_are_counted_and_the_systems_name_and_bare_files_are_none() -> None:
    components = (
        Component("full", "1", "pkg:pypi/full@1", ("MIT",), "Acme"),
        Component("bare", None, None),
        Component("said", "", None, ("NOASSERTION", " ", "NONE"), ""),
        Component("debian", "12", None, kind="operating-system"),
        Component("/etc/passwd", None, None, kind="file"),
        Component("a.jar", None, "pkg:maven/a/a", kind="file"),
    )
    assert measure(Sbom(None, None, components, 3)) == Quality(
        packages=4, with_version=1, with_purl=2, with_licence=1, with_supplier=1, relationships=3
    )


def test_no_relationships_and_no_place_for_them_differ() -> None:
    assert measure(Sbom(None, None, (), None)).relationships is None
    assert measure(Sbom(None, None, (), 0)).relationships == 0
