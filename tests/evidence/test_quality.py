"""The completeness of a bill of materials, in exact counts."""

from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.quality import Quality, Said, measure, share


def test_packages_are_counted_and_the_systems_name_and_bare_files_are_none() -> None:
    components = (
        Component("full", "1", "pkg:pypi/full@1", ("MIT",), "Acme", related=True),
        Component("bare", None, None),
        Component("said", "", None, ("NOASSERTION", " ", "NONE"), ""),
        Component("debian", "12", None, kind="operating-system"),
        Component("shop", "sha256:1", "pkg:oci/shop@sha256:1", kind="container"),
        Component("/etc/passwd", None, None, kind="file"),
        Component("a.jar", None, "pkg:maven/a/a", kind="file"),
    )
    assert measure(Sbom(None, None, components, 3)) == Quality(
        packages=4,
        with_version=1,
        with_purl=2,
        with_licence=1,
        with_supplier=1,
        with_relationships=1,
        relationships=3,
        said=frozenset({Said.RELATIONSHIPS}),
    )


def test_no_relationships_and_no_place_for_them_differ() -> None:
    assert measure(Sbom(None, None, (), None)).relationships is None
    assert measure(Sbom(None, None, (), 0)).relationships == 0


def test_a_share_is_never_rounded_up_and_of_nothing_it_is_none() -> None:
    assert (share(2999, 3000), share(3, 3), share(0, 0)) == ("0.999", "1.000", "0")
