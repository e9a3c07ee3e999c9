"""The tree against published roots, and the frontier against the definition.

Vectors: the eight leaves of the certificate-transparency reference tests (Apache-2.0); roots over 8-byte counters
computed for this project and, for 70,000 leaves, by golang.org/x/mod/sumdb/tlog (BSD-3-Clause) as well.
"""

from hashlib import sha256
from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed
from pratique.tlog.tree import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of

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
CT_LEAF_HASHES = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
)
CT_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
COUNTER_ROOTS = {
    1: "3e7077fd2f66d689e0cee6a7cf5b37bf2dca7c979af356d0a31cbc5c85605c7d",
    2: "a7d91894b61fbf46378d88e3e1b1f7aef39532c504b484bd31551d15e0a09dff",
    3: "9b4965f8b220ba42f7039ad0781c966cf90bb1aea15a80586d634b322ab1f4ce",
    255: "bb3b9743e08118ea583ae77df04a1449a0601cde6f75146d79c2cab6366ce210",
    256: "15e2dd4973ae44de8c8cf3048fd98d17adaaea6287f4e0606a55a643617408c0",
    257: "d418c0873259bce7d0561ab004486112416c1c4490865415342bfe06e673146c",
    511: "ef22c6a8301db392501febfa56e97580671b9bed4e1aa9fa195a2c7d907a82f9",
    512: "3adf8fb25fc5a1fef35934e788cdacf7d39d6b613f801fe624c97fde2d159fae",
    513: "1da4b32f0590868b064498657231f588d49d925bc9a0473cbed276f0ef32befd",
    1000: "c89faf3395d034a77c12c76d636db96358d6d2839c3c68f6329a07231e82fce2",
    65535: "e7321cd57abf36c522d89e6d26bd9098a37b6a8b06b318976269e701f6d4802d",
    65536: "bc9bca909516d5bf148c2bf2dea0a0d9f717ce4987d2fe7504d6694363b41598",
    65537: "a901bb447a4b4c361cdf559658f27f24a8a3ebbc49257c472efe950932d4853a",
    70000: "0759167a0f98e35e802d46ff7c7d29d2c3f03a63a256deb6abbff357a91b63b1",
    100000: "b2819d8ce504d9f5b8752e4059664f0401fa0ee944d7e2be66cbc6e37548751c",
    1000000: "8ed0805dba1b06ac61a0a2fd76302bbdff69af7305fe8dd16e1dd05ce3ea3295",
}

hashes = st.binary(min_size=32, max_size=32)


def counters(first: int, size: int) -> list[bytes]:
    return [leaf_hash(number.to_bytes(8)) for number in range(first, size)]


def merkle_tree_hash(leaves: list[bytes]) -> bytes:
    """Return MTH as RFC 6962 section 2.1 defines it, by recursion."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(merkle_tree_hash(leaves[:half]), merkle_tree_hash(leaves[half:]))


def test_the_eight_leaves_hash_as_published() -> None:
    assert tuple(leaf.hex() for leaf in CT_LEAVES) == CT_LEAF_HASHES


def test_the_roots_over_the_eight_leaves_are_those_published() -> None:
    assert tuple(root_of(CT_LEAVES[: size + 1]).hex() for size in range(8)) == CT_ROOTS


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_of([]) == Frontier().root() == EMPTY_ROOT


def test_growing_to_a_hundred_thousand_leaves_passes_every_known_root() -> None:
    frontier, found = Frontier(), dict[int, str]()
    for before, size in pairwise((0, *(size for size in COUNTER_ROOTS if size <= 100_000))):
        frontier = frontier.extend(counters(before, size))
        found[size] = frontier.root().hex()
    assert found == {size: root for size, root in COUNTER_ROOTS.items() if size <= 100_000}


@pytest.mark.soak
def test_a_million_leaves_have_the_known_root() -> None:
    assert root_of(counters(0, 1_000_000)).hex() == COUNTER_ROOTS[1_000_000]


@given(st.lists(hashes, max_size=70))
def test_the_frontier_knows_the_root_that_the_definition_gives(leaves: list[bytes]) -> None:
    assert root_of(leaves) == merkle_tree_hash(leaves)


@given(st.lists(st.lists(hashes, max_size=9), max_size=9))
def test_how_the_leaves_are_grouped_changes_nothing(groups: list[list[bytes]]) -> None:
    one_by_one = by_group = Frontier()
    for group in groups:
        by_group = by_group.extend(group)
        for leaf in group:
            one_by_one = one_by_one.append(leaf)
    assert one_by_one == by_group == Frontier().extend(chain(*groups))


@given(st.lists(hashes, max_size=70))
def test_a_stored_frontier_comes_back_as_it_was(leaves: list[bytes]) -> None:
    frontier = Frontier().extend(leaves)
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@given(st.binary(max_size=200))
def test_bytes_are_a_frontier_or_malformed(content: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(content)
    except Malformed:
        return
    assert frontier.to_bytes() == content


@given(st.integers(1, 70), st.integers(0, 69))
def test_a_frontier_whose_size_does_not_fit_its_hashes_is_refused(size: int, other: int) -> None:
    stored = Frontier().extend([EMPTY_ROOT] * size).to_bytes()
    if size.bit_count() == other.bit_count():
        return
    with pytest.raises(Malformed, match="perfect subtrees"):
        Frontier.from_bytes(other.to_bytes(8) + stored[8:])


@pytest.mark.parametrize("leaf", [b"", bytes(31), bytes(33)])
def test_a_leaf_hash_of_another_length_is_refused(leaf: bytes) -> None:
    with pytest.raises(Malformed, match="32 bytes"):
        Frontier().append(leaf)
    with pytest.raises(Malformed, match="32 bytes"):
        Frontier().extend([leaf, leaf])
    with pytest.raises(Malformed, match="32 bytes"):
        Frontier(1, (leaf,))


def test_a_size_that_no_tree_has_is_refused() -> None:
    with pytest.raises(Malformed, match="2\\^63-1"):
        Frontier(-1, ())
    with pytest.raises(Malformed, match="2\\^63-1"):
        Frontier(2**63, (EMPTY_ROOT,))
