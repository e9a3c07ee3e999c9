"""``.tlog-proof`` files: one known file, both ways, and all its broken forms.

Vector: our own, from fixed seeds, over the eight leaves of the certificate-transparency reference tests; its note
was accepted by golang.org/x/mod/sumdb/note.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Malformed, Unverified
from pratique.tlog.policy import parse_policy, verify_checkpoint
from pratique.tlog.proof_file import ProofFile, parse_proof_file, verify_proof_file
from pratique.tlog.tree import leaf_hash

CHECKPOINT = (
    "example.com/pratique-test\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    "\n"
    "— example.com/pratique-test "
    "bC0fuJgXC9pmrBVF8GmZErir24he2ervJBFDUisH1swzM9lYW4HfrVRx+hEEqJHZ91hVx6BRQSqZSBLHPnBAg/MtbgM=\n"
    "— witness.example/w1 "
    "IDJKvgAAAABlU/EAsTIOiRYOzGzF5s2jF/PycbQ/Kz9ayIJBAAhohIbz1HlV7/S45Bmdrx1QeRzUFX4L356CDf7jNK9dsRQ1ubiCAg==\n"
)
KNOWN = (
    "c2sp.org/tlog-proof@v1\n"
    "index 5\n"
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=\n"
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=\n"
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=\n"
    "\n"
) + CHECKPOINT
WITH_EXTRA = KNOWN.replace("index", "extra aGVsbG8=\nindex")
LEAF = leaf_hash(bytes.fromhex("40414243"))
POLICY = parse_policy(
    "log example.com/pratique-test+6c2d1fb8+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n"
    "witness w1 witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X\n"
    "quorum w1\n"
)


def test_the_known_file_is_read_verified_and_written_alike() -> None:
    proof = parse_proof_file(KNOWN.encode())
    assert (proof.index, len(proof.hashes), proof.checkpoint.decode(), proof.extra) == (5, 3, CHECKPOINT, b"")
    assert proof.render().decode() == KNOWN
    verified = verify_proof_file(proof, LEAF, POLICY)
    assert verified == verify_checkpoint(CHECKPOINT.encode(), POLICY)
    assert [(found.witness.name, found.at) for found in verified.cosignatures] == [("w1", 1_700_000_000)]


def test_extra_data_travels_along() -> None:
    proof = parse_proof_file(WITH_EXTRA.encode())
    assert proof.extra == b"hello"
    assert proof.render().decode() == WITH_EXTRA
    verify_proof_file(proof, LEAF, POLICY)


@given(
    st.builds(
        ProofFile,
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        st.just(CHECKPOINT.encode()),
        st.binary(max_size=100),
    )
)
def test_every_proof_file_is_read_back(proof: ProofFile) -> None:
    assert parse_proof_file(proof.render()) == proof


@given(st.integers(0, len(KNOWN.encode()) * 8 - 1))
def test_one_flipped_bit_anywhere_refuses_a_proof_file(bit: int) -> None:
    changed = bytearray(KNOWN.encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((Malformed, Unverified)):
        verify_proof_file(parse_proof_file(bytes(changed)), LEAF, POLICY)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        KNOWN[:-1],
        KNOWN + "\n",
        "\n" + KNOWN,
        KNOWN.replace("@v1", "@v2"),
        KNOWN.replace("@v1\n", "@v1 \n"),
        KNOWN.replace("c2sp.org/tlog-proof@v1\n", ""),
        KNOWN.replace("\n", "\r\n"),
        KNOWN.replace("index 5\n", ""),
        KNOWN.replace("index 5", "index 05"),
        KNOWN.replace("index 5", "index -5"),
        KNOWN.replace("index 5", "index  5"),
        KNOWN.replace("index 5", "index 9223372036854775808"),
        KNOWN.replace("index 5", "index 5\nextra aGVsbG8="),
        KNOWN.replace("index 5\n", "index 5\n\n"),
        KNOWN.replace("WFLc=\n\n", "WFLc=\n"),
        KNOWN.replace("WFLc=\n\n", "WFLc=\n\n\n"),
        KNOWN.replace("WFLc=", "WFLd="),
        KNOWN.replace("WFLc=", "WFLc"),
        KNOWN.replace("WFLc=\n", "WFLc=\nWFI=\n"),
        KNOWN.replace("WFLc=\n", "WFLc=\né\n"),
        KNOWN.replace("WFLc=\n", "WFLc=\n" * 62),
        KNOWN.replace("\n8\n", "\n08\n"),
        WITH_EXTRA.replace("aGVsbG8=", ""),
        WITH_EXTRA.replace("aGVsbG8=", "aGVsbG8"),
        WITH_EXTRA.replace("aGVsbG8=", "aGVsbG8=\nextra aGVsbG8="),
        KNOWN.replace(CHECKPOINT, ""),
        KNOWN.replace(CHECKPOINT, "words\n\n— key.example YWJjZGVm\n"),
        "#" * (4 * 1024 * 1024 + 1),
    ],
)
def test_anything_else_is_no_proof_file(content: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_proof_file(content.encode())
    assert "\n" not in str(caught.value)


def test_another_leaf_place_or_proof_does_not_verify() -> None:
    proof = parse_proof_file(KNOWN.encode())
    one, *rest = proof.hashes
    for other in [
        ProofFile(4, proof.hashes, proof.checkpoint),
        ProofFile(8, proof.hashes, proof.checkpoint),
        ProofFile(5, tuple(rest), proof.checkpoint),
        ProofFile(5, (*rest, one), proof.checkpoint),
        ProofFile(5, (), proof.checkpoint),
    ]:
        with pytest.raises(Unverified, match="inclusion"):
            verify_proof_file(other, LEAF, POLICY)
    with pytest.raises(Unverified, match="inclusion"):
        verify_proof_file(proof, leaf_hash(b""), POLICY)


def test_a_proof_without_the_witness_that_the_policy_wants_does_not_verify() -> None:
    unwitnessed = KNOWN[: KNOWN.rindex("— ")]
    with pytest.raises(Unverified, match="quorum 'w1'"):
        verify_proof_file(parse_proof_file(unwitnessed.encode()), LEAF, POLICY)


def test_an_index_or_a_hash_that_could_not_be_written_is_refused() -> None:
    for index, hashes in [(-1, ()), (2**63, ()), (0, (b"",)), (0, (bytes(32),) * 64)]:
        with pytest.raises(Malformed):
            ProofFile(index, hashes, CHECKPOINT.encode())
