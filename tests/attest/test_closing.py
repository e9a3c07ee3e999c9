"""A person's word that looking back is done: read back as built, and nothing else is read as one."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.closing import CLOSING_FORM, Closing
from pratique.attest.word import Word
from pratique.errors import Malformed
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def closing(words: bytes = b"words") -> Closing:
    word = Word(Actor("person:dan"), Digest.of(words), Digest.of(b"directory"), NOW, "ab" * 16)
    ids = (build_id(Kind.PROMOTION, NOW, bytes(10)), build_id(Kind.REMEDIATION, NOW, bytes(10)))
    return Closing(Digest.of(b"image"), *ids, word)


@given(st.binary(max_size=8))
def test_a_closing_is_read_back_as_it_was_built(words: bytes) -> None:
    assert CLOSING_FORM.parse(CLOSING_FORM.build(closing(words))) == closing(words)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("remediation", "pr_01", "identifier: expected rm_"),
        ("by", "dan", "expected person:<slug>"),
        ("comment", "plain words", "expected an object"),
        ("nonce", "1", "expected 32 lower-case hexadecimal digits"),
        ("extra", 1, "unexpected field 'extra'"),
    ],
)
def test_a_field_that_is_wrong_is_named(field: str, value: object, message: str) -> None:
    payload = json.loads(CLOSING_FORM.build(closing()))
    payload["predicate"][field] = value
    with pytest.raises(Malformed, match=message):
        CLOSING_FORM.parse(canonical(payload))
