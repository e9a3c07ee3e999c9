"""in-toto statements: subjects by SHA-256, everything else kept as it is."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.dsse import parse_envelope
from pratique.attest.statement import (
    MAX_DIGESTS,
    MAX_SUBJECTS,
    V0_1,
    V1,
    Subject,
    build_statement,
    parse_statement,
)
from pratique.errors import Malformed
from pratique.values.digest import Digest

A, B = Digest("a" * 64), Digest("b" * 64)
texts = st.text(st.characters(codec="utf-8"), max_size=20)
digests = st.from_regex(r"[0-9a-f]{64}", fullmatch=True).map(Digest)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def document(**changes: Any) -> bytes:
    whole = {"_type": V1, "subject": [{"digest": {"sha256": A.hex}}], "predicateType": "urn:x", "predicate": {}}
    return json.dumps({key: value for key, value in (whole | changes).items() if value is not ...}).encode()


@given(st.lists(st.builds(Subject, digests, texts), max_size=4), texts, st.dictionaries(texts, plain, max_size=3))
def test_what_was_built_is_read_back(subjects: list[Subject], kind: str, predicate: dict[str, Any]) -> None:
    content = build_statement(tuple(subjects), kind, predicate)
    read = parse_statement(content)
    assert (list(read.subjects), read.predicate_type, read.predicate) == (subjects, kind, predicate)
    assert read.content == content == build_statement(read.subjects, read.predicate_type, read.predicate)


def test_a_statement_is_about_its_subjects_only() -> None:
    read = parse_statement(build_statement((Subject(A),), "urn:x", {}))
    assert read.about(A)
    assert not read.about(B)


@pytest.mark.parametrize("version", [V1, V0_1])
def test_both_versions_are_read(version: str) -> None:
    assert parse_statement(document(_type=version)).about(A)


def test_unknown_fields_survive() -> None:
    content = document(extra=1, predicate={"unknown": [1.5]})
    read = parse_statement(content)
    assert read.content == content
    assert read.predicate == {"unknown": [1.5]}


@pytest.mark.parametrize(
    "subject", [{"digest": {"sha512": "f" * 128}}, {"name": "x"}, {"uri": "x", "digest": None}, {"digest": {}}]
)
def test_a_subject_without_a_sha256_names_nothing(subject: dict[str, Any]) -> None:
    read = parse_statement(document(subject=[subject, {"name": "api", "digest": {"sha256": B.hex}}]))
    assert read.subjects == (Subject(B, "api"),)


@pytest.mark.parametrize("predicate", [..., None, {}])
def test_a_predicate_may_be_absent(predicate: Any) -> None:
    assert parse_statement(document(predicate=predicate)).predicate == {}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"[]", "statement"),
        (document(_type="https://in-toto.io/StatementA/v0.1"), "statement._type"),
        (document(_type=...), "_type"),
        (document(subject=...), "subject"),
        (document(subject={}), "statement.subject"),
        (document(subject=[{"digest": "sha256:aa"}]), "statement.subject[0].digest"),
        (document(subject=[{"digest": {"sha256": "AA" * 32}}]), "statement.subject[0].digest.sha256"),
        (document(subject=[{"digest": {"sha256": 5}}]), "statement.subject[0].digest.sha256"),
        (document(subject=[{"digest": {"sha256": A.hex}}] * (MAX_SUBJECTS + 1)), "statement.subject"),
        (document(subject=[{"digest": {str(n): "" for n in range(MAX_DIGESTS + 1)}}]), "digest"),
        (document(predicateType=...), "predicateType"),
        (document(predicate=[]), "statement.predicate"),
    ],
)
def test_a_broken_statement_names_what_is_wrong(content: bytes, named: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_statement(content)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.binary(max_size=100) | plain.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_malformed_escapes_the_reader(content: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse_statement(content)


def test_the_statements_of_other_tools_are_read(corpus: Path) -> None:
    found = 0
    for path in sorted((corpus / "slsa-provenance").rglob("*.jsonl")):
        for line in path.read_bytes().splitlines():
            if line.startswith(b'{"payload') and "mismatch" not in path.name:
                assert parse_statement(parse_envelope(line).payload).predicate_type.startswith("https://slsa.dev/")
                found += 1
    assert found > 20
