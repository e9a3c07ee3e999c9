"""What every statement of one person's word has in common: who says it, why, by which directory, and when.

Why is a commitment: the words themselves stay private and can be erased.
"""

from datetime import datetime

from pratique.attest.fields import Fields
from pratique.attest.signed_form import parse_nonce, read_commitment
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, parse_actor

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
