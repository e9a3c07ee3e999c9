"""``request/v1``: somebody asks, signed, that an image enter an environment.

Source: decisions.md, "Who counts". The signature proves who asked, so that separation of duties can exclude them.
A release asks for several images of one application at once; then ``release`` stands in the place of ``image``,
``source`` and ``from``, with one item for each.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import Filled, PersonalForm, Written, parse_nonce, parse_slug, read_commitment
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.errors import Malformed
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment, parse_actor, parse_application, parse_environment
from pratique.values.reference import Reference, parse_reference
from pratique.values.uris import REQUEST

_OWN = ("image", "source", "from")


class Way(StrEnum):
    """A way in that nobody is put on who did not ask for it."""

    EMERGENCY = "emergency"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Part:
    """One image of a release: its name in the application, its digest, and where it comes from."""

    image: str
    digest: Digest
    source: Reference
    from_: Environment | None


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked.

    ``images`` are the digests, the image itself first. ``from_`` is None where no environment held it before.
    In a release, ``images`` are those of its parts, and ``image``, ``source`` and ``from_`` the first part's.
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
    way: Way | None = None
    """What it is asked for as, which other people decide; None where the judgement shall find the way."""
    release: tuple[Part, ...] = ()
    """The parts of a release, at least two; nothing where one image is asked for."""

    @property
    def by(self) -> Actor:
        """Who must have signed it."""
        return self.requester

    @property
    def each(self) -> "tuple[Request, ...]":
        """What is asked for each image, as if it were asked for alone."""
        return tuple(
            replace(
                self, images=(part.digest,), image=part.image, source=part.source, from_=part.from_, release=()
            )
            for part in self.release
        ) or (self,)


def _read(filled: Filled) -> Request:
    images, fields = filled.images(), filled.fields
    release = _release(fields) if fields.has("release") else ()
    own = ("release",) if release else _OWN
    fields.only("application", *own, "to", "requester", "nonce", "issuedAt", "comment", "track")
    first = release[0] if release else _part(fields, images[0])
    return Request(
        images=images,
        application=fields.parsed("application", parse_application),
        image=first.image,
        source=first.source,
        from_=first.from_,
        to=fields.parsed("to", parse_environment),
        requester=fields.parsed("requester", parse_actor),
        nonce=fields.parsed("nonce", parse_nonce),
        issued_at=fields.moment("issuedAt"),
        comment=read_commitment(fields, "comment") if fields.has("comment") else None,
        way=fields.parsed("track", _way) if fields.has("track") else None,
        release=release,
    )


def _release(fields: Fields) -> tuple[Part, ...]:
    parts = tuple(_part(item.only("digest", *_OWN), item.digest("digest")) for item in fields.objects("release"))
    if len(parts) < 2 or len({part.image for part in parts}) != len(parts):
        raise Malformed("request.release: expected two images or more, each name once")
    return parts


def _part(fields: Fields, digest: Digest) -> Part:
    return Part(
        image=fields.parsed("image", parse_slug),
        digest=digest,
        source=fields.parsed("source", parse_reference),
        from_=fields.nullable("from", lambda name: fields.parsed(name, parse_environment)),
    )


def _way(track: str) -> Way:
    if track not in tuple(Way):
        raise Malformed(f"request.track: expected {' or '.join(Way)}, or nothing, found {track[:40]!r}")
    return Way(track)


def _write(request: Request) -> Written:
    """Spell a request; the subjects of a release are those of its parts."""
    own: dict[str, Json] = {"image": request.image, "source": str(request.source), "from": request.from_}
    predicate: dict[str, Json] = {
        "application": request.application,
        **({"release": [_part_object(part) for part in request.release]} if request.release else own),
        "to": request.to,
        "requester": request.requester,
        "nonce": request.nonce,
        "issuedAt": render_moment(request.issued_at),
        **({"comment": {"commitment": request.comment.hex}} if request.comment else {}),
        **({"track": str(request.way)} if request.way else {}),
    }
    images = tuple(dict.fromkeys(part.digest for part in request.release)) or request.images
    return tuple(map(Subject, images)), predicate


def _part_object(part: Part) -> Json:
    return {
        "image": part.image,
        "digest": {"sha256": part.digest.hex},
        "source": str(part.source),
        "from": part.from_,
    }


REQUEST_FORM: Final = PersonalForm("request", REQUEST, _read, _write, Namespace.REQUEST)
