"""Each measure of an attack surface, on layers made for it."""

from pathlib import Path

import pytest
from tests.evidence.surface.pictures import (
    ACCESS_KEY,
    Entry,
    facts,
    file,
    folder,
    hard_link,
    layout,
    opaque,
    program,
    surface,
    symlink,
    whiteout,
)

from pratique.errors import Malformed
from pratique.evidence.crosscheck import InstalledPackage, Manager
from pratique.evidence.surface.measure import measure_surface
from pratique.evidence.surface.settings import parse_settings
from pratique.registry.layout import Layout

STATUS = b"""\
Package: bash
Status: install ok installed
Version: 5.2.15-2+b7
Description: a shell
 that has a long description

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: libc6
Status: install ok installed
Version: 2.36-9
"""


@pytest.fixture
def here(tmp_path: Path) -> Layout:
    return layout(tmp_path / "images")


def test_an_image_like_debian(here: Layout) -> None:
    found = surface(
        here,
        (
            folder("./tmp", 0o1777),
            folder("./var/lib/shared", 0o777),
            symlink("./bin", "usr/bin"),
            program("./usr/bin/bash"),
            symlink("./usr/bin/sh", "bash"),
            symlink("./usr/bin/csh", "nowhere"),
            program("./usr/bin/su", 0o4755),
            program("./usr/bin/wall", 0o2755),
            program("./usr/bin/dpkg"),
            program("./usr/bin/perl5.36.0"),
            hard_link("./usr/bin/perl", "./usr/bin/perl5.36.0"),
            symlink("./usr/bin/nc", "/etc/alternatives/nc"),
            symlink("./etc/alternatives/nc", "/bin/nc.openbsd"),
            program("./usr/bin/nc.openbsd"),
            file("./etc/init.d/ssh", b"#!/bin/sh\n", 0o755),
            file("./var/lib/dpkg/status", STATUS),
            file("./var/log/open", b"x", 0o666),
        ),
    )
    assert found.setuid == ("usr/bin/su",)
    assert found.setgid == ("usr/bin/wall",)
    assert found.world_writable == ("var/lib/shared", "var/log/open")
    assert found.shells == ("bash", "sh")
    assert found.package_managers == ("dpkg",)
    assert found.interpreters == ("perl", "perl5.36.0")
    assert found.net_tools == ("nc", "nc.openbsd")
    assert (found.files, found.executables, found.elf) == (10, 8, 7)
    assert [held.package for held in found.packages] == [
        InstalledPackage(Manager.DPKG, "bash", "5.2.15-2+b7"),
        InstalledPackage(Manager.DPKG, "libc6", "2.36-9"),
    ]


def test_an_image_like_node_with_a_key_that_a_later_layer_deletes(here: Layout) -> None:
    found = surface(
        here,
        (program("bin/busybox"), symlink("bin/sh", "busybox")),
        (
            file("app/.env", f"AWS_ACCESS_KEY_ID={ACCESS_KEY}\n".encode()),
            file("app/package.json", b'{"name": "demo", "version": "1.0.0"}'),
            file("app/node_modules/lodash/package.json", b'{"name": "lodash", "version": "4.17.15"}'),
            file("app/node_modules/@a/b/package.json", b'{"name": "@a/b", "version": "2.0.0"}'),
            file("app/node_modules/lodash/fp/package.json", b'{"type": "module"}'),
        ),
        (whiteout("app/.env"), folder("data", 0o777), program("opt/helper", 0o4755)),
        ExposedPorts={"3000/tcp": {}, "22/tcp": {}},
        Env=["PATH=/bin", "DB_PASSWORD=hunter2", "PASSWORD_FILE=/run/secret", f"X={ACCESS_KEY}", "API_TOKEN="],
    )
    assert found.secrets == ()
    assert [(each.path, each.kind, each.layer) for each in found.secret_in_hidden_file] == [
        ("app/.env", "aws-access-key", found.layers[1])
    ]
    assert found.deleted_in_later_layer == 1
    assert found.root_user
    assert found.ports == ("22/tcp", "3000/tcp")
    assert found.env_suspicious == ("DB_PASSWORD", "X")
    assert found.setuid == ("opt/helper",)
    assert found.world_writable == ("data",)
    assert [held.package.name for held in found.packages] == ["@a/b", "lodash"]


@pytest.mark.parametrize("user", ["", "root", "0", "000:5", "+0", "-0"])
def test_user_zero_is_root_however_it_is_written(here: Layout, user: str) -> None:
    assert surface(here, (file("a"),), User=user).root_user


@pytest.mark.parametrize("user", ["1", "\N{SUPERSCRIPT TWO}", "\N{SUPERSCRIPT ZERO}", "9" * 5000])
def test_a_user_that_is_no_number_to_a_runtime_is_a_name(here: Layout, user: str) -> None:
    assert not surface(here, (file("a"),), User=user).root_user


def test_a_secret_that_is_replaced_is_hidden_and_not_deleted(here: Layout) -> None:
    found = surface(here, (file("k", ACCESS_KEY.encode()),), (file("k", b"nothing"),))
    assert [each.path for each in found.secret_in_hidden_file] == ["k"]
    assert (found.deleted_in_later_layer, found.files, found.uncompressed) == (0, 1, 27)


def test_a_secret_that_can_be_seen_is_no_hidden_one(here: Layout) -> None:
    found = surface(here, (file("k", ACCESS_KEY.encode()),), (file("other"),))
    assert [each.path for each in found.secrets] == ["k"]
    assert found.secret_in_hidden_file == ()


def test_a_whiteout_of_a_folder_deletes_what_is_in_it_also_where_nothing_states_the_folder(here: Layout) -> None:
    found = surface(here, (program("a/b/su", 0o4755), program("ab/su", 0o4755)), (whiteout("a"),))
    assert (found.setuid, found.deleted_in_later_layer) == (("ab/su",), 1)


def test_an_opaque_folder_deletes_what_is_below_it_and_keeps_what_its_layer_brings(here: Layout) -> None:
    found = surface(here, (file("a/old"), file("a/b/old"), file("c")), (opaque("a"), file("a/new")))
    assert (found.files, found.deleted_in_later_layer) == (2, 2)


def test_a_whiteout_deletes_nothing_of_its_own_layer(here: Layout) -> None:
    assert surface(here, (file("a"),), (whiteout("a"), file("a"))).files == 1


def test_a_file_where_a_folder_was_deletes_what_was_in_it(here: Layout) -> None:
    assert surface(here, (folder("a"), program("a/su", 0o4755)), (file("a"),)).setuid == ()


def test_a_hard_link_to_a_setuid_file_is_one_itself(here: Layout) -> None:
    found = surface(here, (hard_link("usr/bin/evil", "usr/bin/su"), program("usr/bin/su", 0o4755)))
    assert found.setuid == ("usr/bin/evil", "usr/bin/su")
    assert found.uncompressed == 47


def test_a_hard_link_into_a_lower_layer_is_followed(here: Layout) -> None:
    found = surface(here, (program("su", 0o4755),), (hard_link("evil", "su"),))
    assert found.setuid == ("evil", "su")


def test_capabilities_are_found_in_pax_headers(here: Layout) -> None:
    xattr = {"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00 \x00\x00"}
    found = surface(here, (program("bin/ping", pax_headers=xattr), program("bin/true")))
    assert found.file_capabilities == ("bin/ping",)


def test_what_an_archive_has_twice_counts_as_both(here: Layout) -> None:
    assert surface(here, (program("su", 0o4755), file("su"))).setuid == ("su",)


@pytest.mark.parametrize(
    ("user", "root"),
    [
        ("", True),
        ("root", True),
        ("0", True),
        ("00:5", True),
        ("0:0", True),
        ("toor", True),
        ("app", False),
        ("10001", False),
        ("nobody:0", False),
    ],
)
def test_who_it_runs_as(here: Layout, user: str, root: bool) -> None:
    accounts = file("etc/passwd", b"root:x:0:0::/:\ntoor:x:0:0::/:\napp:x:10001:0::/:\n")
    assert surface(here, (accounts,), User=user).root_user is root


def test_the_last_accounts_count(here: Layout) -> None:
    found = surface(here, (file("etc/passwd", b"app:x:1:"),), (file("etc/passwd", b"app:x:0:"),), User="app")
    assert found.root_user


@pytest.mark.parametrize(
    ("test", "asked"), [(["NONE"], False), ([], False), (["CMD", "true"], True), (["CMD-SHELL", "x"], True)]
)
def test_a_health_check_that_is_turned_off_is_none(here: Layout, test: list[str], asked: bool) -> None:
    assert surface(here, (), Healthcheck={"Test": test}).healthcheck is asked


def test_volumes_are_listed(here: Layout) -> None:
    assert surface(here, (), Volumes={"/data": {}, "/cache": {}}).volumes == ("/cache", "/data")


def test_a_package_belongs_to_the_layer_that_brought_it(here: Layout) -> None:
    more = STATUS + b"\nPackage: curl\nStatus: install ok installed\nVersion: 7\n"
    found = surface(here, (file("var/lib/dpkg/status", STATUS),), (file("var/lib/dpkg/status", more),))
    places = {held.package.name: found.layers.index(held.layer) for held in found.packages}
    assert places == {"bash": 0, "libc6": 0, "curl": 1}


def test_the_database_of_rpm_is_noticed_and_named_as_unread(here: Layout) -> None:
    assert surface(here, (file("var/lib/rpm/rpmdb.sqlite"),)).packages_unread == ("var/lib/rpm/rpmdb.sqlite",)


def test_a_record_that_cannot_be_read_is_named(here: Layout) -> None:
    assert surface(here, (file("node_modules/x/package.json", b"{"),)).packages_unread == (
        "node_modules/x/package.json",
    )


RECORD = "var/lib/dpkg/status"


@pytest.mark.parametrize(
    "layers",
    [
        ((symlink(RECORD, "/opt/blob"), file("opt/blob", STATUS)),),
        ((symlink("var/lib/dpkg", "../../opt"), file("opt/status", STATUS)),),
        ((file("opt/blob", STATUS),), (symlink(RECORD, "/opt/blob"),)),
        ((file("opt/blob", STATUS), hard_link(RECORD, "opt/blob")),),
        ((file("opt/blob", STATUS),), (hard_link(RECORD, "opt/blob"),)),
        ((folder("var/lib/dpkg"), symlink("x", "var/lib/dpkg"), file("x/status", STATUS)),),
        ((symlink("x", "var/lib/dpkg"),), (file("x/status", STATUS),)),
        ((symlink(RECORD, "../../../opt/a"), hard_link("opt/a", "opt/b"), file("opt/b", STATUS)),),
    ],
)
def test_a_record_that_only_a_link_reaches_is_unread(here: Layout, layers: tuple[tuple[Entry, ...], ...]) -> None:
    found = surface(here, *layers)
    assert (found.packages, found.packages_unread) == ((), (RECORD,))


@pytest.mark.parametrize("path", ["x-1.dist-info/METADATA", "node_modules/x/package.json"])
def test_a_record_of_a_language_that_is_a_link_to_another_name_is_unread(here: Layout, path: str) -> None:
    assert surface(here, (file("blob"), symlink(path, "/blob"))).packages_unread == (path,)


def test_a_record_that_links_to_another_record_is_read(here: Layout) -> None:
    merged = (symlink("lib", "usr/lib"), file("usr/lib/apk/db/installed", b"P:musl\nV:1.2\n"))
    python = file("b/x-1.dist-info/METADATA", b"Name: x\nVersion: 1\n")
    found = surface(here, (*merged, python), (hard_link("a/x-1.dist-info/METADATA", "b/x-1.dist-info/METADATA"),))
    assert ([held.package.name for held in found.packages], found.packages_unread) == (["musl", "x"], ())


def test_a_hard_link_to_a_record_says_the_same(here: Layout) -> None:
    kept = file("a/node_modules/x/package.json", b'{"name": "x", "version": "1"}')
    found = surface(here, (kept, hard_link("b/node_modules/x/package.json", "a/node_modules/x/package.json")))
    assert ([held.package.name for held in found.packages], found.packages_unread) == (["x"], ())


@pytest.mark.parametrize(
    "entries",
    [
        (file("etc/passwd", b"#" * 1024 * 1024 + b"\napp:x:0:0::/:\n"),),
        (symlink("etc/passwd", "/opt/p"), file("opt/p", b"app:x:0:0::/:\n")),
        (file("opt/p", b"app:x:0:0::/:\n"), hard_link("etc/passwd", "opt/p")),
        (symlink("etc", "opt"), file("opt/passwd", b"app:x:0:0::/:\n")),
        (symlink("x", "etc"), file("x/passwd", b"app:x:0:0::/:\n")),
        (file("etc/passwd", b"app:x:7:"), file("opt/p", b"app:x:0:"), hard_link("etc/passwd", "opt/p")),
        (file("etc/passwd", b" app:x:+0:0::/:\n"),),
        (file("etc/passwd", b"app:x:zero:0::/:\n"),),
        (file("etc/passwd", b"app"),),
    ],
)
def test_a_name_that_may_be_number_zero_to_a_runtime_is_root(here: Layout, entries: tuple[Entry, ...]) -> None:
    assert surface(here, entries, User="app").root_user


def test_a_large_file_is_counted_as_unsearched(here: Layout) -> None:
    found = surface(here, (file("big", bytes(1024 * 1024) + ACCESS_KEY.encode()),))
    assert (found.unsearched, found.secrets) == (1, ())


def test_a_config_that_states_other_layers_is_malformed(here: Layout) -> None:
    with pytest.raises(Malformed, match="expected 1 diff_ids, found 0"):
        measure_surface((facts(here, file("a")),), parse_settings(b"{}"), 0)
