"""Asking again under the same key: a request whose nonce follows from who asks and the key they gave.

So a key needs no memory of its own: the nonce stands in the ledger, signed, and a restore brings it back.
"""

import hashlib

from pratique.attest.request import Request
from pratique.errors import Conflict, Malformed
from pratique.promotion.states import Promotion
from pratique.values.canonical import canonical
from pratique.values.names import Actor

MAX_CHARACTERS = 200
_NONCE_CHARACTERS = 32  # as every signed statement has it: 16 bytes


def keyed_nonce(requester: Actor, key: str) -> str:
    """Return the nonce of the one request that this requester makes under this key.

    Raises:
        Malformed: The key is empty, longer than 200 characters, or not printable.
    """
    if not 0 < len(key) <= MAX_CHARACTERS or not key.isprintable():
        raise Malformed(
            f"idempotency key: expected 1 to {MAX_CHARACTERS} printable characters, found {key[:80]!r}; use the "
            "number of the build, say"
        )
    named = canonical(["request", requester, key])
    return hashlib.sha256(named).hexdigest()[:_NONCE_CHARACTERS]


def expect_same(request: Request, found: Promotion) -> None:
    """Return if a promotion answers a request with its nonce: the same wish of the same person.

    The words beside it are no part of the wish.

    Raises:
        Conflict: The key was used for something else.
    """
    if _wish_of(request) != _answered_by(found):
        raise Conflict(
            f"request: this idempotency key was used for {found.id}: {found.image_name} {found.image} of "
            f"{found.application} to {found.to}; take another key for another wish"
        )


def _wish_of(request: Request) -> object:
    images = {(one.image, one.images[0]) for one in request.each}
    return request.requester, request.application, request.to, request.way, images


def _answered_by(found: Promotion) -> object:
    parts = found.release.parts if found.release else ()
    images = {(part.image_name, part.image) for part in parts} or {(found.image_name, found.image)}
    return found.requester, found.application, found.to, found.track, images
