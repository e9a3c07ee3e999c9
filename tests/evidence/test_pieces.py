"""A file of several attestations is several pieces, each with the bytes that stand there."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evidence.statements import IMAGE, OTHER, envelope, statement

from pratique.errors import Malformed
from pratique.evidence.attestation import MAX_PARTS
from pratique.evidence.facts.build import Provenance
from pratique.evidence.facts.claims import Attributes, RuntimeReport, Verdict
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.suites import Suites
from pratique.evidence.model import Facts, Parse
from pratique.evidence.pieces import pieces_of
from pratique.evidence.read import read

BUNDLE = {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": {"publicKey": {}}}


def bundle(kind: str = "https://shop.example/weather/v1", image: str = IMAGE.hex) -> dict[str, Any]:
    return {**BUNDLE, "dsseEnvelope": envelope(statement(kind, {}, {"sha256": image}), "c2ln")}


def listed(*bundles: Any) -> dict[str, Any]:
    return {"attestations": [{"predicateType": "x", "bundle": one} for one in bundles]}


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6)
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    )


@given(
    st.lists(st.dictionaries(st.text(max_size=5), json_values(), max_size=4), min_size=1, max_size=4),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
    st.dictionaries(st.text(max_size=5).filter(lambda name: name != "attestations"), json_values(), max_size=2),
)
def test_each_bundle_of_a_list_is_cut_out_as_it_stands_there(
    bundles: list[Any], indent: Any, ascii_only: bool, beside: dict[str, Any]
) -> None:
    content = json.dumps({**beside, **listed(*bundles)}, indent=indent, ensure_ascii=ascii_only)
    pieces = pieces_of(f" \n{content}\r\n".encode())
    assert [json.loads(piece) for piece in pieces] == bundles
    assert all(piece.decode() in content for piece in pieces)


def test_each_line_of_a_file_of_bundles_is_a_piece_whatever_its_type_and_subject() -> None:
    lines = [json.dumps(bundle("https://a.example/v1")), json.dumps(bundle("https://b.example/v1", OTHER.hex))]
    pieces = pieces_of("\n".join(["", *lines, ""]).encode())
    assert [piece.decode() for piece in pieces] == lines
    assert [read(piece, "").about for piece in pieces] == [(IMAGE,), (OTHER,)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        json.dumps(bundle()).encode(),
        json.dumps(bundle(), indent=1).encode(),
        json.dumps({"attestations": []}).encode(),
        json.dumps({"attestations": ["x"]}).encode(),
        json.dumps({"components": ["attestations"]}).encode(),
        b'{"output": "x"}\n{"output": "y"}\n',
    ],
)
def test_any_other_file_is_one_document(content: bytes) -> None:
    assert pieces_of(content) == ()


def test_a_list_that_is_cut_off_is_refused() -> None:
    with pytest.raises(Malformed, match="cut off"):
        pieces_of(b'{"attestations": [{"bundle": {}}')


def test_a_list_whose_bundles_are_elsewhere_is_told_and_has_no_pieces() -> None:
    content = json.dumps(listed(bundle(), None)).encode()
    with pytest.raises(Malformed, match="entry 2 has no bundle"):
        pieces_of(content)
    reading = read(content, "")
    assert (reading.format, reading.parse) == ("attestation-list", Parse.PARTIAL)
    assert reading.reasons == ("attestations: 1 of 2 have no bundle in the list",)


def test_a_list_by_itself_says_nothing_about_an_image() -> None:
    reading = read(json.dumps(listed(bundle())).encode(), "")
    assert (reading.about, reading.subjects, reading.wrapping) == ((), (), None)
    assert reading.facts == (Opaque("a list of 1 attestations, each of which is a piece of its own"),)


def test_more_attestations_than_one_file_may_hold_are_refused() -> None:
    with pytest.raises(Malformed, match="add fewer at once"):
        pieces_of(json.dumps(listed(*[bundle()] * (MAX_PARTS + 1))).encode())


BARE: tuple[tuple[dict[str, Any], type[Facts]], ...] = (
    (
        {
            "buildDefinition": {"buildType": "x", "externalParameters": {}},
            "runDetails": {"builder": {"id": "https://ci.example"}},
        },
        Provenance,
    ),
    (
        {"builder": {"id": "https://ci.example"}, "buildType": "x", "materials": [{"uri": "git+https://a"}]},
        Provenance,
    ),
    ({"scanner": {"uri": "x", "result": []}, "metadata": {}}, Scan),
    ({"verifier": {"id": "x"}, "verificationResult": "PASSED"}, Verdict),
    ({"verifier": {"id": "x"}, "properties": ["SOURCE_REVIEWED"]}, Verdict),
    ({"result": "PASSED", "configuration": [{"name": "unit"}], "passedTests": ["a"]}, Suites),
    ({"monitor": {"type": "x"}, "monitorLog": {"network": [{}]}}, RuntimeReport),
    ({"attributes": [{"attribute": "HARDENED"}]}, Attributes),
)


@pytest.mark.parametrize(("value", "kind"), BARE, ids=[kind.__name__ for _, kind in BARE])
def test_a_predicate_without_its_statement_is_read_and_bound_to_nothing(
    value: dict[str, Any], kind: type[Facts]
) -> None:
    reading = read(json.dumps(value).encode(), "")
    assert [type(fact) for fact in reading.facts] == [kind]
    assert reading.reasons[0] == "a predicate without its statement: it names no image, and nobody signed it"
    assert (reading.about, reading.predicate_type, reading.wrapping) == ((), None, None)


@pytest.mark.parametrize(
    "value",
    [
        {"builder": "x", "buildType": 1},
        {"buildDefinition": [], "runDetails": {}},
        {"attributes": []},
        {"attributes": [{"name": "x"}]},
        {"attributes": {"attribute": "x"}},
    ],
)
def test_what_breaks_the_rules_of_a_predicate_is_kept_as_it_is(value: dict[str, Any]) -> None:
    assert [type(fact) for fact in read(json.dumps(value).encode(), "").facts] == [Opaque]
