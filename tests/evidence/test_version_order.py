"""A version's key stands where its ecosystem's rules put the version, or there is none."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pratique.evidence.version_order import key
from pratique.evidence.versions import Scheme, earlier

BEGINNINGS = ("0", "1", "1.0", "1.0.0", "1.2", "1.10.0", "2", "10", "v1.0.0")
PIECES = (
    *("0", "1", "2", "10", "01", "00", ".", ".", "-", "-", "_", "+", "~", "^", ":", "!", "v", "Z", "é", "٣", " "),
    *(
        "a",
        "b",
        "m",
        "p",
        "rc",
        "alpha",
        "beta",
        "pre",
        "sp",
        "final",
        "ga",
        "cr",
        "snapshot",
        "foo",
        "jre",
        "dev",
    ),
    *("post", "_p", "_alpha", "_rc1", "-r1", "-1", "-beta.2", "+build.7"),
)


def versions() -> st.SearchStrategy[str]:
    """Return texts that many schemes take for versions, close enough to each other to be told apart late."""
    tails = st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
    return st.tuples(st.sampled_from(BEGINNINGS), tails).map("".join)


ORDERED = [scheme for scheme in Scheme if scheme is not Scheme.ARCH]


@pytest.mark.parametrize("scheme", ORDERED)
@settings(max_examples=25)
@given(row=st.lists(versions(), min_size=2, max_size=12, unique=True))
def test_keys_are_ordered_as_the_versions_are(scheme: Scheme, row: list[str]) -> None:
    placed = [(version, place) for version in row if (place := key(scheme, version)) is not None]
    for (one, left), (other, right) in permutations(placed, 2):
        assert earlier(scheme, one, other) is (left < right), (one, other)
        assert (left == right) is (not left < right and not right < left)


@pytest.mark.parametrize(
    ("scheme", "texts"),
    [
        (Scheme.PYPI, ["1.0", "1.0rc1", "1!2.0.post1", "2.0+local.1"]),
        (Scheme.SEMVER, ["1", "1.0.0", "1.0.0-alpha.1", "1.2.3.4", "1.0.0+build"]),
        (Scheme.GO, ["v1.0.0", "v0.0.0-20190101000000-abcdefabcdef", "go1.21"]),
        (Scheme.DEBIAN, ["1.0-1", "2:4.13.1-0ubuntu0.16.04.1.1~", "1.0~rc1+dfsg-1"]),
        (Scheme.RPM, ["1.0-1.el9", "1:0.1^git1-1", "1.0~rc1-2"]),
        (Scheme.ALPINE, ["1.1_alpha1-r0", "1.1.1w-r3", "2024.1"]),
        (Scheme.MAVEN, ["1.0", "31.1-jre", "2.0-beta-2", "1.0-rc1", "1.0-20130101"]),
        (Scheme.RUBYGEMS, ["1.0", "5.0.0.1", "1.0.0.pre.1", "1.0-java"]),
        (Scheme.NUGET, ["1.0.0.1", "2.0.0-beta.2", "1.0"]),
        (Scheme.COMPOSER, ["v1.0.0", "2.0.0-beta1"]),
    ],
)
def test_versions_of_the_usual_forms_have_a_place(scheme: Scheme, texts: list[str]) -> None:
    assert [text for text in texts if key(scheme, text) is None] == []


@pytest.mark.parametrize(
    ("scheme", "text"),
    [
        (Scheme.MAVEN, "1.sp"),
        (Scheme.MAVEN, "1.0.alpha"),
        (Scheme.MAVEN, "1.0-ga-1"),
        (Scheme.ALPINE, "1.02"),
        (Scheme.PYPI, "not a version"),
        (Scheme.DEBIAN, "1.٣"),
        (Scheme.ARCH, "1.0-1"),
    ],
)
def test_what_is_not_in_one_order_with_all_others_has_none(scheme: Scheme, text: str) -> None:
    assert key(scheme, text) is None


def test_mavens_rules_are_no_order() -> None:
    for one, other in (("1", "1.sp"), ("1.sp", "1.0.alpha"), ("1.0.alpha", "1")):
        assert earlier(Scheme.MAVEN, one, other)
