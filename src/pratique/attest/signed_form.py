"""What the statements of our own have in common: closed fields, and one canonical spelling.

A person signs only what every reader understands whole. So an unknown field is refused rather than ignored, and
the payload must be the very bytes that we would write for what it says (RFC 8785).
"""

import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from pratique.attest.fields import Fields
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import V1, Subject, build_statement, parse_statement
from pratique.errors import Malformed
from pratique.values.canonical import Json, parse_object
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest

MAX_BYTES = 1024 * 1024  # a thousand subjects take 100,000

T = TypeVar("T")
Written = tuple[tuple[Subject, ...], Mapping[str, Json]]
"""The subjects and the predicate of a statement, as they are spelled."""

_NONCE = re.compile(r"[0-9a-f]{32}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A statement of the right kind, whose predicate nobody has read yet; its subjects are distinct, at least one."""

    what: str
    subjects: tuple[Subject, ...]
    fields: Fields

    def subject(self) -> Subject:
        """Return the only subject, or raise ``Malformed``."""
        if len(self.subjects) != 1:
            raise Malformed(f"{self.what}.subject: expected exactly one, found {len(self.subjects)}")
        return self.subjects[0]

    def images(self) -> tuple[Digest, ...]:
        """Return the subjects' digests, or raise ``Malformed`` where one has a name."""
        if any(subject.name for subject in self.subjects):
            raise Malformed(f"{self.what}.subject: expected digests without a name")
        return tuple(subject.digest for subject in self.subjects)

    def image(self) -> Digest:
        """Return the only subject's digest, or raise ``Malformed``."""
        self.subject()
        return self.images()[0]


@dataclass(frozen=True, slots=True)
class SignedForm(Generic[T]):
    """One kind of statement of ours: what is particular to it, and what all kinds do alike.

    ``what`` names it in messages. ``read`` refuses fields that it does not know; ``write`` spells what it returned.
    """

    what: str
    predicate_type: str
    read: Callable[[Filled], T]
    write: Callable[[T], Written]

    def build(self, said: T) -> bytes:
        """Return the canonical payload that is signed."""
        subjects, predicate = self.write(said)
        return build_statement(subjects, self.predicate_type, predicate)

    def parse(self, payload: bytes) -> T:
        """Read a payload; whose signature it needs is another question.

        Raises:
            Malformed: A field is missing, unknown or wrong, the statement contradicts itself, or the payload is not
                spelled canonically.
        """
        said = self.read(_fill(payload, self.predicate_type, self.what))
        if payload != self.build(said):
            raise Malformed(
                f"{self.what}: expected its canonical bytes (RFC 8785), found another spelling; sign those"
            )
        return said


@dataclass(frozen=True, slots=True)
class PersonalForm(SignedForm[T]):
    """One that people sign; ``namespace`` is what an SSH signature of it must have been made for."""

    namespace: Namespace


def _fill(payload: bytes, predicate_type: str, what: str) -> Filled:
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
    return Filled(what, statement.subjects, whole.object("predicate"))


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
