"""A proof document is read strictly, and has one spelling."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import PR, PROD, digest
from tests.proof.builders import approved_story

from pratique.errors import Malformed
from pratique.proof import document
from pratique.proof.document import Growth, Kind, Logged, Proof, build_proof, parse_proof
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple)
BODIES = st.binary(max_size=20)
SIZES = st.integers(0, 2**53 - 1)
PROOFS = st.builds(
    Proof,
    kind=st.sampled_from(Kind),
    promotion=st.just(PR),
    image=BODIES.map(Digest.of),
    environment=st.just(PROD),
    checkpoint=st.text(st.characters(codec="utf-8"), max_size=40).map(str.encode),
    entries=st.lists(st.builds(Logged, SIZES, BODIES, HASHES), max_size=3).map(tuple),
    objects=st.sets(BODIES, max_size=3).map(lambda bodies: tuple(sorted((Digest.of(one), one) for one in bodies))),
    growths=st.lists(st.builds(Growth, st.integers(0, 2**53 - 1), BODIES.map(Digest.of), HASHES), max_size=3).map(
        tuple
    ),
)


@given(PROOFS)
def test_what_is_written_is_read_back(proof: Proof) -> None:
    assert parse_proof(build_proof(proof)) == proof


@given(st.binary(max_size=200))
def test_bytes_are_a_proof_or_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_proof(content)


def without(name: str) -> bytes:
    found = json.loads(approved_story().clearance())
    del found[name]
    return canonical(found)


def with_(**changes: Any) -> bytes:
    return canonical({**json.loads(approved_story().clearance()), **changes})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (without("checkpoint"), "proof: expected the key 'checkpoint', found none"),
        (with_(more=1), "proof: unexpected 'more'"),
        (with_(kind="waiver"), r"proof\.kind: expected one of clearance, promotion"),
        (with_(mediaType="application/json"), r"proof\.mediaType: expected application/vnd\.pratique\.proof"),
        (with_(promotion="rv_01m86e81e0my9qps5rsajry0vj"), "expected pr_ and 26 letters"),
        (with_(image="sha512:00"), r"proof\.image: digest: .*sha256"),
        (with_(objects={"00": ""}), "digest: expected 64 lower-case hexadecimal digits"),
        (
            with_(objects={digest("other").hex: "AA=="}),
            r"proof\.objects: the bytes named sha256:\w+ have the digest",
        ),
        (with_(objects={digest("other").hex: "AA"}), "expected padded base64|expected canonical base64"),
        (with_(entries=[{"index": 0, "event": "AA==", "inclusion": ["AA=="]}]), "a hash of 32 bytes, found 1"),
        (with_(entries=[{"index": -1, "event": "", "inclusion": []}]), "expected a whole number of 0 or more"),
        (with_(consistency=[{"size": 1, "root": str(digest("x"))}]), "expected the key 'proof'"),
    ],
)
def test_what_breaks_the_form_is_named(content: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_proof(content)


def test_a_proof_of_too_many_entries_is_refused() -> None:
    entry = {"index": 0, "event": "", "inclusion": []}
    with pytest.raises(
        Malformed, match=f"expected at most {document.MAX_ENTRIES}, found {document.MAX_ENTRIES + 1}"
    ):
        parse_proof(with_(entries=[entry] * (document.MAX_ENTRIES + 1)))
