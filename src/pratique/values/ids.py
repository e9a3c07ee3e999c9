"""Identifiers: a two-letter kind and a lower-case ULID, ``pr_01kax…``.

Source: ULID specification (github.com/ulid/spec): 48 bits of milliseconds, 80 bits of chance, Crockford's
base 32. Time and chance are arguments, so that judgement stays pure.
"""

import re
from datetime import datetime
from enum import StrEnum

from pratique.errors import Malformed

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)  # two digits cost as much as one
_ID = re.compile(rf"(pr|rl|rv|wv|rm|hd|ev|sg)_[0-7][{_ALPHABET}]{{25}}")


class Kind(StrEnum):
    """What an identifier names."""

    PROMOTION = "pr"
    RELEASE = "rl"
    REVIEW = "rv"
    WAIVER = "wv"
    REMEDIATION = "rm"
    HOLD = "hd"
    EVENT = "ev"
    SIGNAL = "sg"


def build_id(kind: Kind, at: datetime, chance: bytes) -> str:
    """Return a new identifier that sorts by its moment.

    Args:
        kind: What it will name.
        at: The moment, aware, after 1970.
        chance: Exactly 10 random bytes.
    """
    if len(chance) != 10:
        raise ValueError("chance must be exactly 10 bytes")
    number = int(at.timestamp() * 1000) << 80 | int.from_bytes(chance)
    return f"{kind}_" + "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def parse_id(text: str, kind: Kind) -> str:
    """Read an identifier of this kind, or raise ``Malformed``."""
    if not _ID.fullmatch(text) or not text.startswith(f"{kind}_"):
        raise Malformed(f"identifier: expected {kind}_ and 26 letters or digits, found {text[:40]!r}")
    return text
