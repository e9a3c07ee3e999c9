"""Asking for a promotion, taking a request back, and beginning again."""

import secrets
from dataclasses import dataclass, replace

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.request import Part, Request, Way, build_request
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.attest.withdrawal import Withdrawal, build_withdrawal, parse_withdrawal
from pratique.errors import Absent, Conflict, Refused, Unverified
from pratique.policy.application import Application
from pratique.policy.document import Bundle
from pratique.policy.facts import Arrival
from pratique.promotion.history import NO_WAY_BACK
from pratique.promotion.past import Arrival as Arrived
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
from pratique.promotion.request_key import expect_same, keyed_nonce
from pratique.promotion.states import RETRYABLE, Promotion, State
from pratique.promotion.withdraw import withdraw as consider_withdrawal
from pratique.service.again import begin_again
from pratique.service.perform import releases_of, want_next
from pratique.service.scribe import About, Scribe, about, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.commitment import SALT_BYTES, Opening
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor, Environment
from pratique.values.reference import Reference
from pratique.values.uris import ENVELOPE_MEDIA

COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Named:
    """An image that somebody wants in, and its name in the application, where they gave it."""

    reference: Reference
    image: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants, before it is a statement; several images are a release."""

    requester: Actor
    images: tuple[Named, ...]
    application: str
    to: Environment
    comment: str | None
    supersedes: str | None = None
    way: Way | None = None
    key: str | None = None
    """Asked again under the same key, the promotion that it made answers."""


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
    pinned = replace(wish, images=tuple(_pinned(workspace, one) for one in wish.images))
    opening = None if wish.comment is None else Opening(COMMENT, wish.comment, secrets.token_bytes(SALT_BYTES))
    comment = None if opening is None else opening.commitment
    request = workspace.store.read(lambda view: _request(workspace, view, pinned, comment))
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
    envelope = sign(signatory, build_request(request), IN_TOTO, Namespace.REQUEST)
    return hand_in(workspace, envelope, opening, supersedes)


def _pinned(workspace: Workspace, named: Named) -> Named:
    return replace(named, reference=replace(named.reference, digest=_resolved(workspace, named.reference)))


def _resolved(workspace: Workspace, reference: Reference) -> Digest:
    """Return the digest that is meant, once it is known to be there and to be what the tag says."""
    repository = workspace.open(reference.repository)
    found = repository.resolve(reference.tag) if reference.tag else None
    if reference.tag and found is None:
        raise Absent(f"{reference.repository} has no tag {reference.tag!r}; name one that exists, or a digest")
    digest = reference.digest or found
    if digest is None:
        raise Absent(f"{reference}: expected a tag or a digest, found none")
    if found is not None and found != digest:
        raise Conflict(f"{reference.repository}:{reference.tag} is {found}, the request says {digest}; name one")
    return repository.manifest(digest).digest


def _request(workspace: Workspace, view: View, wish: Wish, comment: Digest | None) -> Request:
    bundle = workspace.bundle(view)
    parts = tuple(_part(view, bundle, wish, named) for named in wish.images)
    first = parts[0]
    return Request(
        images=tuple(dict.fromkeys(part.digest for part in parts)),
        application=wish.application,
        image=first.image,
        source=first.source,
        from_=first.from_,
        to=wish.to,
        requester=wish.requester,
        nonce=secrets.token_hex(16) if wish.key is None else keyed_nonce(wish.requester, wish.key),
        issued_at=view.now,
        comment=comment,
        way=wish.way,
        release=parts if len(parts) > 1 else (),
    )


def _part(view: View, bundle: Bundle, wish: Wish, named: Named) -> Part:
    digest = named.reference.digest
    if digest is None:
        raise Absent(f"{named.reference}: expected a digest, found none")
    arrivals = [one for one in view.arrivals.of_image(digest) if one.application == wish.application]
    image = named.image or _image_name(bundle.application(wish.application), named.reference)
    before = None if wish.way is Way.ADOPT else _predecessor(bundle, wish.to, arrivals)  # it stood there already
    return Part(image, digest, named.reference, before)


def _image_name(application: Application, reference: Reference) -> str:
    """Return the name of the application's image that may come from, or lives in, this repository."""
    repository, images = reference.repository, application.images
    if len(images) == 1:
        return images[0].name
    fitting = [
        image.name
        for image in images
        if image.accepts(repository) or any(place.repository == repository for place in image.destinations)
    ]
    if len(fitting) == 1:
        return fitting[0]
    names = ", ".join(image.name for image in images)
    raise Refused(
        f"request: {repository} fits {len(fitting)} images of {application.name}; say which it is: one of {names}, "
        "as NAME=IMAGE"
    )


def _predecessor(bundle: Bundle, to: Environment, arrivals: list[Arrived]) -> Environment | None:
    """Return the environment that this digest comes from: of those allowed, the one it entered last."""
    allowed = bundle.rules(to).predecessors
    held = [one.environment for one in arrivals if one.environment in allowed]
    return held[-1] if held else (allowed[0] if allowed else None)


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


def withdraw(workspace: Workspace, prefix: str, signatory: Signatory) -> Promotion:
    """Take a request back, signed by whoever may; return the promotion as it ended.

    Raises:
        Absent, Conflict: No such promotion, or it ended already.
        Refused: The signatory may not take it back.
        Unverified: The signature is not theirs.
    """
    workspace.store.read(workspace.directory).expect(signatory.actor)
    promotion = workspace.store.read(lambda view: view.promotions.by_prefix(prefix))
    statement = Withdrawal((promotion.image,), promotion.id, signatory.actor, secrets.token_hex(16))
    envelope = sign(signatory, build_withdrawal(statement), IN_TOTO, Namespace.REQUEST)
    item = keep(workspace.blobs, "withdrawal", ENVELOPE_MEDIA, envelope)

    def command(tx: Transaction) -> Promotion:
        directory = workspace.directory(tx)
        keys = (*directory.people_keys(tx.ledger.frontier().size), *directory.service_keys("request"))
        opened = open_envelope(parse_envelope(envelope), keys, Namespace.REQUEST, payload_type=IN_TOTO)
        signed = parse_withdrawal(opened.payload)
        if signed.by not in {signer.holder for signer in opened.signers}:
            raise Unverified(f"withdrawal: expected a signature by {signed.by}, found another's")
        standing = tx.promotions.find(signed.promotion)
        tx.once.nonce(signed.nonce)
        withdrawn = consider_withdrawal(standing, signed.by, directory, now=tx.now)
        Scribe(tx, signed.by, about(standing)).append(withdrawn, item)
        tx.effects.abandon(standing.id, withdrawn.because)
        want_next(tx, standing.id)
        return tx.promotions.find(standing.id)

    return workspace.store.transact(command)


def retry(workspace: Workspace, prefix: str) -> Promotion:
    """Gather and judge a promotion again, and return it; a decision that comes out no worse keeps its votes.

    Raises:
        Absent: There is no such promotion.
        Conflict: It has ended, or is being gathered or moved right now.
    """

    def command(tx: Transaction) -> Promotion:
        promotion = tx.promotions.by_prefix(prefix)
        if promotion.released and promotion.open:
            raise Conflict(f"{promotion.id}: {NO_WAY_BACK}")
        if promotion.state not in RETRYABLE:
            states = ", ".join(sorted(RETRYABLE))
            raise Conflict(f"{promotion.id} is {promotion.state}; it can be retried when it is {states}")
        tx.effects.abandon(promotion.id, "begun again")
        begin_again(Scribe(tx, about=about(promotion)), promotion, "somebody asked for it")
        want_next(tx, promotion.id)
        return tx.promotions.find(promotion.id)

    return workspace.store.transact(command)


def retry_image(tx: Transaction, image: Digest) -> None:
    """Begin again whatever waits in remediation for this image: something about it is new."""
    for promotion in tx.promotions.of_image(image):
        if promotion.state is State.REMEDIATION:
            begin_again(Scribe(tx, about=about(promotion)), promotion, "there is new evidence about the image")
            want_next(tx, promotion.id)
