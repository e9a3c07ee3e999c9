"""A bill of materials that hides packages is caught."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.component import component_of
from pratique.evidence.crosscheck import InstalledPackage, Manager, Missing, missing_from, not_comparable
from pratique.evidence.facts.packages import Component

LIBC = InstalledPackage(Manager.DPKG, "libc6", "2.36-9+deb12u9")
FLASK = InstalledPackage(Manager.PYTHON, "Flask_Login", "0.6.3")
CORE = InstalledPackage(Manager.NPM, "@babel/core", "7.1.0")
MUSL = InstalledPackage(Manager.APK, "musl", "1.2.5-r0")
GLIBC = InstalledPackage(Manager.RPM, "glibc", "2:2.39-1.fc40")


def listed(purl: str | None, name: str = "x", version: str | None = None) -> Component:
    return component_of(name, version, purl)


@pytest.mark.parametrize(
    ("package", "component"),
    [
        (LIBC, listed("pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12")),
        (FLASK, listed("pkg:pypi/flask-login@0.6.3")),
        (CORE, listed("pkg:npm/%40babel/core@7.1.0")),
        (MUSL, listed("pkg:apk/alpine/musl@1.2.5-r0")),
        (MUSL, listed("pkg:apk/wolfi/musl@1.2.5-r0")),
        (InstalledPackage(Manager.DPKG, "mount", "1:2.38"), listed("pkg:deb/debian/mount@2.38")),
        (GLIBC, listed("pkg:rpm/fedora/glibc@2.39-1.fc40?arch=x86_64&epoch=2&distro=fedora-40")),
        (GLIBC, listed("pkg:rpm/fedora/glibc@2.39-1.fc40?arch=x86_64")),
        (InstalledPackage(Manager.DPKG, "mount", "1:2.38"), listed("pkg:deb/debian/mount@2.38?epoch=1")),
    ],
)
def test_a_listed_package_is_not_missing(package: InstalledPackage, component: Component) -> None:
    assert missing_from((component,), (package,)) == ()


def test_one_that_is_not_listed_is_missing() -> None:
    assert missing_from((listed("pkg:deb/debian/libc-bin@2.36"),), (LIBC, LIBC)) == (Missing(LIBC, ()),)


def test_another_version_does_not_stand_for_it_and_is_told() -> None:
    assert missing_from((listed("pkg:npm/%40babel/core@7.0.0"),), (CORE,)) == (Missing(CORE, ("7.0.0",)),)


def test_a_package_of_another_manager_does_not_stand_for_it() -> None:
    assert missing_from((listed("pkg:npm/musl@1.2.5-r0"),), (MUSL,)) == (Missing(MUSL, ()),)


@pytest.mark.parametrize("purl", [None, "no package URL", "pkg:generic/Flask_Login@0.6.3"])
def test_one_of_that_name_without_its_package_url_does_not_stand_for_it_and_is_not_comparable(
    purl: str | None,
) -> None:
    component = listed(purl, "Flask_Login", "0.6.3")
    assert missing_from((component,), (FLASK,)) == (Missing(FLASK, ()),)
    assert not_comparable((component,)) == (component,)


@pytest.mark.parametrize(
    "purl", ["pkg:deb/debian/a@1", "pkg:apk/alpine/a@1", "pkg:rpm/fedora/a@1", "pkg:pypi/a@1", "pkg:npm/a@1"]
)
def test_what_the_layers_keep_a_record_of_is_comparable(purl: str) -> None:
    assert not_comparable((listed(purl, "a"),)) == ()


def test_the_image_itself_and_its_system_are_no_packages_to_compare() -> None:
    parts = [component_of("debian", "12", None, kind=kind) for kind in ("operating-system", "container", "file")]
    assert not_comparable(parts) == ()


PACKAGES = st.builds(
    InstalledPackage,
    st.sampled_from(Manager),
    st.sampled_from(["a", "b", "c-d", "E"]),
    st.sampled_from(["1", "1:2", "2"]),
)


@given(st.lists(PACKAGES), st.lists(PACKAGES))
def test_listing_more_never_makes_more_missing(
    installed: list[InstalledPackage], named: list[InstalledPackage]
) -> None:
    components = [listed(f"pkg:{each.manager}/{each.name}@{each.version}") for each in named]
    missing = [len(missing_from(components[:count], installed)) for count in range(len(components) + 1)]
    assert missing == sorted(missing, reverse=True)
    assert (
        missing_from(
            [*components, *(listed(f"pkg:{x.manager}/{x.name}@{x.version}") for x in installed)], installed
        )
        == ()
    )
