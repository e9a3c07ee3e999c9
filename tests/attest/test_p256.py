"""ECDSA over P-256: what the library signs verifies here, and whatever differs in one bit does not."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from pratique.attest.p256 import verify, verify_bytes

PRIVATE = generate_private_key(SECP256R1())
POINT = PRIVATE.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
OTHER = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def signed(message: bytes, algorithm: HashAlgorithm | None = None) -> bytes:
    return PRIVATE.sign(message, ECDSA(algorithm or SHA256()))


@given(st.binary(max_size=200))
def test_what_was_signed_verifies_in_every_spelling(message: bytes) -> None:
    signature = signed(message)
    r, s = decode_dss_signature(signature)
    verify_bytes(POINT, signature, message)
    verify_bytes(POINT, r.to_bytes(32) + s.to_bytes(32), message)
    verify(POINT, r, s, message)


@given(st.binary(min_size=1, max_size=50), st.data())
def test_one_other_bit_of_the_message_does_not_verify(message: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(message) - 1))
    other = (int.from_bytes(message) ^ (1 << bit)).to_bytes(len(message))
    with pytest.raises(InvalidSignature):
        verify_bytes(POINT, signed(message), other)


@given(st.integers(0, 8 * 64 - 1))
def test_one_other_bit_of_the_signature_does_not_verify(bit: int) -> None:
    r, s = decode_dss_signature(signed(b"message"))
    other = (int.from_bytes(r.to_bytes(32) + s.to_bytes(32)) ^ (1 << bit)).to_bytes(64)
    with pytest.raises(InvalidSignature):
        verify_bytes(POINT, other, b"message")


def test_another_key_does_not_verify() -> None:
    with pytest.raises(InvalidSignature):
        verify_bytes(OTHER, signed(b"message"), b"message")


@pytest.mark.parametrize("algorithm", [SHA384(), SHA512()], ids=lambda algorithm: str(algorithm.name))
def test_a_signature_over_another_hash_does_not_verify(algorithm: HashAlgorithm) -> None:
    with pytest.raises(InvalidSignature):
        verify_bytes(POINT, signed(b"message", algorithm), b"message")


def test_a_signature_of_zeros_does_not_verify() -> None:
    for r, s in ((0, 0), (0, 1), (1, 0)):
        with pytest.raises(InvalidSignature):
            verify(POINT, r, s, b"message")
