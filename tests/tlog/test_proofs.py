"""Inclusion and consistency: known proofs, every small tree, and everything that must not verify.

Vectors: proofs over the eight leaves of the certificate-transparency reference tests (Apache-2.0); proofs over
70,000 counters computed for this project; the conversation with a witness of filippo.io/litewitness (ISC).
"""

from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Absent, Unverified
from pratique.tlog.proofs import (
    nodes_of,
    prove_consistency,
    prove_inclusion,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from pratique.tlog.tree import EMPTY_ROOT, leaf_hash, node_hash, root_of

CT_LEAVES = [
    leaf_hash(bytes.fromhex(entry))
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_NODES = nodes_of(CT_LEAVES)
NAMED = {
    "leaf0": "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "leaf1": "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "leaf2": "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "leaf3": "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "leaf4": "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "leaf6": "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "2..4": "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "4..6": "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "6..8": "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "4..8": "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    "4..7": "837dbb152e9b079010717e84e865da4ebc0fa198a806d59d31bf15accef22d0e",
    "root2": "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "root4": "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
}

NUMBERED = [leaf_hash(number.to_bytes(2)) for number in range(300)]
NODES = nodes_of(NUMBERED)
sizes = st.integers(1, 300)


def named(names: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(NAMED[name]) for name in names.split())


def flip(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8 % len(content)] ^= 1 << bit % 8
    return bytes(changed)


def spoiled(proof: tuple[bytes, ...], extra: bytes) -> Iterator[tuple[bytes, ...]]:
    """Yield the proof with something removed, added, exchanged or cut."""
    for at in range(len(proof)):
        yield proof[:at] + proof[at + 1 :]
        yield (*proof[:at], proof[at][:31], *proof[at + 1 :])
        yield (*proof[:at], b"", *proof[at + 1 :])
        yield (*proof[:at], *proof[at:][1::-1], *proof[at + 2 :])
    for at in range(len(proof) + 1):
        yield (*proof[:at], extra, *proof[at:])
    yield (extra,) * len(proof)
    yield ()


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (0, 8, "leaf1 2..4 4..8"),
        (5, 8, "leaf4 6..8 root4"),
        (2, 3, "root2"),
        (1, 5, "leaf0 2..4 leaf4"),
        (0, 1, ""),
        (6, 7, "4..6 root4"),
        (4, 5, "root4"),
    ],
)
def test_inclusion_proofs_are_those_published(index: int, size: int, proof: str) -> None:
    assert prove_inclusion(index, size, CT_NODES) == named(proof)
    verify_inclusion(CT_LEAVES[index], index, size, named(proof), root_of(CT_LEAVES[:size]))


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [
        (1, 8, "leaf1 2..4 4..8"),
        (6, 8, "4..6 6..8 root4"),
        (2, 5, "2..4 leaf4"),
        (6, 7, "4..6 leaf6 root4"),
        (3, 7, "leaf2 leaf3 root2 4..7"),
        (4, 7, "4..7"),
        (1, 2, "leaf1"),
    ],
)
def test_consistency_proofs_are_those_published(old: int, new: int, proof: str) -> None:
    assert prove_consistency(old, new, CT_NODES) == named(proof)
    verify_consistency(old, root_of(CT_LEAVES[:old]), new, root_of(CT_LEAVES[:new]), named(proof))


def test_proofs_in_a_tree_of_70_000_are_those_known() -> None:
    nodes = nodes_of([leaf_hash(number.to_bytes(8)) for number in range(70_000)])
    found = {
        "65535": prove_inclusion(65_535, 70_000, nodes),
        "69999": prove_inclusion(69_999, 70_000, nodes),
        "65537..": prove_consistency(65_537, 70_000, nodes),
        "65536..": prove_consistency(65_536, 70_000, nodes),
    }
    assert {name: (len(proof), sha256(b"".join(proof)).hexdigest()) for name, proof in found.items()} == {
        "65535": (17, "9b692a1d1a85ec4b4213d5c46957a0309f1ca197fab85f2be0138c4f76e37627"),
        "69999": (9, "7f9c65572e20afe764f069f98880d24a8ee38adbb14ad219f1dcc15e58be2d75"),
        "65537..": (15, "33b6c157ffdff5f39f33b7c49db9b374d2e253b11982375e9a58b2559ae94d57"),
        "65536..": (1, "79c1f3f480560b9111a81c45078c77f763be29fdb398e5337de7aa97f3ce972b"),
    }


def test_the_trees_that_a_witness_was_asked_about_are_consistent() -> None:
    one = b64decode("KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    three = b64decode("RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=")
    five = b64decode("QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=")
    to_three = [bytes([0x2A, number]) + bytes(30) for number in (1, 2)]
    to_five = [
        bytes([0x2A, 2]) + bytes(30),
        bytes([0x2A, 3]) + bytes(30),
        b64decode("wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE="),
        bytes([0x2A, 4]) + bytes(30),
    ]
    verify_consistency(1, one, 3, three, to_three)
    verify_consistency(3, three, 5, five, to_five)
    with pytest.raises(Unverified, match="new root"):
        verify_consistency(1, one, 3, three, [to_three[0], flip(to_three[1], 0)])
    with pytest.raises(Unverified, match="proof of 2 hashes"):
        verify_consistency(1, one, 3, three, [])


@given(sizes, st.data())
def test_every_entry_of_every_tree_can_be_proved(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index, size, NODES)
    verify_inclusion(NUMBERED[index], index, size, proof, root_of(NUMBERED[:size]))


@given(sizes, st.data())
def test_every_tree_grows_consistently_from_every_smaller_one(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    proof = prove_consistency(old, new, NODES)
    verify_consistency(old, root_of(NUMBERED[:old]), new, root_of(NUMBERED[:new]), proof)


@given(st.integers(0, 300))
def test_a_node_source_knows_every_earlier_root(size: int) -> None:
    assert root_at(size, NODES) == root_of(NUMBERED[:size])


@given(sizes, st.data())
def test_one_flipped_bit_anywhere_refuses_an_inclusion(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    parts = [NUMBERED[index], root_of(NUMBERED[:size]), *prove_inclusion(index, size, NODES)]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flip(parts[at], data.draw(st.integers(0, 255)))
    leaf, root, *proof = parts
    with pytest.raises(Unverified):
        verify_inclusion(leaf, index, size, proof, root)


@given(sizes, st.data())
def test_one_flipped_bit_anywhere_refuses_a_consistency(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    parts = [root_of(NUMBERED[:old]), root_of(NUMBERED[:new]), *prove_consistency(old, new, NODES)]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flip(parts[at], data.draw(st.integers(0, 255)))
    old_root, new_root, *proof = parts
    with pytest.raises(Unverified):
        verify_consistency(old, old_root, new, new_root, proof)


@given(st.integers(2, 300), st.data())
def test_an_inclusion_holds_for_its_own_place_and_proof_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, root, proof = NUMBERED[index], root_of(NUMBERED[:size]), prove_inclusion(index, size, NODES)
    elsewhere = [(index - 1, size), (index + 1, size), (index ^ 2, size), (index, size * 2), (index, size // 2)]
    for other_index, other_size in elsewhere:
        with pytest.raises(Unverified):
            verify_inclusion(leaf, other_index, other_size, proof, root)
    for other in spoiled(proof, root):
        if other != proof:
            with pytest.raises(Unverified):
                verify_inclusion(leaf, index, size, other, root)
    for other_leaf, other_root in [(root, root), (leaf, leaf), (b"", root), (leaf, b""), (leaf, EMPTY_ROOT)]:
        with pytest.raises(Unverified):
            verify_inclusion(other_leaf, index, size, proof, other_root)


@given(st.integers(2, 300), st.data())
def test_a_consistency_holds_for_its_own_trees_and_proof_only(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    old_root, new_root = root_of(NUMBERED[:old]), root_of(NUMBERED[:new])
    proof = prove_consistency(old, new, NODES)
    for other_old, other_new in [(old - 1, new), (old + 1, new), (old ^ 2, new), (old, new * 2), (old, new // 2)]:
        with pytest.raises(Unverified):
            verify_consistency(other_old, old_root, other_new, new_root, proof)
    for other in spoiled(proof, old_root):
        if other != proof:
            with pytest.raises(Unverified):
                verify_consistency(old, old_root, new, new_root, other)
    for first, second in [(new_root, old_root), (EMPTY_ROOT, new_root), (old_root, EMPTY_ROOT), (b"", new_root)]:
        with pytest.raises(Unverified):
            verify_consistency(old, first, new, second, proof)


@pytest.mark.parametrize("old", [1, 2, 4, 8, 16])
def test_a_perfect_old_tree_is_not_repeated_in_the_proof(old: int) -> None:
    old_root, new_root = root_of(NUMBERED[:old]), root_of(NUMBERED[:19])
    proof = prove_consistency(old, 19, NODES)
    assert old_root not in proof
    with pytest.raises(Unverified, match=f"proof of {len(proof)} hashes, found {len(proof) + 1}"):
        verify_consistency(old, old_root, 19, new_root, (old_root, *proof))


def test_between_equal_trees_and_from_the_empty_one_there_is_nothing_to_prove() -> None:
    root = root_of(NUMBERED[:5])
    verify_consistency(5, root, 5, root, ())
    verify_consistency(0, EMPTY_ROOT, 5, root, ())
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())
    for old, old_root, new_root, proof in [
        (5, root, root, (root,)),
        (5, root, NUMBERED[0], ()),
        (0, EMPTY_ROOT, root, (root,)),
        (0, root, root, ()),
    ]:
        with pytest.raises(Unverified):
            verify_consistency(old, old_root, 5, new_root, proof)
    with pytest.raises(Unverified, match="empty tree"):
        verify_consistency(0, root, 0, root, ())


def test_a_log_that_shrank_is_not_consistent() -> None:
    with pytest.raises(Unverified, match="never shrinks"):
        verify_consistency(5, root_of(NUMBERED[:5]), 4, root_of(NUMBERED[:4]), ())


def test_what_a_tree_does_not_hold_cannot_be_proved() -> None:
    for index, size in [(5, 5), (-1, 5), (0, 0)]:
        with pytest.raises(Absent):
            prove_inclusion(index, size, NODES)
    for old, new in [(6, 5), (-1, 5)]:
        with pytest.raises(Absent):
            prove_consistency(old, new, NODES)


def test_moving_a_byte_between_two_hashes_does_not_verify() -> None:
    left, right = NUMBERED[:2]
    for leaf, sibling in [(left[31:] + right, left[:31]), (right[1:], left + right[:1])]:
        with pytest.raises(Unverified, match="32 bytes"):
            verify_inclusion(leaf, 1, 2, (sibling,), root_of((left, right)))


def test_a_tree_beyond_2_to_the_63_is_refused_even_with_a_proof_that_fits() -> None:
    proof, root = [EMPTY_ROOT] * 63, NUMBERED[0]
    for sibling in proof:
        root = node_hash(root, sibling)
    verify_inclusion(NUMBERED[0], 0, 2**63 - 1, proof, root)
    with pytest.raises(Unverified, match="no such tree"):
        verify_inclusion(NUMBERED[0], 0, 2**63, proof, root)
    with pytest.raises(Unverified, match="never shrinks"):
        verify_consistency(1, NUMBERED[0], 2**63, root, proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (0, -1), (0, 2**63), (2**80, 2**81)])
def test_an_index_outside_the_tree_is_refused_before_anything_is_hashed(index: int, size: int) -> None:
    with pytest.raises(Unverified):
        verify_inclusion(NUMBERED[0], index, size, (), NUMBERED[0])
