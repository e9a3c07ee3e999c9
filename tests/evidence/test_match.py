"""The built-in matcher: what is affected, what is not, and what could not be compared."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.evidence.advisories import Advisories, read_advisories
from pratique.evidence.facts.lists import Advisories as Listed
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.match import match
from pratique.evidence.purl import parse_purl
from pratique.evidence.read import read

FLASK = {"package": {"ecosystem": "PyPI", "name": "Flask"}}
VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"


def record(identifier: str, *affected: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": identifier, "modified": "2026-01-01T00:00:00Z", "affected": list(affected), **fields}


def ecosystem_range(*events: dict[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


def advisories(*records: dict[str, Any]) -> Advisories:
    return read_advisories(json.dumps(records).encode())


def package(purl: str, **fields: Any) -> Component:
    parsed = parse_purl(purl)
    assert parsed is not None
    return Component(parsed.name, parsed.version, purl, **fields)


def scan(known: Advisories, *components: Component) -> Scan:
    return match(Sbom(None, None, components, None), known)


def everything(identifier: str, ecosystem: str, name: str, **fields: Any) -> dict[str, Any]:
    """Return a record that says that every version of a package is affected."""
    package = {"package": {"ecosystem": ecosystem, "name": name}}
    return record(identifier, {**package, **ecosystem_range({"introduced": "0"})}, **fields)


def affects(version: str, *events: dict[str, str], **fields: Any) -> Finding | None:
    known = advisories(record("PYSEC-1", {**FLASK, **ecosystem_range(*events), **fields}))
    findings = scan(known, package(f"pkg:pypi/flask@{version}")).findings
    return findings[0] if findings else None


@pytest.mark.parametrize(
    ("version", "hit"),
    [("0.0.1", True), ("0.12.2", True), ("0.12.3rc1", True), ("0.12.3", False), ("1.0", False), ("1!0.1", False)],
)
def test_a_version_before_the_fix_is_affected(version: str, hit: bool) -> None:
    assert bool(affects(version, {"introduced": "0"}, {"fixed": "0.12.3"})) is hit


@pytest.mark.parametrize(("version", "hit"), [("1.0", False), ("1.1", True), ("1.5", True), ("1.5.1", False)])
def test_the_last_affected_version_is_itself_affected(version: str, hit: bool) -> None:
    assert bool(affects(version, {"introduced": "1.1"}, {"last_affected": "1.5"})) is hit


@pytest.mark.parametrize(
    ("version", "hit", "fixed"),
    [("1.5", True, ("1.9",)), ("1.9", False, ()), ("2.0", True, ("2.4",)), ("2.4", False, ())],
)
def test_several_pairs_in_one_range_come_in_any_order(version: str, hit: bool, fixed: tuple[str, ...]) -> None:
    events = ({"fixed": "2.4"}, {"introduced": "2.0"}, {"introduced": "0"}, {"fixed": "1.9"})
    found = affects(version, *events)
    assert bool(found) is hit
    assert (found.fixed_versions if found else ()) == fixed


def test_versions_beyond_every_limit_are_not_affected() -> None:
    events = ({"introduced": "0"}, {"limit": "2.0"})
    assert affects("1.9", *events)
    assert not affects("2.0", *events)


def test_of_several_limits_the_widest_holds() -> None:
    for limits in (("2.0", "*"), ("*", "2.0")):
        assert affects("2.5", {"introduced": "0"}, *({"limit": limit} for limit in limits))


@pytest.mark.parametrize("version", ["1.0", "1.0.0rc1", "1.0.0-rc.1"])
def test_listed_versions_are_affected_whatever_the_ranges_say(version: str) -> None:
    listed = ["1.0", "1.0.0rc1"]
    found = affects(version, {"introduced": "5"}, {"fixed": "6"}, versions=listed)
    assert found
    assert found.fixed_versions == ()


def test_names_are_compared_as_their_ecosystem_does() -> None:
    known = advisories(everything("PYSEC-1", "PyPI", "Zope.Interface_X"))
    assert scan(known, package("pkg:pypi/zope-interface-x@1")).findings


def test_a_fix_and_a_severity_come_with_the_finding() -> None:
    known = advisories(
        record(
            "GHSA-1",
            {**FLASK, **ecosystem_range({"introduced": "0"}, {"fixed": "0.12.3"})},
            aliases=["CVE-2018-1000656"],
            severity=[{"type": "CVSS_V3", "score": VECTOR}],
            database_specific={"severity": "MODERATE"},
        )
    )
    (found,) = scan(known, package("pkg:pypi/flask@0.12.2")).findings
    assert (found.vulnerability, found.aliases) == ("GHSA-1", ("CVE-2018-1000656",))
    assert (found.fix, found.fixed_versions) == (Fix.FIXED, ("0.12.3",))
    assert found.ratings == (Rating("ghsa", Severity.MEDIUM, "7.5", VECTOR),)


def test_a_distributions_view_of_a_cve_is_that_cve() -> None:
    fields = {"upstream": ["CVE-2024-1"], "related": ["CVE-2024-2"]}
    known = advisories(everything("DEBIAN-CVE-2024-1", "Debian:12", "openssl", **fields))
    openssl = package("pkg:deb/debian/libssl3@3.0.14", source_package="openssl", distro="debian-12")
    (found,) = scan(known, openssl).findings
    assert found.aliases == ("CVE-2024-1",)


@pytest.mark.parametrize(
    ("purl", "source", "distro", "ecosystem", "name"),
    [
        ("pkg:deb/debian/libssl3@1", "openssl", "debian-12.5", "Debian:12", "openssl"),
        ("pkg:deb/ubuntu/libssl3@1", "openssl", "ubuntu-22.04", "Ubuntu:22.04:LTS", "openssl"),
        ("pkg:apk/alpine/libssl3@1", "openssl", "alpine-3.20.3", "Alpine:v3.20", "openssl"),
        ("pkg:apk/wolfi/libssl3@1", "openssl", "wolfi-20230201", "Wolfi", "openssl"),
        ("pkg:rpm/alma/expat-devel@1", "expat", "alma-9.4", "AlmaLinux:9", "expat-devel"),
        ("pkg:rpm/rocky/expat-devel@1", "expat", "rocky-9", "Rocky Linux:9", "expat"),
        ("pkg:rpm/opensuse/expat-devel@1", "expat", "opensuse-leap-15.5", "openSUSE:Leap 15.5", "expat"),
        ("pkg:npm/%40angular/core@1", None, None, "npm", "@angular/core"),
        ("pkg:golang/github.com/BurntSushi/toml@v1.0.0", None, None, "Go", "github.com/BurntSushi/toml"),
        ("pkg:golang/stdlib@1.21.0", None, None, "Go", "stdlib"),
        ("pkg:maven/org.apache/commons@1", None, None, "Maven", "org.apache:commons"),
        ("pkg:composer/Drupal/core@1", None, None, "Packagist", "drupal/core"),
        ("pkg:cargo/serde@1", None, None, "crates.io", "serde"),
        ("pkg:nuget/Newtonsoft.Json@1", None, None, "NuGet", "newtonsoft.json"),
        ("pkg:gem/rails@1", None, None, "RubyGems", "rails"),
    ],
)
def test_a_component_is_found_under_the_name_of_its_ecosystem(
    purl: str, source: str | None, distro: str | None, ecosystem: str, name: str
) -> None:
    known = advisories(everything("X-1", ecosystem, name))
    assert len(scan(known, package(purl, source_package=source, distro=distro)).findings) == 1


@pytest.mark.parametrize("ecosystem", ["Debian:11", "Ubuntu:Pro:12:LTS", "Ubuntu"])
def test_another_release_or_stream_is_another_ecosystem(ecosystem: str) -> None:
    result = scan(
        advisories(everything("X-1", ecosystem, "openssl")),
        package("pkg:deb/debian/openssl@1", distro="debian-12"),
    )
    assert (result.findings, result.packages_examined) == ((), 0)
    assert result.not_examined == ("Debian:12: no advisories are imported (1)",)


# What was not compared


@pytest.mark.parametrize(
    ("component", "why"),
    [
        (Component("x", "1", None), "no package URL (1)"),
        (Component("x", None, "pkg:pypi/x"), "PyPI: no version (1)"),
        (Component("x", "not a version", "pkg:pypi/x@not"), "PyPI: the version cannot be compared (1)"),
        (Component("x", "1" * 400, "pkg:pypi/x"), "PyPI: the version cannot be compared (1)"),
        (Component("x", "1", "pkg:npm/x@1"), "npm: no advisories are imported (1)"),
        (Component("x", "1", "pkg:deb/debian/x@1"), "Debian: the release is not known (1)"),
        (Component("x", "1", "pkg:conan/x@1"), "pkg:conan/: an ecosystem that the matcher does not know (1)"),
        (
            Component("x", "1", "pkg:rpm/redhat/x@1"),
            "pkg:rpm/redhat: an ecosystem that the matcher does not know (1)",
        ),
    ],
)
def test_what_cannot_be_compared_is_said_and_not_counted_as_examined(component: Component, why: str) -> None:
    known = advisories(record("PYSEC-1", {**FLASK, **ecosystem_range({"introduced": "0"})}))
    result = scan(known, component)
    assert (result.packages_examined, result.not_examined) == (0, (why,))


@pytest.mark.parametrize(
    "affected",
    [
        {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "2.0"}]}]},
        {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "what is this"}]}]},
        {"ranges": []},
        {},
    ],
)
def test_a_record_that_cannot_decide_is_not_a_clean_bill(affected: dict[str, Any]) -> None:
    result = scan(advisories(record("PYSEC-1", {**FLASK, **affected})), package("pkg:pypi/flask@1.0"))
    assert (result.findings, result.packages_examined) == ((), 0)
    assert result.not_examined == ("PYSEC-1: its range cannot be compared (1)",)


def test_the_systems_own_name_is_no_package() -> None:
    known = advisories(record("PYSEC-1", {**FLASK, **ecosystem_range({"introduced": "0"})}))
    assert scan(known, Component("debian", "12", None, kind="operating-system")).not_examined == ()


def test_only_what_was_compared_counts_as_examined() -> None:
    known = advisories(record("PYSEC-1", {**FLASK, **ecosystem_range({"introduced": "0"}, {"fixed": "1"})}))
    result = scan(known, package("pkg:pypi/flask@2"), package("pkg:pypi/other@2"), package("pkg:npm/x@1"))
    assert (result.packages_examined, result.findings) == (2, ())


def test_one_package_in_two_places_is_found_once() -> None:
    known = advisories(record("PYSEC-1", {**FLASK, **ecosystem_range({"introduced": "0"})}))
    assert len(scan(known, package("pkg:pypi/flask@1"), package("pkg:pypi/flask@1")).findings) == 1


# Files of advisories


def test_withdrawn_and_replaced_records_are_left_out_and_counted() -> None:
    affected = {**FLASK, **ecosystem_range({"introduced": "0"})}
    known = advisories(
        record("PYSEC-1", affected, withdrawn="2026-01-02T00:00:00Z"),
        record("PYSEC-2", affected),
        record("PYSEC-2", affected, modified="2026-02-01T00:00:00Z", withdrawn="2026-02-01T00:00:00Z"),
        record("PYSEC-3", affected),
        {"id": 7},
    )
    (found,) = scan(known, package("pkg:pypi/flask@1")).findings
    assert found.vulnerability == "PYSEC-3"
    assert known.left_out == ("not an OSV record (1)", "replaced by a newer record (1)", "withdrawn (2)")


def test_a_file_may_hold_one_record_an_array_or_one_record_a_line() -> None:
    first, second = (record(name, {**FLASK, **ecosystem_range({"introduced": "0"})}) for name in ("A-1", "A-2"))
    one = read_advisories(json.dumps(first, indent=1).encode(), json.dumps(second).encode())
    array = read_advisories(json.dumps([second, first]).encode())
    lines = read_advisories(f"{json.dumps(first)}\n\n{json.dumps(second)}\n".encode())
    assert one == array == lines
    assert len(scan(one, package("pkg:pypi/flask@1")).findings) == 2


@pytest.mark.parametrize("content", [b"not json", b"", b'{"id": "A-1"', b'{"id": "A-1"}\n{"id": '])
def test_a_file_that_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        read_advisories(content)


def test_an_advisory_is_no_evidence_about_an_image() -> None:
    content = json.dumps(record("PYSEC-1", FLASK)).encode()
    assert read(content, "application/json").facts == (Listed(("PYSEC-1",)),)


# Laws

EVENTS = st.lists(
    st.builds(
        lambda kind, n: {kind: str(n)},
        st.sampled_from(["introduced", "fixed", "last_affected"]),
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=5,
)


@given(EVENTS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(events: list[dict[str, str]], version: int, random: Any) -> None:
    assert affects(str(version), *random.sample(events, len(events))) == affects(str(version), *events)


@given(EVENTS, st.integers(1, 9))
def test_events_are_evaluated_as_the_schema_says(events: list[dict[str, str]], version: int) -> None:
    hit = False
    for at, _, kind in sorted(
        (int(at), kind == "introduced", kind) for event in events for kind, at in event.items()
    ):
        if kind == "introduced" and version >= at:
            hit = True
        elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
            hit = False
    assert bool(affects(str(version), *events)) is hit
