"""Package URLs: canonical, and in agreement with the reference implementation."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL
from tests.evidence.files import expected

from pratique.evidence.purl import package_of, parse_purl


def canonical(text: str) -> str | None:
    purl = parse_purl(text)
    return purl.canonical if purl else None


@pytest.mark.parametrize(
    ("text", "canonical_form"),
    [
        ("pkg:deb/debian/bash@5.2.15-2+b2?arch=amd64", "pkg:deb/debian/bash@5.2.15-2%2Bb2"),
        ("pkg:deb/debian/bsdutils@1%3A2.38", "pkg:deb/debian/bsdutils@1:2.38"),
        ("pkg:npm/%40angular/core@17.0.0", "pkg:npm/%40angular/core@17.0.0"),
        ("pkg:npm/@angular/core@17.0.0#src", "pkg:npm/%40angular/core@17.0.0"),
        ("pkg:npm/@angular/core", "pkg:npm/%40angular/core"),
        ("PKG:PyPI/Zope.Interface_x@1.0", "pkg:pypi/zope.interface-x@1.0"),
        ("pkg:golang/github.com/BurntSushi/toml@v0.3.1", "pkg:golang/github.com/burntsushi/toml@v0.3.1"),
        ("pkg:maven/org.Apache/Commons@1?type=jar", "pkg:maven/org.Apache/Commons@1"),
        ("pkg://npm//lodash@4", "pkg:npm/lodash@4"),
        ("pkg:oci/shop@sha256%3AAB", "pkg:oci/shop@sha256:ab"),
        ("pkg:npm/a%", "pkg:npm/a%25"),
        ("pkg:npm/a@", "pkg:npm/a"),
    ],
)
def test_the_canonical_form_has_no_qualifiers_and_the_letter_case_of_its_type(
    text: str, canonical_form: str
) -> None:
    assert canonical(text) == canonical_form


@pytest.mark.parametrize("text", ["", "pkg:", "pkg:npm", "pkg:npm/", "pkg:/x", "pkg:1x/y", "npm/x", "pkg:npm/%20"])
def test_what_is_no_package_url_is_none(text: str) -> None:
    assert parse_purl(text) is None


def test_qualifiers_are_decoded() -> None:
    purl = parse_purl("pkg:deb/debian/bash@5?upstream=a%404&distro=debian-12&empty=")
    assert purl is not None
    assert purl.qualifiers == {"upstream": "a@4", "distro": "debian-12"}


def test_the_package_stays_the_same_over_versions() -> None:
    assert package_of("pkg:npm/%40a/b@1?x=y") == package_of("pkg:npm/@a/b@2") == "pkg:npm/%40a/b"
    assert package_of("nonsense") == "nonsense"


def test_real_package_urls_agree_with_the_reference_implementation(corpus: Path) -> None:
    differing = [text for text in sorted(_real(corpus)) if canonical(text) != _reference(text)]
    assert not differing, f"{len(differing)} differ: {differing[:10]}"


def _real(corpus: Path) -> set[str]:
    found = set()
    for _, content, expect in expected(corpus, "cyclonedx-json"):
        waiting = [json.loads(content)] if not expect.get("json_error") else []
        while waiting:
            item = waiting.pop()
            waiting += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
            if isinstance(item, str) and item.startswith("pkg:"):
                found.add(item)
    assert len(found) > 4000
    return found


def _reference(text: str) -> str | None:
    try:
        said = PackageURL.from_string(text)
    except ValueError:
        return canonical(text)  # what it refuses, such as a strange qualifier, we may read
    if said.type in {"golang", "k8s"}:  # Go names are compared in lower case; an encoded slash stays in the name
        return canonical(text)
    return str(PackageURL(said.type, said.namespace, said.name, said.version).to_string())


NAMES = st.text(st.sampled_from("abcXYZ019-._~+@%/: é"), min_size=1, max_size=8)


@given(st.sampled_from(["npm", "pypi", "deb", "maven", "oci", "pub"]), NAMES, NAMES, NAMES)
def test_the_canonical_form_is_its_own_canonical_form(kind: str, space: str, name: str, version: str) -> None:
    once = canonical(f"pkg:{kind}/{space}/{name}@{version}")
    assert once is None or canonical(once) == once


def test_the_short_way_and_the_long_way_read_real_package_urls_alike(corpus: Path) -> None:
    # A scheme in capitals is never read the short way.
    assert not [text for text in _real(corpus) if parse_purl(text) != parse_purl(f"PKG:{text[4:]}")]


@given(
    st.sampled_from(["npm", "deb", "maven", "oci", "pypi"]),
    st.sampled_from(["", "a/", "%40a/", "a%2Fb/"]),
    NAMES,
    NAMES,
)
def test_both_ways_read_any_package_url_alike(kind: str, space: str, name: str, version: str) -> None:
    text = f"{kind}/{space}{name}@{version}?distro=x"
    assert parse_purl(f"pkg:{text}") == parse_purl(f"PKG:{text}")
