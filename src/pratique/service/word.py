"""A person's word, signed with their own key: what its statement has in common with every other."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from pratique.attest.dsse import IN_TOTO
from pratique.attest.sshsig import Namespace
from pratique.attest.word import Word
from pratique.errors import Conflict, Malformed
from pratique.promotion.directory import Directory
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.values.commitment import SALT_BYTES, Opening

COMMENT = "reason"
"""The field that a commitment to somebody's reasons fills."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person signed, and the opening of their words, which stays private."""

    envelope: bytes
    opening: Opening


def speak(workspace: Workspace, comment: str, signatory: Signatory, build: Callable[[Word], bytes]) -> Spoken:
    """Have a person sign a statement with their reasons behind a commitment.

    Args:
        workspace: Whose directory is in force.
        comment: Why, in their words.
        signatory: Who signs.
        build: Returns the statement's payload around the common part.

    Raises:
        Malformed: No words were given.
        Absent, Refused: Whoever signs is not in the directory, or is suspended.
    """
    directory, now = workspace.store.read(lambda view: (workspace.directory(view), view.now))
    directory.expect(signatory.actor)
    if not comment.strip():
        raise Malformed("comment: expected words; say in yours why")
    opening = Opening(COMMENT, comment, secrets.token_bytes(SALT_BYTES))
    word = Word(signatory.actor, opening.commitment, directory.digest, now, secrets.token_hex(16))
    return Spoken(sign(signatory, build(word), IN_TOTO, Namespace.REVIEW), opening)


def expect_directory(word: Word, directory: Directory) -> None:
    """Return if a statement names the directory in force, or raise ``Conflict``."""
    if word.directory != directory.digest:
        raise Conflict("the directory changed meanwhile; sign again")
