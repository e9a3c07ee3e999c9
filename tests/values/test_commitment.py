"""Salted commitments: what they hide, who can open them."""

import contextlib
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.values.commitment import Opening, commit
from pratique.values.digest import Digest

SALT = bytes(range(32))
values = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"))
salts = st.binary(min_size=32, max_size=32)
names = st.from_regex(r"[a-z][a-z0-9._-]{0,10}", fullmatch=True)
openings = st.builds(Opening, names, values | st.lists(values, max_size=2), salts)


def test_the_parts_are_joined_as_written_down() -> None:
    joined = b"pratique/commit/v1" + b"\0" + b"comment" + b"\0" + SALT + b'"looks good"'
    assert commit("comment", "looks good", SALT) == Digest(hashlib.sha256(joined).hexdigest())


@given(openings)
def test_an_opening_opens_its_own_commitment_and_is_read_back(opening: Opening) -> None:
    opening.check(opening.commitment)
    assert Opening.parse(opening.build()) == opening


@given(openings, openings)
def test_an_opening_opens_no_other_commitment(one: Opening, other: Opening) -> None:
    if one != other:
        with pytest.raises(Unverified, match="does not belong"):
            one.check(other.commitment)


def test_the_same_text_under_another_salt_looks_different() -> None:
    assert commit("comment", "yes", SALT) != commit("comment", "yes", SALT[::-1])


def test_a_commitment_fits_one_field_only() -> None:
    with pytest.raises(Unverified):
        Opening("reason", "yes", SALT).check(commit("comment", "yes", SALT))


def test_the_salt_is_not_printed() -> None:
    assert "salt" not in repr(Opening("comment", "yes", SALT))


@pytest.mark.parametrize(
    "document",
    [
        {"field": "comment", "salt": SALT.hex()},
        {"field": "comment", "salt": SALT.hex(), "value": 1, "more": 2},
        {"field": "comment", "salt": SALT.hex()[2:], "value": 1},
        {"field": "comment", "salt": SALT.hex().upper(), "value": 1},
        {"field": "com\0ment", "salt": SALT.hex(), "value": 1},
        {"field": 5, "salt": SALT.hex(), "value": 1},
        {"field": "comment", "salt": None, "value": 1},
        [],
    ],
)
def test_another_document_is_no_opening(document: Any) -> None:
    with pytest.raises(Malformed, match="opening"):
        Opening.parse(json.dumps(document).encode())


@given(st.binary(max_size=60))
def test_nothing_but_malformed_escapes_the_reader(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        Opening.parse(content)


def test_a_short_salt_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        commit("comment", "yes", b"short")
