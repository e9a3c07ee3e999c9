"""Whose a vulnerability is: the base image's or the application's, or nobody knows."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.surface.test_claim import VALUES

from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.facts.scan import Finding, Fix, Scan
from pratique.evidence.merge import merge
from pratique.evidence.surface.attribution import attribute
from pratique.evidence.surface.claim import read_surface
from pratique.evidence.surface.measure import Held, Surface
from pratique.evidence.surface.origin import Origin
from pratique.values.digest import Digest

BASE, APP, STRANGE = (Digest.of(name) for name in (b"base", b"app", b"strange"))
BASE_ID, APP_ID = Digest.of(b"base unpacked"), Digest.of(b"app unpacked")


def held(manager: Manager, name: str, version: str, layer: Digest) -> Held:
    return Held(InstalledPackage(manager, name, version), layer)


def surface(*packages: Held, base: int | None = 1) -> Surface:
    """Two layers, of which the lower one is the base image's."""
    empty = read_surface(VALUES)
    return replace(
        empty, layers=(BASE, APP), diff_ids=(BASE_ID, APP_ID), base_layers=base, packages=tuple(packages)
    )


def origin(purl: str, *layers: Digest, of: Surface) -> Origin | None:
    """Whose a vulnerability of one package is that a report places there."""
    name, version = purl.rpartition("@")[0], purl.rpartition("@")[2]
    finding = Finding("CVE-1", (), name, version, purl, (), Fix.UNKNOWN, layers=tuple(sorted(layers)))
    (merged,) = merge((("x", Scan("x", None, None, None, 1, (finding,)), None),))
    (found,) = attribute((merged,), (of,))
    return found.origin


LIBC = held(Manager.DPKG, "libc6", "1:2.36", BASE)


def test_a_package_is_whose_the_layer_is_that_a_report_names_packed_or_unpacked() -> None:
    empty = surface()
    assert origin("pkg:npm/a@1", BASE, of=empty) is origin("pkg:npm/a@1", BASE_ID, of=empty) is Origin.BASE
    assert origin("pkg:npm/a@1", APP_ID, of=empty) is Origin.APPLICATION


def test_where_no_report_names_a_layer_the_one_counts_that_first_lists_the_package() -> None:
    known = surface(LIBC, held(Manager.PYTHON, "Flask_X", "2", APP), held(Manager.NPM, "@s/b", "3", APP))
    assert origin("pkg:deb/debian/libc6@2.36", of=known) is Origin.BASE
    assert origin("pkg:pypi/flask-x@2", of=known) is origin("pkg:npm/%40s/b@3", of=known) is Origin.APPLICATION


def test_a_distributions_package_stays_the_bases_though_a_later_layer_wrote_the_database_again() -> None:
    assert origin("pkg:deb/debian/libc6@1:2.36", APP_ID, of=surface(LIBC)) is Origin.BASE


def test_a_package_that_the_application_upgraded_is_the_applications() -> None:
    known = surface(LIBC, held(Manager.DPKG, "libc6", "2.40", APP))
    assert origin("pkg:deb/debian/libc6@2.40", of=known) is Origin.APPLICATION


def test_what_lies_in_layers_of_both_is_the_applications() -> None:
    assert origin("pkg:npm/a@1", BASE_ID, APP_ID, of=surface()) is Origin.APPLICATION


def test_what_no_layer_tells_is_unknown() -> None:
    assert origin("pkg:npm/a@1", of=surface()) is None
    assert origin("pkg:npm/a@1", STRANGE, of=surface()) is None
    assert origin("pkg:npm/a@1", BASE_ID, STRANGE, of=surface()) is None
    assert origin("pkg:deb/debian/libc6@9", of=surface(LIBC)) is None


def test_where_nobody_knows_the_base_nothing_is_told() -> None:
    assert origin("pkg:npm/a@1", APP_ID, of=surface(base=None)) is None


@given(
    st.lists(st.sampled_from([BASE, BASE_ID, APP, APP_ID, STRANGE]), max_size=4), st.sampled_from([APP, APP_ID])
)
def test_naming_a_layer_of_the_application_never_makes_a_finding_the_bases(
    layers: list[Digest], app: Digest
) -> None:
    assert origin("pkg:npm/a@1", *layers, app, of=surface()) is Origin.APPLICATION


@given(st.permutations([surface(base=None), surface(LIBC), surface(LIBC, base=2)]))
def test_the_order_of_measurements_changes_nothing(surfaces: list[Surface]) -> None:
    finding = Finding("CVE-1", (), "a", "1", "pkg:npm/a@1", (), Fix.UNKNOWN, layers=(APP,))
    merged = merge((("x", Scan("x", None, None, None, 1, (finding,)), None),))
    assert [one.origin for one in attribute(merged, surfaces)] == [Origin.BASE]
