"""SSHSIG: what ``ssh-keygen -Y sign`` writes.

Source: OpenSSH's PROTOCOL.sshsig. The namespace keeps a signature made for one purpose from counting for another.
"""

import hashlib
import re
from enum import StrEnum

from pratique.attest.dsse import Extension, Signature, parse_base64
from pratique.attest.sshkey import Hardware, SshKey, parse_ssh_blob
from pratique.attest.sshwire import Reader
from pratique.errors import Malformed, Unverified
from pratique.values.dataclass import dataclass
from pratique.values.uris import SSHSIG_KIND

_ARMOUR = re.compile(r"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n)+)-----END SSH SIGNATURE-----\n?")
_MAX_ARMOUR = 16_384  # the largest key and signature we accept take about 6,000
_MAGIC = b"SSHSIG"
_HASHES = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}


class Namespace(StrEnum):
    """What a person signs for (decisions.md, "Workspace")."""

    REVIEW = "pratique-review"
    REQUEST = "pratique-request"
    DIRECTORY = "pratique-directory"
    POLICY = "pratique-policy"
    WAIVER = "pratique-waiver"


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature as it was read; nothing is verified. ``namespace`` may be one that is not ours."""

    key: SshKey
    namespace: str
    hash_name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class SshSigned:
    """What a verified signature established: which key signed, and what its hardware said (None: not hardware)."""

    key: SshKey
    hardware: Hardware | None


def parse_sshsig(armoured: str) -> SshSignature:
    """Read an armoured signature without verifying it.

    Raises:
        Malformed: Another armour or version, an unknown key type or hash, or bytes left over.
    """
    if len(armoured) > _MAX_ARMOUR:
        raise Malformed(f"SSH signature: expected at most {_MAX_ARMOUR} characters, found {len(armoured)}")
    found = _ARMOUR.fullmatch(armoured.replace("\r\n", "\n"))
    if not found:
        raise Malformed("SSH signature: expected the armoured output of 'ssh-keygen -Y sign'")
    reader = Reader(parse_base64(found[1].replace("\n", "")), "SSH signature")
    if reader.take(len(_MAGIC)) != _MAGIC or reader.uint32() != 1:
        raise Malformed("SSH signature: expected SSHSIG version 1")
    key, namespace, reserved = parse_ssh_blob(reader.string()), reader.text(), reader.string()
    hash_name, raw = reader.text(), reader.string()
    reader.end()
    # "Implementations should ignore the reserved field if it is not empty"; refusing leaves nothing unsigned.
    if not namespace or reserved or hash_name not in _HASHES:
        raise Malformed("SSH signature: expected a namespace, an empty reserved field, and sha256 or sha512")
    return SshSignature(key, namespace, hash_name, raw)


def verify_sshsig(signature: SshSignature, message: bytes, namespace: Namespace) -> SshSigned:
    """Return which key signed the message for this purpose.

    The key is the one inside the signature: the caller decides whether it is one it trusts.

    Raises:
        Unverified: Another namespace, or the signature does not cover the message.
        Malformed: The inner signature is none of the key's kind.
    """
    if signature.namespace != namespace:
        raise Unverified(
            f"SSH signature: expected the namespace {namespace}, found {signature.namespace[:60]!r}; "
            f"sign again with 'ssh-keygen -Y sign -n {namespace}'"
        )
    digest = _HASHES[signature.hash_name](message).digest()
    parts = (namespace.encode(), b"", signature.hash_name.encode(), digest)
    signed = _MAGIC + b"".join(len(part).to_bytes(4) + part for part in parts)
    return SshSigned(signature.key, signature.key.verify(signature.raw, signed))


def envelope_signature(armoured: str) -> Signature:
    """Return the DSSE signature that carries this armoured SSHSIG over the envelope's ``signed_bytes``.

    Raises:
        Malformed: As :func:`parse_sshsig`.
    """
    key = parse_sshsig(armoured).key
    return Signature(armoured.encode(), key.key_id, Extension(SSHSIG_KIND, {}))
