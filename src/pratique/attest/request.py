"""``request/v1``: somebody asks, signed, that an image enter an environment.

Source: decisions.md, "Who counts". The signature proves who asked, so that separation of duties can exclude them.
"""

from datetime import datetime

from pratique.attest.signed_form import check_spelling, parse_nonce, parse_slug, read_commitment, read_image_form
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment, parse_actor, parse_application, parse_environment
from pratique.values.reference import Reference, parse_reference
from pratique.values.uris import REQUEST

EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    ``images`` are the digests, the image itself first. ``from_`` is None where no environment held it before.
    ``comment`` is a salted commitment to the requester's words.
    """

    images: tuple[Digest, ...]
    application: str
    image: str
    source: Reference
    from_: Environment | None
    to: Environment
    requester: Actor
    nonce: str
    issued_at: datetime
    comment: Digest | None = None
    emergency: bool = False
    """Whether it is asked for as an emergency, which other people decide."""


def parse_request(payload: bytes) -> Request:
    """Read a signed request's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    images, fields = read_image_form(payload, REQUEST, "request")
    fields.only(
        "application", "image", "source", "from", "to", "requester", "nonce", "issuedAt", "comment", "track"
    )
    request = Request(
        images=images,
        application=fields.parsed("application", parse_application),
        image=fields.parsed("image", parse_slug),
        source=fields.parsed("source", parse_reference),
        from_=fields.nullable("from", lambda name: fields.parsed(name, parse_environment)),
        to=fields.parsed("to", parse_environment),
        requester=fields.parsed("requester", parse_actor),
        nonce=fields.parsed("nonce", parse_nonce),
        issued_at=fields.moment("issuedAt"),
        comment=read_commitment(fields, "comment") if fields.has("comment") else None,
        emergency=fields.has("track") and _is_emergency(fields.text("track")),
    )
    check_spelling(payload, build_request(request), "request")
    return request


def _is_emergency(track: str) -> bool:
    if track != EMERGENCY:
        raise Malformed(f"request.track: expected {EMERGENCY} or nothing, found {track[:40]!r}")
    return True


def build_request(request: Request) -> bytes:
    """Return the canonical payload that the requester signs."""
    predicate = {
        "application": request.application,
        "image": request.image,
        "source": str(request.source),
        "from": request.from_,
        "to": request.to,
        "requester": request.requester,
        "nonce": request.nonce,
        "issuedAt": render_moment(request.issued_at),
        **({"comment": {"commitment": request.comment.hex}} if request.comment else {}),
        **({"track": EMERGENCY} if request.emergency else {}),
    }
    return build_statement(tuple(map(Subject, request.images)), REQUEST, predicate)
