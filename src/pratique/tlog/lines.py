"""How the C2SP text formats write bytes, hashes and numbers on a line.

Base64 is RFC 4648 section 4 with padding. Numbers are ASCII decimals without sign or leading zero. One value has
one spelling, so that two files that mean the same are the same bytes.

Source: c2sp.org/signed-note, c2sp.org/tlog-checkpoint.
"""

import binascii
import re

from pratique.errors import Malformed

HASH_BYTES = 32  # SHA-256
MAX_NUMBER = 2**63 - 1  # c2sp.org/tlog-cosignature bounds times so; a proof of 63 hashes bounds tree sizes so

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def render_base64(content: bytes) -> str:
    """Return the padded base64 of some bytes, on one line."""
    return binascii.b2a_base64(content, newline=False).decode("ascii")


def parse_base64(text: str, what: str) -> bytes:
    """Read base64 in its one canonical spelling.

    Args:
        text: Without a line break.
        what: The name of the field in the message.

    Raises:
        Malformed: Missing padding, another alphabet, or trailing bits that are not zero.
    """
    try:
        content = binascii.a2b_base64(text.encode("ascii"))
    except ValueError as error:  # binascii.Error and UnicodeEncodeError are both one
        raise Malformed(f"{what}: expected padded base64, found {text[:80]!r}") from error
    if render_base64(content) != text:  # also for what the decoder skips: line breaks, other alphabets
        raise Malformed(f"{what}: expected canonical base64, found {text[:80]!r}")
    return content


def parse_hash(text: str, what: str) -> bytes:
    """Read one SHA-256 hash in base64, or raise ``Malformed``."""
    content = parse_base64(text, what)
    if len(content) != HASH_BYTES:
        raise Malformed(f"{what}: expected a hash of {HASH_BYTES} bytes, found {len(content)}")
    return content


def parse_number(text: str, what: str) -> int:
    """Read a decimal from 0 to ``MAX_NUMBER``, or raise ``Malformed``."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_NUMBER:
        raise Malformed(f"{what}: expected a decimal from 0 to 2^63-1 without leading zero, found {text[:40]!r}")
    return int(text)
