"""Public keys as the directory lists them: OpenSSH keys of people, P-256 and Ed25519 keys of services.

Source: RFC 5480 and RFC 8410 for SubjectPublicKeyInfo. Both have one DER form for the keys we accept (named curve,
uncompressed point), so a fixed prefix reads them; whatever deviates is refused, and a key has one ``key_id``.
"""

import base64
import hashlib
import re
from typing import assert_never

from cryptography.exceptions import InvalidSignature

from pratique.attest import ed25519, p256
from pratique.attest.dsse import parse_base64
from pratique.attest.keykind import KeyKind
from pratique.attest.sshkey import SshKey, parse_ssh_key
from pratique.errors import Malformed, Unverified
from pratique.values.dataclass import dataclass

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END PUBLIC KEY-----\n?")
# AlgorithmIdentifier {id-ecPublicKey, secp256r1}, then BIT STRING of 65 bytes (RFC 5480 section 2.1.1).
_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
# AlgorithmIdentifier {id-Ed25519}, then BIT STRING of 32 bytes (RFC 8410 section 4).
_ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True, slots=True)
class SpkiKey:
    """A service's key in DER; made by :func:`parse_pem`.

    It signs bytes as they are: ECDSA with SHA-256, or Ed25519.
    """

    kind: KeyKind
    der: bytes

    @property
    def key_id(self) -> str:
        """Base64 of the SHA-256 of the DER: the hint that Sigstore bundles use."""
        return base64.b64encode(hashlib.sha256(self.der).digest()).decode()

    @property
    def text(self) -> str:
        """The key in PEM."""
        body = base64.b64encode(self.der).decode()
        lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if this key signed the message.

        Raises:
            Unverified: It did not.
        """
        try:
            if self.kind is KeyKind.ECDSA_P256:
                p256.verify_bytes(self.der[len(_P256_PREFIX) :], signature, message)
            else:
                ed25519.verify(self.der[len(_ED25519_PREFIX) :], signature, message)
        except InvalidSignature as error:
            raise Unverified(f"signature: the key {self.key_id} did not sign these bytes") from error


PublicKey = SpkiKey | SshKey
"""A key of the directory. Each has a ``kind``, a ``key_id`` and a ``text`` that :func:`parse_key` reads back."""


def parse_key(kind: KeyKind, text: str) -> PublicKey:
    """Read a key that is said to be of this kind.

    Raises:
        Malformed: It is of another kind, weak, or no key.
    """
    match kind:
        case KeyKind.SSH:
            return parse_ssh_key(text)
        case KeyKind.ECDSA_P256 | KeyKind.ED25519:
            key = parse_pem(text)
            if key.kind is not kind:
                raise Malformed(f"key: expected {kind}, found {key.kind}")
            return key
        case _:
            assert_never(kind)


def parse_pem(text: str) -> SpkiKey:
    """Read a public key in PEM.

    Raises:
        Malformed: Another algorithm, curve or encoding; a private key is refused without a look inside.
    """
    found = _PEM.fullmatch(text.replace("\r\n", "\n").strip() + "\n")
    if not found:
        raise Malformed("key: expected one PEM block 'BEGIN PUBLIC KEY' and nothing else")
    der = parse_base64(found[1].replace("\n", ""))
    if der.startswith(_P256_PREFIX):
        p256.check_point(der[len(_P256_PREFIX) :])
        return SpkiKey(KeyKind.ECDSA_P256, der)
    if der.startswith(_ED25519_PREFIX):
        ed25519.check_key(der[len(_ED25519_PREFIX) :])
        return SpkiKey(KeyKind.ED25519, der)
    raise Malformed("key: expected ECDSA P-256 (uncompressed) or Ed25519, found another algorithm")
