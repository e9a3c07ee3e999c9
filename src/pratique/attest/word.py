"""One person's word: a statement counts once it is known that whom it names has signed it.

Most of them have five fields in common: who says it, why, by which directory, when, and a nonce. Why is a commitment:
the words themselves stay private and can be erased.
"""

from datetime import datetime
from typing import Protocol, TypeVar

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.fields import Fields
from pratique.attest.signed_form import MAX_BYTES, PersonalForm, parse_nonce, read_commitment
from pratique.attest.verify import TrustedKeys, open_envelope
from pratique.errors import Unverified
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, parse_actor


class Said(Protocol):
    """What a statement says that names who must have signed it."""

    @property
    def by(self) -> Actor:
        """Who says it."""


S = TypeVar("S", bound=Said)


def open_word(content: bytes, form: PersonalForm[S], keys: TrustedKeys) -> S:
    """Return what a signed statement says, once it is known that whom it names has signed it.

    Args:
        content: The envelope's bytes.
        form: The kind of statement that it must be.
        keys: Those that may sign, each with its holder.

    Raises:
        Malformed: The envelope or the statement breaks its form.
        Unverified: None of these keys signed it, or only another's than the one named.
    """
    envelope = parse_envelope(content, max_bytes=MAX_BYTES)
    opened = open_envelope(envelope, keys, form.namespace, payload_type=IN_TOTO)
    said = form.parse(opened.payload)
    holders = [signer.holder for signer in opened.signers]
    if said.by not in holders:
        raise Unverified(f"{form.what}: expected a signature by {said.by}, found {', '.join(holders)}")
    return said


WORD = ("by", "comment", "directory", "issuedAt", "nonce")
"""The fields of a statement's predicate that a word fills."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who says it; ``comment`` commits to their reasons, ``issued_at`` is their own clock."""

    by: Actor
    comment: Digest
    directory: Digest
    issued_at: datetime
    nonce: str


class InAWord:
    """What is said in nothing but a word and what it is about."""

    __slots__ = ()
    word: Word

    @property
    def by(self) -> Actor:
        """Who says it."""
        return self.word.by

    @property
    def directory(self) -> Digest:
        """The directory that they acted under."""
        return self.word.directory

    @property
    def nonce(self) -> str:
        """What makes this word another than the next one of the same person about the same thing."""
        return self.word.nonce


def read_word(fields: Fields) -> Word:
    """Read the common part of a predicate; raises ``Malformed``."""
    return Word(
        by=fields.parsed("by", parse_actor),
        comment=read_commitment(fields, "comment"),
        directory=fields.digest("directory"),
        issued_at=fields.moment("issuedAt"),
        nonce=fields.parsed("nonce", parse_nonce),
    )


def word_object(word: Word) -> dict[str, Json]:
    """Return the common part of a predicate, as it is spelled."""
    return {
        "by": word.by,
        "comment": {"commitment": word.comment.hex},
        "directory": {"sha256": word.directory.hex},
        "issuedAt": render_moment(word.issued_at),
        "nonce": word.nonce,
    }
