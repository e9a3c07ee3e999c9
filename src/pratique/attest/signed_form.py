"""What the statements of our own have in common: closed fields, and one canonical spelling.

A person signs only what every reader understands whole. So an unknown field is refused rather than ignored, and
the payload must be the very bytes that we would write for what it says (RFC 8785).
"""

import re

from pratique.attest.fields import Fields
from pratique.attest.statement import V1, Subject, parse_statement
from pratique.errors import Malformed
from pratique.values.canonical import parse_object
from pratique.values.digest import Digest

MAX_BYTES = 1024 * 1024  # a thousand subjects take 100,000

_NONCE = re.compile(r"[0-9a-f]{32}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def read_form(payload: bytes, predicate_type: str, what: str) -> tuple[tuple[Subject, ...], Fields]:
    """Return the distinct subjects, at least one, and the predicate of a statement of ours.

    Raises:
        Malformed: Another statement, an unknown field outside the predicate, or no subject.
    """
    whole = Fields(what, parse_object(payload, what, max_bytes=MAX_BYTES))
    whole.only("_type", "subject", "predicateType", "predicate")
    for item in whole.objects("subject"):
        item.only("name", "digest").object("digest").only("sha256").text("sha256")
    statement = parse_statement(payload, max_bytes=MAX_BYTES)
    if whole.text("_type") != V1 or statement.predicate_type != predicate_type:
        raise Malformed(
            f"{what}: expected {predicate_type} in statement v1, found {statement.predicate_type[:120]!r}"
        )
    digests = [subject.digest for subject in statement.subjects]
    if not digests or len(set(digests)) != len(digests):
        raise Malformed(f"{what}.subject: expected distinct digests, at least one")
    return statement.subjects, whole.object("predicate")


def read_image_form(payload: bytes, predicate_type: str, what: str) -> tuple[tuple[Digest, ...], Fields]:
    """Return the images' digests and the predicate; raises as :func:`read_form`, or where a subject has a name."""
    subjects, fields = read_form(payload, predicate_type, what)
    if any(subject.name for subject in subjects):
        raise Malformed(f"{what}.subject: expected digests without a name")
    return tuple(subject.digest for subject in subjects), fields


def check_spelling(payload: bytes, rebuilt: bytes, what: str) -> None:
    """Return if the payload is spelled canonically, or raise ``Malformed``."""
    if payload != rebuilt:
        raise Malformed(f"{what}: expected its canonical bytes (RFC 8785), found another spelling; sign those")


def parse_nonce(text: str) -> str:
    """Read 32 lower-case hexadecimal digits (16 random bytes), or raise ``Malformed``."""
    if not _NONCE.fullmatch(text):
        raise Malformed(f"nonce: expected 32 lower-case hexadecimal digits, found {text[:80]!r}")
    return text


def parse_commit(text: str) -> str:
    """Read the full name of a Git commit, SHA-1 or SHA-256, or raise ``Malformed``."""
    if not _COMMIT.fullmatch(text):
        raise Malformed(f"commit: expected 40 or 64 lower-case hexadecimal digits, found {text[:80]!r}")
    return text


def parse_slug(text: str) -> str:
    """Read a short name of letters, digits and dashes, or raise ``Malformed``."""
    if not _SLUG.fullmatch(text):
        raise Malformed(f"name: expected [a-z0-9][a-z0-9-]{{0,62}}, found {text[:80]!r}")
    return text


def parse_line(text: str) -> str:
    """Read one line of 1 to 1024 printable characters, or raise ``Malformed``."""
    if not 1 <= len(text) <= 1024 or not text.isprintable() or " " in text:
        raise Malformed(f"text: expected 1 to 1024 printable characters without a space, found {text[:80]!r}")
    return text


def read_commitment(fields: Fields, name: str) -> Digest:
    """Return the commitment in ``{"commitment": "<hex>"}``."""
    return fields.object(name).only("commitment").parsed("commitment", Digest)
