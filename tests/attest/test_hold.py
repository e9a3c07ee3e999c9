"""Statements of one person's word that stop something: read back as built, and nothing else is read as one."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.hold import HOLD_FORM, Act, Hold, Scope
from pratique.attest.recall import RECALL_FORM, Recall
from pratique.attest.word import Word
from pratique.errors import Malformed
from pratique.values.canonical import canonical
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PROD = Environment("prod")
IMAGE = Digest.of(b"image")
WORD = Word(Actor("person:bea"), Digest.of(b"words"), Digest.of(b"directory"), NOW, "ab" * 16)
SCOPES = st.sampled_from([Scope(IMAGE, None, None), Scope(IMAGE, None, PROD), Scope(None, "shop", PROD)])
RECALL = Recall(IMAGE, "shop", "web", PROD, WORD)


def hold(scope: Scope, act: Act = Act.PLACE) -> Hold:
    return Hold(build_id(Kind.HOLD, NOW, bytes(10)), act, scope, WORD)


@given(SCOPES, st.sampled_from(Act))
def test_a_hold_is_read_back_as_it_was_built(scope: Scope, act: Act) -> None:
    assert HOLD_FORM.parse(HOLD_FORM.build(hold(scope, act))) == hold(scope, act)


def test_a_recall_is_read_back_as_it_was_built() -> None:
    assert RECALL_FORM.parse(RECALL_FORM.build(RECALL)) == RECALL


@pytest.mark.parametrize(
    ("image", "application", "environment"),
    [(None, None, None), (None, "shop", None), (None, None, PROD), (IMAGE, "shop", PROD)],
)
def test_a_scope_is_an_image_or_an_environment_of_an_application(
    image: Digest | None, application: str | None, environment: Environment | None
) -> None:
    with pytest.raises(Malformed, match=r"hold\.scope: expected an image"):
        Scope(image, application, environment)


def test_a_hold_that_names_the_digest_of_another_scope_is_refused() -> None:
    payload = json.loads(HOLD_FORM.build(hold(Scope(IMAGE, None, None))))
    payload["predicate"]["scope"]["environment"] = "prod"
    with pytest.raises(Malformed, match="the digest of its scope"):
        HOLD_FORM.parse(canonical(payload))


@given(st.integers(0, 900), st.integers(0, 255))
def test_whatever_byte_is_changed_nothing_but_a_malformed_or_another_hold_comes_out(at: int, byte: int) -> None:
    content = bytearray(HOLD_FORM.build(hold(Scope(IMAGE, None, PROD))))
    content[at % len(content)] = byte
    with suppress(Malformed):
        assert HOLD_FORM.build(HOLD_FORM.parse(bytes(content))) == bytes(content)


def test_two_words_of_one_person_are_two_statements() -> None:
    one = hold(Scope(IMAGE, None, PROD))
    assert HOLD_FORM.build(replace(one, word=replace(WORD, nonce="cd" * 16))) != HOLD_FORM.build(one)
