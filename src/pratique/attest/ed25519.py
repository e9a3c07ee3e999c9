"""Ed25519 signatures.

Source: RFC 8032. A key of small order, for which anybody can make signatures, is refused when it is read: whoever
enrolled one could later deny every signature.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pratique.errors import Malformed

KEY_BYTES = 32
SIGNATURE_BYTES = 64

_PRIME = 2**255 - 19
_SIGN_BIT = 1 << 255
_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
# The y-coordinates of the eight points whose order divides 8, the two that fit unreduced included.
_SMALL_ORDER = {0, 1, _PRIME - 1, _PRIME, _PRIME + 1, _ORDER_8, _PRIME - _ORDER_8}


def check_key(raw: bytes) -> None:
    """Return if these bytes can be somebody's key, or raise ``Malformed``."""
    if len(raw) != KEY_BYTES:
        raise Malformed(f"Ed25519 key: expected {KEY_BYTES} bytes, found {len(raw)}")
    if int.from_bytes(raw, "little") & ~_SIGN_BIT in _SMALL_ORDER:
        raise Malformed("Ed25519 key: expected a point of large order, found a weak one; make a new key")


def verify(raw: bytes, signature: bytes, message: bytes) -> None:
    """Return if the signature over the message holds; raise cryptography's ``InvalidSignature`` if not."""
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
