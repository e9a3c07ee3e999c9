"""Versions are ordered as their ecosystem orders them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.evidence.versions import MAX_LENGTH, Scheme, earlier, parse_version

_DATA = "version-vectors/aboutcode-org__univers/tests/data"


@pytest.mark.parametrize(
    ("scheme", "versions"),
    [
        (Scheme.PYPI, ["1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1!0.1"]),
        (Scheme.SEMVER, ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"]),
        (Scheme.GO, ["v0.0.0-20190101000000-abcdefabcdef", "v0.1.0", "go1.21.1", "1.22.0"]),
        (Scheme.DEBIAN, ["1.0~rc1-1", "1.0-1", "1.0-1+deb12u1", "1.0-2", "1:0.1-1"]),
        (Scheme.RPM, ["1.0~rc1-1.el9", "1.0-1.el9", "1.0-2.el9", "1:0.1-1.el9"]),
        (Scheme.ALPINE, ["1.1_alpha1", "1.1", "1.1-r1", "1.1-r10", "1.2"]),
        (Scheme.MAVEN, ["1.0-alpha-1", "1.0-SNAPSHOT", "1.0", "1.0-sp", "1.0.1"]),
        (Scheme.RUBYGEMS, ["1.0.a.2", "1.0.b1", "1.0", "1.0.0.1"]),
        (Scheme.NUGET, ["1.0.0-beta", "1.0.0", "1.0.0.1"]),
    ],
)
def test_known_orders(scheme: Scheme, versions: list[str]) -> None:
    for place, one in enumerate(versions):
        assert [earlier(scheme, one, other) for other in versions] == [place < at for at in range(len(versions))]


def test_incompatible_says_nothing_about_the_order_of_go_versions() -> None:
    assert earlier(Scheme.GO, "v2.0.0+incompatible", "v2.0.0") is False
    assert earlier(Scheme.GO, "v2.0.0", "v2.0.0+incompatible") is False


@pytest.mark.parametrize("text", ["", " ", "not a version", "9" * (MAX_LENGTH + 1), "١٢"])
def test_what_is_no_python_version_cannot_be_compared(text: str) -> None:
    assert parse_version(Scheme.PYPI, text) is None
    assert earlier(Scheme.PYPI, text, "1.0") is None
    assert earlier(Scheme.PYPI, "1.0", text) is None


@given(
    st.sampled_from(Scheme), st.text(max_size=30), st.text(st.sampled_from("0123456789.-_~+:abrcvV"), max_size=30)
)
def test_no_text_raises_in_any_scheme(scheme: Scheme, one: str, other: str) -> None:
    assert earlier(scheme, one, other) in {True, False, None}
    assert earlier(scheme, other, other) in {False, None}


def test_alpine_vectors(corpus: Path) -> None:
    wrong = []
    lines = (corpus / _DATA / "alpine_test.txt").read_text().splitlines()
    for one, sign, other in (line.split() for line in lines if len(line.split()) == 3):
        found = (earlier(Scheme.ALPINE, one, other), earlier(Scheme.ALPINE, other, one))
        # A version that nobody understands is reported as not compared, never ordered wrongly.
        if None not in found and found != (sign == "<", sign == ">"):
            wrong.append((one, sign, other))
    assert len(lines) > 500
    assert not wrong, f"{len(wrong)} of {len(lines)}: {wrong[:10]}"


@pytest.mark.parametrize(
    ("file", "scheme"),
    [("maven", Scheme.MAVEN), ("nuget", Scheme.NUGET), ("alpm", Scheme.ARCH)],
)
def test_published_vectors(corpus: Path, file: str, scheme: Scheme) -> None:
    wrong = []
    vectors = json.loads((corpus / _DATA / "schema" / f"{file}_version_cmp.json").read_bytes())
    for vector in vectors:
        (one, other), output = vector["input"]["versions"], vector["expected_output"]
        found = (earlier(scheme, one, other), earlier(scheme, other, one))
        if vector["test_type"] == "equality":
            right = (found == (False, False)) is output
        else:
            right = not earlier(scheme, output[1], output[0])
        if not right:
            wrong.append((one, other, output, found))
    assert len(vectors) > 20
    assert not wrong, f"{len(wrong)} of {len(vectors)}: {wrong[:10]}"
