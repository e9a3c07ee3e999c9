"""Openings in an export: each one encrypted in a file of its own, under the name of its commitment.

::

    private/sha256/ab/<64 hex of the commitment>      12 bytes of nonce, then ChaCha20-Poly1305 (RFC 8439)

The commitment is authenticated with the words, so no file can stand for another. One file each, so that an erased
opening leaves the export too. Whoever has the key reads everything; it is kept apart from the export.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from pratique.errors import Absent, Conflict, Malformed, Unreachable, Unverified
from pratique.ledger.interface import Target
from pratique.values.digest import Digest

KEY_BYTES = 32
_NONCE_BYTES = 12
_COMMITMENT = re.compile(r"[0-9a-f]{64}")
_TAG_BYTES = 16


class OpeningKey:
    """A secret key for openings; its text form shows nothing of it."""

    def __init__(self, secret: bytes) -> None:
        """Take 32 bytes."""
        self._cipher = ChaCha20Poly1305(secret)

    def __repr__(self) -> str:
        return "OpeningKey(…)"

    def seal(self, commitment: Digest, opening: bytes) -> bytes:
        """Return an opening encrypted for its commitment."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, opening, str(commitment).encode())

    def open(self, commitment: Digest, content: bytes) -> bytes:
        """Return the opening of a commitment.

        Raises:
            Unverified: Another key, another commitment, or changed bytes.
        """
        if len(content) < _NONCE_BYTES + _TAG_BYTES:
            raise Unverified(f"opening of {commitment}: expected encrypted bytes, found {len(content)}")
        try:
            return self._cipher.decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], str(commitment).encode())
        except InvalidTag as error:
            raise Unverified(
                f"opening of {commitment}: cannot be decrypted: another key, or changed bytes"
            ) from error


def create_opening_key(path: Path) -> OpeningKey:
    """Make a key file that only its owner can read, or raise ``Conflict`` where there is one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict(f"{path} exists; a key is never overwritten, move it away first") from error
    except OSError as error:
        raise Unreachable(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{os.urandom(KEY_BYTES).hex()}\n")
        file.flush()
        os.fsync(descriptor)
    return read_opening_key(path)


def read_opening_key(path: Path) -> OpeningKey:
    """Read a key file.

    Raises:
        Absent: There is none.
        Malformed: It does not hold 64 hexadecimal digits.
    """
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Absent(f"openings key {path} cannot be read: {error}") from error
    try:
        secret = bytes.fromhex(text)
    except ValueError as error:
        raise Malformed(f"openings key {path}: expected 64 hexadecimal digits") from error
    if len(secret) != KEY_BYTES:
        raise Malformed(f"openings key {path}: expected {KEY_BYTES} bytes, found {len(secret)}")
    return OpeningKey(secret)


def opening_path(commitment: Digest) -> str:
    """Return where, in an exported ledger, an encrypted opening stands."""
    return f"private/sha256/{commitment.hex[:2]}/{commitment.hex}"


def exported_openings(target: Target) -> Iterator[Digest]:
    """Yield the commitments whose openings an exported ledger holds; files of other names are nobody's."""
    for path in target.list("private/sha256"):
        name = path.rsplit("/", 1)[1]
        if _COMMITMENT.fullmatch(name):
            yield Digest(name)
