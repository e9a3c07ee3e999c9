"""Salted commitments: text that can be erased later although its digest was signed and logged.

A statement or event holds only the commitment. The opening (salt and value) is kept apart; once the salt is
destroyed, nobody can tell from the commitment what was written, not even by guessing.

The commitment is ``SHA-256("pratique/commit/v1" | 0 | field | 0 | salt | RFC 8785 of the value)``.
"""

import dataclasses
import re
from typing import Self

from pratique.errors import Malformed, Unverified
from pratique.values.canonical import Json, canonical, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

SALT_BYTES = 32

_DOMAIN = b"pratique/commit/v1"
_FIELD = re.compile(r"[a-z][a-z0-9._-]{0,63}")  # no zero byte, so that the parts cannot run into each other
_SALT = re.compile(r"[0-9a-f]{64}")


def commit(name: str, value: Json, salt: bytes) -> Digest:
    """Return the commitment to a value.

    Args:
        name: Which field it fills, such as ``comment``, so that one opening fits one field.
        value: What is hidden; JSON without floats.
        salt: Exactly 32 random bytes, fresh for every value.

    Raises:
        Malformed: The value has no canonical form.
    """
    if not _FIELD.fullmatch(name) or len(salt) != SALT_BYTES:
        raise ValueError(f"a commitment needs a field name like 'comment' and {SALT_BYTES} bytes of salt")
    return Digest.of(b"\0".join((_DOMAIN, name.encode(), salt + canonical(value))))


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides. Private: it is stored apart from what was signed, and can be erased."""

    field: str
    value: Json = dataclasses.field(hash=False)
    salt: bytes = dataclasses.field(repr=False)

    @property
    def commitment(self) -> Digest:
        """The commitment that this opens."""
        return commit(self.field, self.value, self.salt)

    def check(self, commitment: Digest) -> None:
        """Return if this opens the commitment.

        Raises:
            Unverified: It opens another one.
        """
        if self.commitment != commitment:
            raise Unverified(f"opening of {self.field}: it does not belong to the commitment {commitment}")

    def build(self) -> bytes:
        """Return the canonical bytes of this opening."""
        return canonical({"field": self.field, "salt": self.salt.hex(), "value": self.value})

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read an opening.

        Raises:
            Malformed: Another field, a missing one, or a salt of another length.
        """
        found = parse_object(content, "opening")
        name, salt = found.get("field"), found.get("salt")
        if set(found) != {"field", "salt", "value"} or not isinstance(name, str) or not isinstance(salt, str):
            raise Malformed("opening: expected exactly the fields field, salt and value")
        if not _FIELD.fullmatch(name) or not _SALT.fullmatch(salt):
            raise Malformed(f"opening: expected a field name and a salt of {2 * SALT_BYTES} hexadecimal digits")
        return cls(name, found["value"], bytes.fromhex(salt))
