"""The evidence of a judgement has one root, whatever the order in which it was found."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import digest

from pratique.errors import Malformed
from pratique.evidence.model import Origin, Piece
from pratique.promotion.evidence_set import build_list, list_pieces, parse_list, root_of_evidence
from pratique.tlog.tree import EMPTY_ROOT, leaf_hash, node_hash
from pratique.values.canonical import canonical


def piece(word: str, subject: str = "image", origin: Origin = Origin.UPLOAD) -> Piece:
    return Piece(digest(word), "application/json", len(word), digest(subject), origin, word.encode())


PIECES = st.lists(
    st.builds(piece, st.sampled_from("abcd"), st.sampled_from(["image", "arm64"]), st.sampled_from(list(Origin)))
)


@given(PIECES, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_root(pieces: list[Piece], random: object) -> None:
    listed = list_pieces(pieces)
    assert list_pieces(reversed([*pieces, *pieces])) == listed
    assert len({(one.digest, one.subject) for one in listed}) == len(listed)


@given(PIECES)
def test_the_list_is_read_back_as_it_was_built(pieces: list[Piece]) -> None:
    listed = list_pieces(pieces)
    assert parse_list(build_list(listed)) == listed


@given(PIECES.filter(bool))
def test_one_piece_less_is_another_root(pieces: list[Piece]) -> None:
    listed = list_pieces(pieces)
    assert root_of_evidence(listed) != root_of_evidence(listed[1:])


def test_where_a_piece_was_found_does_not_change_the_root() -> None:
    here, there = (root_of_evidence(list_pieces([piece("a", origin=origin)])) for origin in list(Origin)[:2])
    assert here == there


def test_the_root_is_that_of_a_merkle_tree_over_canonical_leaves() -> None:
    listed = list_pieces([piece("a"), piece("b")])
    leaves = [
        leaf_hash(
            canonical(
                {
                    "digest": str(one.digest),
                    "mediaType": "application/json",
                    "size": 1,
                    "subject": str(one.subject),
                }
            )
        )
        for one in listed
    ]
    assert root_of_evidence(listed).hex == node_hash(*leaves).hex()
    assert root_of_evidence(()).hex == EMPTY_ROOT.hex()


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"[{}]", b"["])
def test_another_document_is_no_list(content: bytes) -> None:
    with pytest.raises(Malformed):
        parse_list(content)


def test_a_list_out_of_order_is_refused() -> None:
    listed = list_pieces([piece("a"), piece("b")])
    with pytest.raises(Malformed, match="in order"):
        parse_list(build_list(tuple(reversed(listed))))
    with pytest.raises(Malformed, match="in order"):
        parse_list(build_list((listed[0], replace(listed[0], size=9))))
