"""DSSE envelopes: read as they are, written in one way."""

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.dsse import (
    IN_TOTO,
    MAX_SIGNATURES,
    Extension,
    Signature,
    build_envelope,
    pae,
    parse_base64,
    parse_envelope,
    render_base64,
)
from pratique.errors import Malformed

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
extensions = st.builds(Extension, texts, st.dictionaries(texts, texts, max_size=2))
signatures = st.lists(st.builds(Signature, st.binary(max_size=80), texts, st.none() | extensions), max_size=3)


def document(**changes: Any) -> bytes:
    whole = {"payload": "aGk=", "payloadType": IN_TOTO, "signatures": [{"sig": "AAAA"}]} | changes
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def test_the_published_example_of_the_signed_bytes() -> None:
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_are_counted_in_bytes_not_in_letters() -> None:
    assert pae("ä", b"") == b"DSSEv1 2 \xc3\xa4 0 "


@given(texts, st.binary(max_size=20), texts, st.binary(max_size=20))
def test_two_envelopes_never_share_their_signed_bytes(a: str, one: bytes, b: str, two: bytes) -> None:
    assert (pae(a, one) == pae(b, two)) == ((a, one) == (b, two))


@given(st.binary(max_size=100), texts.filter(bool), signatures)
def test_what_was_built_is_read_back(payload: bytes, kind: str, signed: list[Signature]) -> None:
    content = build_envelope(payload, kind, tuple(signed))
    read = parse_envelope(content)
    assert (read.payload, read.payload_type, read.signatures) == (payload, kind, tuple(signed))
    assert build_envelope(read.payload, read.payload_type, read.signatures) == content == read.content


def test_unknown_fields_are_ignored_and_their_bytes_kept() -> None:
    content = document(colour="blue", signatures=[{"sig": "AAAA", "cert": "x"}])
    read = parse_envelope(content)
    assert read.signatures == (Signature(b"\0\0\0"),)
    assert read.content == content


def test_a_missing_keyid_is_an_empty_one() -> None:
    assert parse_envelope(document(signatures=[{"sig": "", "keyid": None}])).signatures == (Signature(b"", ""),)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"[]", "object"),
        (b"{", "strict JSON"),
        (document(payload=...), "payload"),
        (document(payload=5), "envelope.payload"),
        (document(payloadType=""), "envelope.payloadType"),
        (document(payloadType=...), "payloadType"),
        (document(signatures={}), "envelope.signatures"),
        (document(signatures=["x"]), "envelope.signatures[0]"),
        (document(signatures=[{}]), "sig"),
        (document(signatures=[{"sig": "AAAA", "keyid": 1}]), "envelope.signatures[0].keyid"),
        (document(signatures=[{"sig": "AAAA", "extension": {"ext": {}}}]), "kind"),
        (document(signatures=[{"sig": "AAAA"}] * (MAX_SIGNATURES + 1)), "at most"),
        (b'{"payload":"","payload":"","payloadType":"a","signatures":[]}', "duplicate key"),
        (document(payloadType="\ud800"), "strict JSON"),
    ],
)
def test_a_broken_envelope_names_what_is_wrong(content: bytes, named: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_envelope(content)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=40))
def test_every_spelling_of_base64_reads_the_same(content: bytes) -> None:
    for text in (base64.b64encode(content).decode(), base64.urlsafe_b64encode(content).decode()):
        assert parse_base64(text) == parse_base64(text.rstrip("=")) == content


@pytest.mark.parametrize("text", ["A", "AA=", "AB==", "AAAA=", "AA==AA==", "+_AA", " AAAA", "AAAA\n", "ä", "===="])
def test_other_base64_is_malformed(text: str) -> None:
    with pytest.raises(Malformed, match="base64"):
        parse_base64(text)


@given(st.binary(min_size=1, max_size=20), st.data())
def test_a_changed_letter_changes_the_bytes_or_is_refused(content: bytes, data: st.DataObject) -> None:
    text = render_base64(content)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from("ABCDwxyz0189+/=")) + text[at + 1 :]
    try:
        assert (parse_base64(changed) == content) == (changed == text)
    except Malformed:
        assert changed != text


names = st.sampled_from(["payload", "payloadType", "signatures", "sig", "keyid", "extension", "ext", "kind"])
documents = st.recursive(
    st.none() | st.integers() | texts | st.just("aGk="),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner),
)


@given(st.binary(max_size=200) | documents.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_malformed_escapes_the_reader(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_envelope(content)


def test_every_envelope_of_the_corpus_is_read(corpus: Path) -> None:
    found = 0
    for path in sorted((corpus / "slsa-provenance").rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            if b'"payloadType"' in line and line.startswith(b'{"payload'):
                parse_envelope(line)
                found += 1
    assert found > 20
