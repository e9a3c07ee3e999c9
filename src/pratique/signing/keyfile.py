"""Service keys as PEM files: PKCS #8, unencrypted, mode 0600, below the workspace's ``keys/``.

No person's private key is ever here: people sign with ``ssh-keygen``.
"""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from pratique.attest.dsse import Signature, build_envelope, pae
from pratique.attest.keys import PublicKey, parse_pem
from pratique.errors import Absent, Conflict, Malformed

_PRIVATE = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class Algorithm(StrEnum):
    """What a service key can be."""

    ECDSA_P256 = "ecdsa-p256"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class ServiceKey:
    """A private key that was read from a file; its text form shows the public half only."""

    public: PublicKey
    _private: _PRIVATE

    def __repr__(self) -> str:
        return f"ServiceKey({self.public.key_id})"

    @property
    def ed25519_public(self) -> bytes:
        """The 32 raw bytes of an Ed25519 public key, as ledger notes need them; ``Malformed`` for another kind."""
        match self._private:
            case ed25519.Ed25519PrivateKey() as key:
                return key.public_key().public_bytes_raw()
            case _:
                raise Malformed(f"service key {self.public.key_id}: the ledger needs an Ed25519 key")

    def sign(self, message: bytes) -> bytes:
        """Return a signature: 64 raw bytes for Ed25519, DER for ECDSA P-256 with SHA-256."""
        match self._private:
            case ed25519.Ed25519PrivateKey() as key:
                return key.sign(message)
            case ec.EllipticCurvePrivateKey() as key:
                return key.sign(message, ec.ECDSA(hashes.SHA256()))

    def envelope(self, payload_type: str, payload: bytes) -> bytes:
        """Return a DSSE envelope over the payload with this key's one signature."""
        signature = Signature(keyid=self.public.key_id, sig=self.sign(pae(payload_type, payload)))
        return build_envelope(payload, payload_type, (signature,))


def create_key(path: Path, algorithm: Algorithm) -> ServiceKey:
    """Make a new key file that only its owner can read.

    Raises:
        Conflict: There is a file already; keys are never overwritten.
    """
    key: _PRIVATE
    match algorithm:
        case Algorithm.ED25519:
            key = ed25519.Ed25519PrivateKey.generate()
        case Algorithm.ECDSA_P256:
            key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} exists; a key is never overwritten, move it away first") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(descriptor)
    return read_key(path)


def read_key(path: Path) -> ServiceKey:
    """Read a key file.

    Raises:
        Absent: There is no such file.
        Malformed: It is no unencrypted PKCS #8 key of a known kind.
    """
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise Absent(f"service key {path}: cannot be read: {error.strerror}") from error
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise Malformed(f"service key {path}: expected an unencrypted PKCS #8 PEM: {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise Malformed(f"service key {path}: expected ECDSA P-256 or Ed25519, found {type(key).__name__}")
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return ServiceKey(parse_pem(public.decode()), key)
