"""ECDSA over P-256 with SHA-256: the one curve we accept.

Source: SEC 1 section 2.3.3 (points), FIPS 186-5 section 6.4.2. Points are uncompressed: a key has one form.
"""

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from pratique.errors import Malformed

POINT_BYTES = 65
SCALAR_BYTES = 32


def check_point(point: bytes) -> None:
    """Return if these bytes are an uncompressed point on the curve, or raise ``Malformed``."""
    if len(point) != POINT_BYTES or point[0] != 4:
        raise Malformed(f"P-256 key: expected an uncompressed point of {POINT_BYTES} bytes, found {len(point)}")
    try:
        _key(point)
    except ValueError as error:
        raise Malformed("P-256 key: the point is not on the curve") from error


def verify(point: bytes, r: int, s: int, message: bytes) -> None:
    """Return if the signature (r, s) over the message holds; raise cryptography's ``InvalidSignature`` if not."""
    _verify_der(point, encode_dss_signature(r, s), message)


def verify_bytes(point: bytes, signature: bytes, message: bytes) -> None:
    """Return if the signature over the message holds; raise cryptography's ``InvalidSignature`` if not.

    A signature is DER, or exactly 64 bytes of r and s as in the example of DSSE's protocol.md, which Google's
    summaries use too. A DER signature this short would need six leading zero bytes, so no signer meets one.
    """
    if len(signature) == 2 * SCALAR_BYTES:
        r, s = int.from_bytes(signature[:SCALAR_BYTES]), int.from_bytes(signature[SCALAR_BYTES:])
        return verify(point, r, s, message)
    return _verify_der(point, signature, message)


def _verify_der(point: bytes, signature: bytes, message: bytes) -> None:
    _key(point).verify(signature, message, _EcdsaSha256())


class _EcdsaSha256(ECDSA):
    """ECDSA with SHA-256, for verifying only.

    The constructor of ``ECDSA`` loads every algorithm that OpenSSL has, a quarter of a bare start, to learn whether
    it can *sign* deterministically. Verifying asks for nothing but the type and the hash.
    """

    def __init__(self) -> None:
        """Ask OpenSSL nothing."""

    @property
    def algorithm(self) -> SHA256:
        """What is signed is the SHA-256 of the message."""
        return SHA256()


def _key(point: bytes) -> EllipticCurvePublicKey:
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
