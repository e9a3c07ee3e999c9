"""What package managers wrote down, read from their own records."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, PratiqueError
from pratique.evidence.crosscheck import Manager
from pratique.evidence.surface.packages import installed, record_of, unread_database


@pytest.mark.parametrize(
    ("path", "manager"),
    [
        ("var/lib/dpkg/status", Manager.DPKG),
        ("var/lib/dpkg/status.d/libc6", Manager.DPKG),
        ("var/lib/dpkg/status.d/libc6.md5sums", None),
        ("var/lib/dpkg/status-old", None),
        ("srv/var/lib/dpkg/status", None),
        ("lib/apk/db/installed", Manager.APK),
        ("usr/lib/apk/db/installed", Manager.APK),
        ("usr/lib/python3/site-packages/a-1.dist-info/METADATA", Manager.PYTHON),
        ("a-1.dist-info/METADATA", Manager.PYTHON),
        ("usr/lib/python3/dist-packages/a.egg-info/PKG-INFO", Manager.PYTHON),
        ("usr/lib/python3/dist-packages/a-1.egg-info", Manager.PYTHON),
        ("app/node_modules/x/package.json", Manager.NPM),
        ("app/node_modules/@s/x/package.json", Manager.NPM),
        ("app/node_modules/x/node_modules/y/package.json", Manager.NPM),
        ("app/node_modules/x/lib/package.json", None),
        ("app/package.json", None),
        ("app/METADATA", None),
    ],
)
def test_a_record_is_known_by_its_path(path: str, manager: Manager | None) -> None:
    assert record_of(path) is manager


@pytest.mark.parametrize(
    ("path", "unread"),
    [
        ("var/lib/rpm/Packages", True),
        ("usr/lib/sysimage/rpm/rpmdb.sqlite", True),
        ("var/lib/rpm/Packages.db", True),
        ("app/Packages", False),
    ],
)
def test_the_databases_of_rpm_are_known(path: str, unread: bool) -> None:
    assert unread_database(path) is unread


def names(manager: Manager, content: bytes) -> list[tuple[str, str]]:
    """Name and version of each package."""
    return [(each.name, each.version) for each in installed(manager, content)]


def test_apk_writes_one_letter_a_field() -> None:
    content = b"C:Q1xx\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld.so\n\nP:zlib\nV:1.3\nr:x\n"
    assert names(Manager.APK, content) == [("musl", "1.2.5-r0"), ("zlib", "1.3")]


def test_a_part_of_status_without_a_status_is_installed() -> None:
    assert names(Manager.DPKG, b"Package: tzdata\nVersion: 2024a\n") == [("tzdata", "2024a")]


def test_only_the_first_paragraph_of_metadata_says_what_it_is() -> None:
    content = b"Metadata-Version: 2.1\r\nName: Flask\r\nVersion: 0.12\r\n\r\nName: evil\r\n"
    assert names(Manager.PYTHON, content) == [("Flask", "0.12")]


def test_a_package_json_without_a_version_is_a_marker() -> None:
    assert names(Manager.NPM, b'{"type": "module"}') == []


@pytest.mark.parametrize(
    ("manager", "content"),
    [(Manager.NPM, b"{"), (Manager.NPM, b"[]"), (Manager.PYTHON, b""), (Manager.PYTHON, b"Name: x\n")],
)
def test_what_nobody_can_read_is_malformed(manager: Manager, content: bytes) -> None:
    with pytest.raises(Malformed):
        installed(manager, content)


@given(st.sampled_from(Manager), st.binary(max_size=300))
def test_noise_raises_nothing_but_our_errors(manager: Manager, noise: bytes) -> None:
    with suppress(PratiqueError):
        installed(manager, noise)
