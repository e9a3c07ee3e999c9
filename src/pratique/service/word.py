"""A person's word on this side: signed with their own key, opened again, and taken into the ledger once.

The server never signs for a person: here stand the client's hands, and the server's distrust of them.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pratique.attest.dsse import IN_TOTO
from pratique.attest.signed_form import PersonalForm
from pratique.attest.word import Said, Word, open_word
from pratique.errors import Absent, Conflict, Malformed
from pratique.promotion.directory import Directory
from pratique.promotion.events import EventObject
from pratique.service.scribe import keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.commitment import SALT_BYTES, Opening
from pratique.values.digest import Digest
from pratique.values.uris import ENVELOPE_MEDIA

COMMENT = "reason"
"""The field that a commitment to somebody's reasons fills."""


class SaidOnce(Said, Protocol):
    """What is said under one directory, and counts once."""

    @property
    def directory(self) -> Digest:
        """The directory that whoever says it acted under."""

    @property
    def nonce(self) -> str:
        """What no other statement has."""


T = TypeVar("T", bound=SaidOnce)


@dataclass(frozen=True, slots=True)
class Spoken(Generic[T]):
    """What a person signed, how an event names it, and the opening of their words, which stays private."""

    form: PersonalForm[T]
    envelope: bytes
    item: EventObject
    opening: Opening


def speak(
    workspace: Workspace, form: PersonalForm[T], comment: str, signatory: Signatory, state: Callable[[Word], T]
) -> Spoken[T]:
    """Have a person sign a statement with their reasons behind a commitment.

    Args:
        workspace: Whose directory is in force.
        form: The kind of statement.
        comment: Why, in their words.
        signatory: Who signs.
        state: Returns what they say, around the part that all words have in common.

    Raises:
        Malformed: No words were given.
        Absent, Refused: Whoever signs is not in the directory, or is suspended.
    """
    directory, now = workspace.store.read(lambda view: (workspace.directory(view), view.now))
    directory.expect(signatory.actor)
    if not comment.strip():
        raise Malformed(f"{form.what}: expected words; say in yours why")
    opening = Opening(COMMENT, comment, secrets.token_bytes(SALT_BYTES))
    word = Word(signatory.actor, opening.commitment, directory.digest, now, secrets.token_hex(16))
    envelope = sign(signatory, form.build(state(word)), IN_TOTO, form.namespace)
    return Spoken(form, envelope, keep(workspace.blobs, form.what, ENVELOPE_MEDIA, envelope), opening)


def hear(tx: Transaction, directory: Directory, spoken: Spoken[T]) -> T:
    """Return what was signed, once it is known that whom it names has; its nonce and its opening are kept.

    Raises:
        Unverified: The signature is not theirs.
        Conflict: The directory changed meanwhile, or it was handed in before.
        Malformed: It breaks its form.
    """
    said = open_word(spoken.envelope, spoken.form, directory.people_keys(tx.ledger.frontier().size))
    if said.directory != directory.digest:
        raise Conflict(f"{spoken.form.what}: the directory changed meanwhile; sign again")
    tx.once.nonce(said.nonce)
    tx.openings.put(spoken.opening)
    return said


def words_behind(view: View, comment: Digest | None) -> str | None:
    """Return the words behind a commitment; None where there are none, or they were erased."""
    if comment is None:
        return None
    try:
        return str(view.openings.find(comment).value)
    except Absent:
        return None
