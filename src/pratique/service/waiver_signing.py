"""A person's word about the terms of a waiver: how it is made, and what it must say when it is opened again."""

from collections.abc import Callable

from pratique.attest.waiver import Act, Terms, Waiver
from pratique.attest.word import Word
from pratique.errors import Unverified
from pratique.service.scribe import About
from pratique.service.word import Spoken, hear
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction


def of_waiver(waiver: str, act: Act, terms: Terms) -> Callable[[Word], Waiver]:
    """Return how a word becomes what is said of a waiver's terms."""
    return lambda word: Waiver(
        waiver=waiver,
        act=act,
        by=word.by,
        terms=terms,
        comment=word.comment,
        directory=word.directory,
        issued_at=word.issued_at,
        nonce=word.nonce,
    )


def hear_waiver(workspace: Workspace, tx: Transaction, spoken: Spoken[Waiver], act: Act) -> Waiver:
    """Return what was signed of a waiver; raises as :func:`~pratique.service.word.hear`.

    Raises:
        Unverified: It says something else than ``act``.
    """
    said = hear(tx, workspace.directory(tx), spoken)
    if said.act is not act:
        raise Unverified(f"waiver: expected a statement that says {act}, found {said.act}")
    return said


def about_terms(terms: Terms) -> About:
    """Return what the events of a waiver speak of."""
    return About(None, None, terms.environment, None)
