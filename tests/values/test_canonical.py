"""Canonical JSON: one spelling, whoever writes it."""

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.values.canonical import MAX_SAFE_INTEGER, canonical, parse_json

LEAVES = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | st.text()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30)


@given(VALUES)
def test_our_quick_writer_spells_everything_as_the_reference_does(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_was_written_is_read_back(value: Any) -> None:
    assert parse_json(canonical(value), "value") == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"risk": 1.5}, "found the float 1.5"),
        ([[float("nan")]], "found the float nan"),
        ({"n": MAX_SAFE_INTEGER + 1}, "expected an integer within"),
        ([-MAX_SAFE_INTEGER - 1], "expected an integer within"),
        ({1: "one"}, "canonical JSON"),
        ({"x": b"bytes"}, "canonical JSON"),
        ("\ud800", "canonical JSON"),
    ],
)
def test_what_has_no_canonical_form_is_refused(value: Any, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        canonical(value)


def test_keys_beyond_the_first_plane_sort_by_utf_16() -> None:
    # U+10000 is written D800 DC00 in UTF-16, and so comes before U+E000 (RFC 8785 section 3.2.3).
    assert canonical({"\ue000": 1, "\U00010000": 2}) == '{"\U00010000":2,"\ue000":1}'.encode()


def test_enums_and_tuples_are_written_as_what_they_are() -> None:
    assert canonical({"b": (1, True), "a": None}) == b'{"a":null,"b":[1,true]}'
