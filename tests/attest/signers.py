"""Signers for tests: OpenSSH keys of every kind we accept, and services' keys, each able to sign."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pratique.attest.dsse import IN_TOTO, Envelope, Signature, build_envelope, pae, parse_envelope
from pratique.attest.keys import SpkiKey, parse_pem
from pratique.attest.sshkey import SshKey, parse_ssh_blob
from pratique.attest.sshsig import envelope_signature

TOUCH, VERIFIED = 1, 4


def string(content: bytes) -> bytes:
    return len(content).to_bytes(4) + content


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1))


def armour(blob: bytes) -> str:
    text = base64.b64encode(blob).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


@dataclass(frozen=True)
class SshSigner:
    """An SSH key that lives in the test; ``raw`` makes the wire signature over some bytes."""

    blob: bytes
    raw: Callable[[bytes], bytes]

    @property
    def key(self) -> SshKey:
        return parse_ssh_blob(self.blob)

    def sshsig(self, message: bytes, namespace: str, hash_name: str = "sha512", reserved: bytes = b"") -> bytes:
        """Return an SSHSIG blob without its armour."""
        digest = hashlib.new(hash_name, message).digest()
        head = [namespace.encode(), reserved, hash_name.encode()]
        signed = b"SSHSIG" + b"".join(map(string, [*head, digest]))
        return b"SSHSIG" + (1).to_bytes(4) + b"".join(map(string, [self.blob, *head, self.raw(signed)]))

    def signature(self, payload: bytes, namespace: str, payload_type: str = IN_TOTO) -> Signature:
        return envelope_signature(armour(self.sshsig(pae(payload_type, payload), namespace)))


def ssh_ed25519() -> SshSigner:
    private = ed25519.Ed25519PrivateKey.generate()
    name = string(b"ssh-ed25519")
    return SshSigner(
        name + string(private.public_key().public_bytes_raw()),
        lambda message: name + string(private.sign(message)),
    )


def ssh_ecdsa() -> SshSigner:
    private = ec.generate_private_key(ec.SECP256R1())
    name = string(b"ecdsa-sha2-nistp256")
    return SshSigner(
        name + string(b"nistp256") + string(point(private)),
        lambda message: name + string(ecdsa_pair(private, message)),
    )


def ssh_rsa(bits: int = 2048, algorithm: str = "rsa-sha2-512") -> SshSigner:
    private = rsa.generate_private_key(65537, bits)
    numbers = private.public_key().public_numbers()
    digest: hashes.HashAlgorithm = hashes.SHA512() if algorithm.endswith("512") else hashes.SHA256()
    return SshSigner(
        string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n),
        lambda message: string(algorithm.encode()) + string(private.sign(message, padding.PKCS1v15(), digest)),
    )


def sk_ed25519(flags: int = TOUCH, counter: int = 7) -> SshSigner:
    private = ed25519.Ed25519PrivateKey.generate()
    name = string(b"sk-ssh-ed25519@openssh.com")
    tail = bytes([flags]) + counter.to_bytes(4)
    return SshSigner(
        name + string(private.public_key().public_bytes_raw()) + string(b"ssh:"),
        lambda message: name + string(private.sign(u2f(message, tail))) + tail,
    )


def sk_ecdsa(flags: int = TOUCH, counter: int = 7) -> SshSigner:
    private = ec.generate_private_key(ec.SECP256R1())
    name = string(b"sk-ecdsa-sha2-nistp256@openssh.com")
    tail = bytes([flags]) + counter.to_bytes(4)
    return SshSigner(
        name + string(b"nistp256") + string(point(private)) + string(b"ssh:"),
        lambda message: name + string(ecdsa_pair(private, u2f(message, tail))) + tail,
    )


def u2f(message: bytes, tail: bytes) -> bytes:
    return hashlib.sha256(b"ssh:").digest() + tail + hashlib.sha256(message).digest()


def point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def ecdsa_pair(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
    return mpint(r) + mpint(s)


@dataclass(frozen=True)
class ServiceSigner:
    """A service's key that lives in the test."""

    pem: str
    sign: Callable[[bytes], bytes]

    @property
    def key(self) -> SpkiKey:
        return parse_pem(self.pem)

    def signature(self, payload: bytes, payload_type: str = IN_TOTO) -> Signature:
        return Signature(self.sign(pae(payload_type, payload)), self.key.key_id)


def service_p256() -> ServiceSigner:
    private = ec.generate_private_key(ec.SECP256R1())
    return ServiceSigner(
        pem(private.public_key()), lambda message: private.sign(message, ec.ECDSA(hashes.SHA256()))
    )


def service_ed25519() -> ServiceSigner:
    private = ed25519.Ed25519PrivateKey.generate()
    return ServiceSigner(pem(private.public_key()), private.sign)


def pem(public: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def envelope(payload: bytes, *signatures: Signature, payload_type: str = IN_TOTO) -> Envelope:
    return parse_envelope(build_envelope(payload, payload_type, signatures))
