"""A person's word about the terms of a waiver: signed with their own key, and opened again."""

import secrets
from dataclasses import dataclass

from pratique.attest.dsse import IN_TOTO
from pratique.attest.sshsig import Namespace
from pratique.attest.waiver import (
    Act,
    Terms,
    Waiver,
    build_waiver,
)
from pratique.errors import Conflict, Malformed, Unverified
from pratique.promotion.waiver import open_waiver
from pratique.service.scribe import About
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction
from pratique.values.commitment import SALT_BYTES, Opening

COMMENT = "waiver"
"""The field that a commitment to somebody's words about a waiver fills."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a person signed, and the opening of their words, which stays private."""

    envelope: bytes
    opening: Opening


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of the terms of a waiver, before it is signed."""

    waiver: str
    act: Act
    terms: Terms
    comment: str


def sign_word(workspace: Workspace, word: Word, signatory: Signatory) -> Said:
    """Have a person sign what they say of a waiver; raises ``Malformed`` without words of theirs."""
    directory, now = workspace.store.read(lambda view: (workspace.directory(view), view.now))
    if not word.comment.strip():
        raise Malformed("waiver: expected words; say in yours why")
    opening = Opening(COMMENT, word.comment, secrets.token_bytes(SALT_BYTES))
    statement = Waiver(
        waiver=word.waiver,
        act=word.act,
        by=signatory.actor,
        terms=word.terms,
        comment=opening.commitment,
        directory=directory.digest,
        issued_at=now,
        nonce=secrets.token_hex(16),
    )
    return Said(sign(signatory, build_waiver(statement), IN_TOTO, Namespace.WAIVER), opening)


def open_word(workspace: Workspace, tx: Transaction, signed: Said, act: Act) -> Waiver:
    """Return what was signed, once it is known who did.

    Raises:
        Unverified: The signature is not theirs, or of something else.
        Conflict: The directory changed meanwhile.
    """
    directory = workspace.directory(tx)
    statement, by = open_waiver(signed.envelope, directory, index=tx.ledger.frontier().size)
    if by is None:
        raise Unverified(f"waiver: expected a signature by {statement.by} with a key of theirs, found none")
    if statement.act is not act:
        raise Unverified(f"waiver: expected a statement that says {act}, found {statement.act}")
    if statement.directory != directory.digest:
        raise Conflict("waiver: the directory changed meanwhile; sign again")
    return statement


def about_terms(terms: Terms) -> About:
    """Return what the events of a waiver speak of."""
    return About(None, None, terms.environment, None)
