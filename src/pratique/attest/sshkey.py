"""OpenSSH public keys and the signatures they make.

Source: RFC 4253 section 6.6, RFC 5656, RFC 8332, RFC 8709, and OpenSSH's PROTOCOL.u2f for the keys that live in
hardware ("sk"). DSA, SHA-1, certificates, curves other than P-256 and RSA under 2048 bits are refused.
"""

import base64
import binascii
import hashlib
from enum import StrEnum
from typing import assert_never

from cryptography.exceptions import InvalidSignature

from pratique.attest import ed25519, p256
from pratique.attest.keykind import KeyKind
from pratique.attest.sshwire import Reader
from pratique.errors import Malformed, Unverified
from pratique.values.dataclass import dataclass

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 16384  # OpenSSH's own ceiling; more would only burn time
_TOUCHED, _USER_VERIFIED = 0x01, 0x04  # PROTOCOL.u2f, "flags"


class SshAlgorithm(StrEnum):
    """The key types we accept, by their names on the wire."""

    ED25519 = "ssh-ed25519"
    ECDSA = "ecdsa-sha2-nistp256"
    RSA = "ssh-rsa"
    SK_ED25519 = "sk-ssh-ed25519@openssh.com"
    SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"


_SIGNATURES = {
    SshAlgorithm.ED25519: ("ssh-ed25519",),
    SshAlgorithm.ECDSA: ("ecdsa-sha2-nistp256",),
    SshAlgorithm.RSA: ("rsa-sha2-256", "rsa-sha2-512"),  # RFC 8332; "ssh-rsa" would be SHA-1
    SshAlgorithm.SK_ED25519: ("sk-ssh-ed25519@openssh.com",),
    SshAlgorithm.SK_ECDSA: ("sk-ecdsa-sha2-nistp256@openssh.com",),
}


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a hardware key said about the moment it signed; covered by the signature.

    ``touched`` and ``user_verified`` (a PIN or a fingerprint) are the key's word; ``counter`` may stand still.
    """

    application: str
    touched: bool
    user_verified: bool
    counter: int


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key whose blob was read whole; made by the two parsers below."""

    algorithm: SshAlgorithm
    blob: bytes

    @property
    def kind(self) -> KeyKind:
        """Always ``ssh``."""
        return KeyKind.SSH

    @property
    def key_id(self) -> str:
        """``SHA256:`` and unpadded base64, as ``ssh-keygen -l`` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    @property
    def text(self) -> str:
        """The line of a ``.pub`` file without its comment, which is often a mail address."""
        return f"{self.algorithm} {base64.b64encode(self.blob).decode()}"

    def verify(self, signature: bytes, message: bytes) -> Hardware | None:
        """Return what the hardware said (None: not a hardware key) if this key signed the message.

        Args:
            signature: The signature blob of the wire: its algorithm, then its own bytes.
            message: The bytes that were signed.

        Raises:
            Malformed: The blob is none of this key's kind.
            Unverified: Another key signed, or other bytes were signed.
        """
        key, wire = Reader(self.blob, "SSH key"), Reader(signature, "SSH signature")
        key.string()  # its algorithm, already known
        named = wire.text()
        if named not in _SIGNATURES[self.algorithm]:
            expected = " or ".join(_SIGNATURES[self.algorithm])
            raise Malformed(f"SSH signature: expected the algorithm {expected}, found {named[:60]!r}")
        try:
            hardware = _verify(self.algorithm, named, key, wire, message)
        except InvalidSignature as error:
            raise Unverified(f"SSH signature: {self.key_id} did not sign these bytes") from error
        wire.end()
        return hardware


def parse_ssh_key(text: str) -> SshKey:
    """Read one line ``TYPE BASE64 [COMMENT]``; the comment is dropped.

    Raises:
        Malformed: Another type, options in front, a weak key, or bytes that are no such key.
    """
    parts = text.strip().split(None, 2)
    if len(parts) < 2 or "\n" in text.strip():
        raise Malformed("SSH key: expected one line 'TYPE BASE64 [COMMENT]' such as the content of a .pub file")
    algorithm = _algorithm(parts[0])
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"SSH key: {error}") from error
    key = parse_ssh_blob(blob)
    if key.algorithm is not algorithm or key.text.split()[1] != parts[1]:
        raise Malformed(f"SSH key: the line says {algorithm}, its base64 says {key.algorithm} or is not canonical")
    return key


def parse_ssh_blob(blob: bytes) -> SshKey:
    """Read a key from its wire format; raises as :func:`parse_ssh_key`."""
    reader = Reader(blob, "SSH key")
    algorithm = _algorithm(reader.text())
    match algorithm:
        case SshAlgorithm.ED25519:
            ed25519.check_key(reader.string())
        case SshAlgorithm.ECDSA:
            _check_p256(reader)
        case SshAlgorithm.RSA:
            _check_rsa(reader)
        case SshAlgorithm.SK_ED25519:
            ed25519.check_key(reader.string())
            reader.text()
        case SshAlgorithm.SK_ECDSA:
            _check_p256(reader)
            reader.text()
        case _:
            assert_never(algorithm)
    reader.end()
    return SshKey(algorithm, blob)


def _algorithm(name: str) -> SshAlgorithm:
    try:
        return SshAlgorithm(name)
    except ValueError as error:
        raise Malformed(f"SSH key: expected one of {', '.join(SshAlgorithm)}, found {name[:60]!r}") from error


def _check_p256(reader: Reader) -> None:
    if reader.string() != b"nistp256":
        raise Malformed("SSH key: expected the curve nistp256")
    p256.check_point(reader.string())


def _check_rsa(reader: Reader) -> None:
    exponent, modulus = reader.mpint(), reader.mpint()
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        raise Malformed(
            f"SSH key: expected RSA of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, found {modulus.bit_length()}"
        )
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > 32 or modulus % 2 == 0:
        raise Malformed("SSH key: expected an odd RSA exponent of 3 to 2^32 and an odd modulus")


def _verify(algorithm: SshAlgorithm, named: str, key: Reader, wire: Reader, message: bytes) -> Hardware | None:
    match algorithm:
        case SshAlgorithm.ED25519:
            ed25519.verify(key.string(), _ed25519(wire), message)
        case SshAlgorithm.ECDSA:
            key.string()  # the curve, checked when the key was read
            p256.verify(key.string(), *_ecdsa(wire), message)
        case SshAlgorithm.RSA:
            _verify_rsa(named, key, wire, message)
        case SshAlgorithm.SK_ED25519 | SshAlgorithm.SK_ECDSA:
            return _verify_hardware(algorithm, key, wire, message)
        case _:
            assert_never(algorithm)
    return None


def _verify_hardware(algorithm: SshAlgorithm, key: Reader, wire: Reader, message: bytes) -> Hardware:
    if algorithm is SshAlgorithm.SK_ECDSA:
        key.string()  # the curve, checked when the key was read
    point, application = key.string(), key.text()
    pair = _ecdsa(wire) if algorithm is SshAlgorithm.SK_ECDSA else None
    raw = b"" if pair else _ed25519(wire)
    flags, counter = wire.take(1), wire.take(4)
    # PROTOCOL.u2f, "SSH U2F Signatures": without extensions, which OpenSSH never asks for.
    signed = hashlib.sha256(application.encode()).digest() + flags + counter + hashlib.sha256(message).digest()
    if pair:
        p256.verify(point, *pair, signed)
    else:
        ed25519.verify(point, raw, signed)
    touched, verified = bool(flags[0] & _TOUCHED), bool(flags[0] & _USER_VERIFIED)
    return Hardware(application, touched, verified, int.from_bytes(counter))


def _verify_rsa(named: str, key: Reader, wire: Reader, message: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256, SHA512

    hashed = SHA256() if named == "rsa-sha2-256" else SHA512()
    RSAPublicNumbers(key.mpint(), key.mpint()).public_key().verify(wire.string(), message, PKCS1v15(), hashed)


def _ed25519(wire: Reader) -> bytes:
    raw = wire.string()
    if len(raw) != ed25519.SIGNATURE_BYTES:
        raise Malformed(f"SSH signature: expected {ed25519.SIGNATURE_BYTES} bytes of Ed25519, found {len(raw)}")
    return raw


def _ecdsa(wire: Reader) -> tuple[int, int]:
    inner = Reader(wire.string(), "SSH signature")
    pair = inner.mpint(), inner.mpint()
    inner.end()
    return pair
