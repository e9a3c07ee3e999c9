"""Asking for a promotion: what somebody wants is signed and handed in, and what follows is recorded."""

import secrets
from dataclasses import replace

from pratique.attest.dsse import IN_TOTO
from pratique.attest.request import REQUEST_FORM, Request
from pratique.attest.sshsig import Namespace
from pratique.errors import Conflict, Unverified
from pratique.policy.facts import Arrival
from pratique.promotion.release import Part as ReleasePart
from pratique.promotion.release import Release
from pratique.promotion.request import (
    Accepted,
    Asked,
    InForce,
    Known,
    consider_request,
    expect_whole,
    open_request,
)
from pratique.promotion.request_key import expect_same
from pratique.service.perform import releases_of, want_next
from pratique.service.scribe import About, Scribe, about, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.wish import Wish, pinned, state
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.commitment import SALT_BYTES, Opening
from pratique.values.ids import Kind, build_id
from pratique.values.uris import ENVELOPE_MEDIA

COMMENT = "comment"


def ask(workspace: Workspace, wish: Wish, signatory: Signatory | None) -> str:
    """Make a request, have it signed and hand it in; return the promotion's id, of a release the first part's.

    Args:
        workspace: Where to ask.
        wish: Who asks for what; a tag is resolved here, once.
        signatory: What signs for the requester; without, the request is unsigned and only few rules take it.

    Raises:
        Absent: The tag, application, image or environment does not exist.
        Refused, Conflict, Unverified: As :func:`hand_in`.
        Conflict: The wish's key was used for another wish.
    """
    workspace.store.read(workspace.directory).expect(wish.requester)
    wish = pinned(workspace, wish)
    opening = None if wish.comment is None else Opening(COMMENT, wish.comment, secrets.token_bytes(SALT_BYTES))
    comment = None if opening is None else opening.commitment
    request = workspace.store.read(lambda view: state(workspace, view, wish, comment))
    before = _answered(workspace, request)
    if before is not None:
        return before
    try:
        return _handed_in(workspace, request, signatory, opening, wish.supersedes)
    except Conflict:
        meanwhile = _answered(workspace, request)  # another process asked with the same key, and was quicker
        if meanwhile is None:
            raise
        return meanwhile


def _answered(workspace: Workspace, request: Request) -> str | None:
    """Return the promotion that this very wish made before, ``None`` if its nonce is new."""

    def query(view: View) -> str | None:
        promotion = view.once.answered(request.nonce)
        if promotion is not None:
            expect_same(request, view.promotions.find(promotion))
        return promotion

    return workspace.store.read(query)


def _handed_in(
    workspace: Workspace,
    request: Request,
    signatory: Signatory | None,
    opening: Opening | None,
    supersedes: str | None,
) -> str:
    if signatory is None:
        return _recorded(workspace, Asked(request, None, supersedes), None, opening)
    envelope = sign(signatory, REQUEST_FORM.build(request), IN_TOTO, Namespace.REQUEST)
    return hand_in(workspace, envelope, opening, supersedes)


def hand_in(workspace: Workspace, envelope: bytes, opening: Opening | None, supersedes: str | None = None) -> str:
    """Record a signed request and return the new promotion's id, of a release the first part's.

    Raises:
        Unverified: Nobody who may ask has signed it.
        Refused: The rules do not allow it.
        Conflict: The same promotion is open, or the request was used before.
        Malformed: The envelope breaks its form.
    """

    def query(view: View) -> Asked:
        index = view.ledger.frontier().size
        return open_request(envelope, workspace.directory(view), now=view.now, index=index)

    asked = replace(workspace.store.read(query), supersedes=supersedes)
    return _recorded(workspace, asked, envelope, opening)


def _recorded(workspace: Workspace, asked: Asked, envelope: bytes | None, opening: Opening | None) -> str:
    if opening is not None and opening.commitment != asked.request.comment:
        raise Unverified("request: the comment is not the one that was signed")
    item = () if envelope is None else (keep(workspace.blobs, "request", ENVELOPE_MEDIA, envelope),)

    def command(tx: Transaction) -> str:
        now = InForce(workspace.bundle(tx), workspace.directory(tx), tx.now)
        if envelope is not None:  # who may ask is asked again of the directory in force at this index
            open_request(envelope, now.directory, now=tx.now, index=tx.ledger.frontier().size)
        news = tuple(build_id(Kind.PROMOTION, tx.now, tx.chance(10)) for _ in asked.each)
        every = _considered(tx, asked, now, news)
        tx.once.nonce(asked.request.nonce)
        tx.once.answer(asked.request.nonce, news[0], tx.now)
        if opening is not None:
            tx.openings.put(opening)
        superseded = tuple(each for accepted in every for each in accepted.superseded)
        for older, ended in superseded:
            Scribe(tx, about=about(older)).append(ended)
            tx.effects.abandon(older.id, f"superseded by {ended.by}")
        for new, one, accepted in zip(news, asked.each, every, strict=True):
            about_it = About(new, one.request.application, one.request.to, one.image)
            Scribe(tx, one.request.requester, about_it).append(accepted.requested, *item)
        for promotion in (*(older.id for older, _ in superseded if older.release), *news):
            want_next(tx, promotion)
        return news[0]

    return workspace.store.transact(command)


def _considered(tx: Transaction, asked: Asked, now: InForce, news: tuple[str, ...]) -> tuple[Accepted, ...]:
    """Return what to record of each image that is asked for, all or nothing."""
    expect_whole(asked.request, now.bundle.application(asked.request.application))
    release = _release(asked, news)
    known = tuple(_known(tx, one) for one in asked.each)
    return tuple(
        consider_request(one, now, knows, new=new, release=release)
        for one, knows, new in zip(asked.each, known, news, strict=True)
    )


def _release(asked: Asked, news: tuple[str, ...]) -> Release | None:
    if len(news) == 1:
        return None
    each = zip(news, asked.each, strict=True)
    return Release(tuple(ReleasePart(new, one.request.image, one.image) for new, one in each))


def _known(view: View, asked: Asked) -> Known:
    request = asked.request
    arrivals = tuple(
        Arrival(one.environment, one.at, one.level)
        for one in view.arrivals.of_image(asked.image)
        if (one.application, one.image_name) == (request.application, request.image)
    )
    at_place = view.promotions.open_at(request.application, request.image, request.to)
    releases = releases_of(view, at_place)
    return Known(
        arrivals=arrivals,
        of_image=view.promotions.of_image(asked.image),
        at_place=at_place,
        voted=frozenset(name for name, parts in releases.items() if any(part.reviews for part in parts)),
    )
