"""Patterns: what stars stand for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.policy.pattern import Pattern, any_matches


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a", "a"),
        ("*", ""),
        ("*", "abc"),
        ("a/*", "a/b"),
        ("a/*/c", "a/b/c"),
        ("**", "a/b/c"),
        ("a**", "a/b"),
        ("a/**/d", "a/b/c/d"),
        ("git+https://git.example/shop/*", "git+https://git.example/shop/api"),
        ("docker.io/library/debian:12*", "docker.io/library/debian:12.5-slim"),
    ],
)
def test_a_star_stands_for_text_in_a_segment_and_two_for_any_text(pattern: str, name: str) -> None:
    assert Pattern.parse(pattern).matches(name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("a", "A"),
        ("a", "ab"),
        ("*", "a/b"),
        ("a/*", "a"),
        ("a/*", "a/b/c"),
        ("git+https://git.example/shop/*", "git+https://git.example/shop/api/fork"),
        ("git+https://git.example/shop/*", "git+https://git.example/shopper/api"),
    ],
)
def test_one_star_never_crosses_a_slash_and_a_pattern_is_the_whole_name(pattern: str, name: str) -> None:
    assert not Pattern.parse(pattern).matches(name)


@pytest.mark.parametrize("text", ["", "a b", "a\n", "a***b", "x" * 513])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="pattern: expected"):
        Pattern.parse(text)


def test_without_patterns_nothing_matches() -> None:
    assert not any_matches((), "a")


@given(st.text("ab*/", min_size=1, max_size=8), st.text("ab/", max_size=8))
def test_a_pattern_means_what_the_regular_expression_means(pattern: str, name: str) -> None:
    if "***" in pattern:
        return
    parts = re.split(r"(\*\*|\*)", pattern)
    meant = "".join({"**": ".*", "*": "[^/]*"}.get(part, re.escape(part)) for part in parts)
    assert Pattern.parse(pattern).matches(name) is bool(re.fullmatch(meant, name, re.DOTALL))


def test_a_long_hostile_name_is_answered_at_once() -> None:
    assert not Pattern.parse("*a" * 40 + "b").matches("a" * 5000)
