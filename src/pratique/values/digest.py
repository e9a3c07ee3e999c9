"""Content digests: ``sha256:`` and 64 lower-case hexadecimal digits.

Source: OCI image-spec 1.1, descriptor.md, "Digests". Only SHA-256 is accepted, because everything that
Pratique decides, signs or stores is named by it.
"""

import hashlib
import re
from typing import Self

from pratique.errors import Malformed, Unverified
from pratique.values.dataclass import dataclass

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """The SHA-256 of some bytes; prints as ``sha256:<hex>``."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise Malformed(f"digest: expected 64 lower-case hexadecimal digits, found {self.hex[:80]!r}")

    def __str__(self) -> str:
        return f"sha256:{self.hex}"

    @property
    def short(self) -> str:
        """The first twelve digits, for people; never for a decision."""
        return f"sha256:{self.hex[:12]}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``sha256:<64 hex>``.

        Raises:
            Malformed: Another algorithm, length or letter case.
        """
        algorithm, _, digits = text.partition(":")
        if algorithm in ("sha512", "sha384", "blake3"):
            raise Malformed(
                f"digest: {algorithm} is not supported, only sha256; push the content with sha256 digests"
            )
        if algorithm != "sha256" or not _HEX.fullmatch(digits):
            raise Malformed(f"digest: expected sha256:<64 lower-case hexadecimal digits>, found {text[:80]!r}")
        return cls(digits)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Return the digest of these bytes."""
        return cls(hashlib.sha256(content).hexdigest())

    def check(self, content: bytes, what: str) -> None:
        """Return if the bytes have this digest.

        Args:
            content: The bytes as they were received.
            what: The name of the thing in the message.

        Raises:
            Unverified: They have another digest.
        """
        found = Digest.of(content)
        if found != self:
            raise Unverified(f"{what}: expected {self}, found bytes with {found}; do not use them")
