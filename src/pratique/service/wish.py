"""What somebody wants in becomes a statement: tags become digests, and what was left out is found.

A tag is resolved here, at the door, once; from then on everything is about digests.
"""

import secrets
from dataclasses import dataclass, replace

from pratique.attest.request import Part, Request, Way
from pratique.errors import Absent, Conflict, Refused
from pratique.policy.application import Application
from pratique.policy.document import Bundle
from pratique.promotion.past import Arrival as Arrived
from pratique.promotion.request_key import keyed_nonce
from pratique.service.workspace import Workspace
from pratique.storage.transaction import View
from pratique.values.digest import Digest
from pratique.values.names import Actor, Environment
from pratique.values.reference import Reference


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


def pinned(workspace: Workspace, wish: Wish) -> Wish:
    """Return the wish with the digest of every image; a tag is resolved here, once.

    Raises:
        Absent: There is no such tag or image.
        Conflict: The tag is another digest than the one that is asked for beside it.
    """
    return replace(wish, images=tuple(_pinned(workspace, one) for one in wish.images))


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


def state(workspace: Workspace, view: View, wish: Wish, comment: Digest | None) -> Request:
    """Return the statement that the requester signs; ``comment`` commits to their words.

    Raises:
        Absent: The policy knows no such application, image or environment.
        Refused: The image may be several of the application's.
    """
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
