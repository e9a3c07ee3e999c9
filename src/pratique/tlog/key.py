"""Public keys that sign notes: how they are written, named, and what each of them signs.

Two kinds are known. A log signs the bare text. A witness signs the text under a time: "then this was the largest
consistent tree that I had seen". The witness's name is not signed, so one key must serve one name and one kind.
Private keys stay outside: signing is a function that is handed in.

Source: c2sp.org/signed-note v1.0.0 (types 0x01 and 0x04), c2sp.org/tlog-cosignature v1.0.1.
"""

from collections.abc import Callable
from enum import IntEnum
from hashlib import sha256
from typing import Self, assert_never

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pratique.errors import Malformed, Unverified
from pratique.tlog.lines import MAX_NUMBER, parse_base64, render_base64
from pratique.values.dataclass import dataclass

Sign = Callable[[bytes], bytes]
"""Makes the 64-byte Ed25519 signature of a message."""

ID_BYTES = 4

_KEY_BYTES = 32
_TIME_BYTES = 8


class KeyKind(IntEnum):
    """The signature type byte of c2sp.org/signed-note."""

    LOG = 0x01
    """Ed25519 over the text."""
    WITNESS = 0x04
    """Ed25519 over a time and the text (cosignature/v1)."""


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One signature under a note, by the key that ``name`` and ``key_id`` name; not verified."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """A key whose signature was verified.

    Attributes:
        key: The key.
        at: Unix seconds at which a witness says it cosigned; None for a log's plain signature.
    """

    key: "NoteVerifier"
    at: int | None


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A named public key; prints as its vkey, ``<name>+<id>+<base64>``."""

    name: str
    kind: KeyKind
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.public_key) != _KEY_BYTES:
            raise Malformed(
                f"key {self.name}: expected a public key of {_KEY_BYTES} bytes, found {len(self.public_key)}"
            )

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{render_base64(self._encoded)}"

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key together with its name; no protection against a forged key."""
        return sha256(self.name.encode() + b"\n" + self._encoded).digest()[:ID_BYTES]

    @property
    def _encoded(self) -> bytes:
        return bytes([self.kind]) + self.public_key

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read ``<name>+<id as 8 hex digits>+<base64 of type and key>``.

        Raises:
            Malformed: Another form, an unknown type, or an id that belongs to another key.
        """
        name, _, rest = vkey.partition("+")
        key_id, plus, encoded = rest.partition("+")  # base64 may hold more of them
        if not plus:
            raise Malformed(f"vkey: expected <name>+<key id>+<base64>, found {vkey[:120]!r}")
        content = parse_base64(encoded, f"vkey {name[:80]!r}")
        if content[:1] not in (b"\x01", b"\x04"):
            raise Malformed(f"vkey {name[:80]!r}: expected type 01 or 04 (Ed25519), found {content[:1].hex()!r}")
        key = cls(name, KeyKind(content[0]), content[1:])
        if key.key_id.hex() != key_id:
            raise Malformed(f"vkey {name[:80]!r}: expected the key id {key.key_id.hex()}, found {key_id[:80]!r}")
        return key

    def verify(self, text: str, signature: bytes) -> Signer:
        """Return who signed the text, and when.

        Args:
            text: The note's text with its final newline.
            signature: 64 bytes from a log; 8 bytes of time before them from a witness.

        Raises:
            Unverified: The signature is not this key's over this text.
        """
        match self.kind:
            case KeyKind.LOG:
                self._check(text.encode(), signature)
                return Signer(self, None)
            case KeyKind.WITNESS:
                at = int.from_bytes(signature[:_TIME_BYTES])
                if at > MAX_NUMBER:
                    raise Unverified(
                        f"cosignature by {self.name}: expected a time up to 2^63-1 seconds, found {at}"
                    )
                self._check(_cosigned(text, at), signature[_TIME_BYTES:])
                return Signer(self, at)
            case _:
                assert_never(self.kind)

    def _check(self, message: bytes, signature: bytes) -> None:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError) as error:  # ValueError: the key is no point of the curve
            raise Unverified(
                f"note: expected a good signature by {self.name} (key id {self.key_id.hex()}), "
                "found a bad one; refuse the whole note"
            ) from error


def check_name(name: str) -> None:
    """Return if this can name a key: not empty, without spaces and ``+``; or raise ``Malformed``."""
    if not name or any(map(_unfit, name)):
        raise Malformed(f"key name: expected characters other than spaces and '+', found {name[:80]!r}")


def _unfit(char: str) -> bool:
    surrogate = "\ud800" <= char <= "\udfff"  # has no UTF-8
    return char.isspace() or char == "+" or char < " " or surrogate


def sign_text(text: str, key: NoteVerifier, sign: Sign) -> SignatureLine:
    """Return a log's signature line over the text, verified.

    Raises:
        Unverified: ``sign`` holds another key than ``key``, which must be of kind ``LOG``.
    """
    signature = sign(text.encode())
    return _signed(text, key, signature, KeyKind.LOG)


def cosign_text(text: str, key: NoteVerifier, sign: Sign, at: int) -> SignatureLine:
    """Return a witness's signature line over the text at this time (Unix seconds), verified.

    Raises:
        Malformed: The time is negative or beyond 2^63-1.
        Unverified: ``sign`` holds another key than ``key``, which must be of kind ``WITNESS``.
    """
    if not 0 <= at <= MAX_NUMBER:
        raise Malformed(f"cosignature: expected a time from 0 to 2^63-1 seconds, found {at}")
    signature = at.to_bytes(_TIME_BYTES) + sign(_cosigned(text, at))
    return _signed(text, key, signature, KeyKind.WITNESS)


def _signed(text: str, key: NoteVerifier, signature: bytes, kind: KeyKind) -> SignatureLine:
    if key.kind is not kind:
        raise Unverified(f"key {key.name}: expected a key of type {kind:02x} to sign this, found {key.kind:02x}")
    key.verify(text, signature)
    return SignatureLine(key.name, key.key_id, signature)


def _cosigned(text: str, at: int) -> bytes:
    """Return what a witness signs (c2sp.org/tlog-cosignature, "Format")."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()
