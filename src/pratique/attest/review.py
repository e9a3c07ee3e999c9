"""``review/v1``: a person's decision about one promotion, over exactly what they were shown.

Source: spec/approvals.md section 4. The statement binds the images, the way they go, the rules, the judgement, the
evidence and the ledger as the reviewer saw it, so that no server can use a signature for anything else.

One signature may cover a release: then ``release`` names what is particular to each part, the digest of its decision
record first of all, in the place of the same five fields at the top.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import (
    Filled,
    PersonalForm,
    Written,
    parse_line,
    parse_nonce,
    parse_slug,
    read_commitment,
)
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
from pratique.errors import Malformed, Unverified
from pratique.values.canonical import Json
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.ids import Kind, parse_id
from pratique.values.moment import render_moment
from pratique.values.names import Actor, Environment, parse_actor, parse_application, parse_environment
from pratique.values.uris import REVIEW


class Decision(StrEnum):
    """What a reviewer may say."""

    APPROVE = "approve"
    VETO = "veto"
    ASK = "ask"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that must be true or be done, as a commitment to its text, and until when (None: for good)."""

    commitment: Digest
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The ledger as the reviewer saw it: a signed checkpoint's origin, size and root."""

    origin: str
    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class Part:
    """What a review of a release says of one promotion; the fields are those of :class:`Review`."""

    promotion: str
    images: tuple[Digest, ...]
    from_: Environment | None
    resource_uri: str
    record: Digest
    evidence: Digest


@dataclass(frozen=True, slots=True)
class Review:
    """A decision, and everything it is about. In a release, what is particular to a part is the first part's.

    ``images`` is the image's digest followed by every platform's. ``policy`` is the digest of the resolved rules
    of the environment ``to``, ``record`` that of the decision record shown, ``evidence`` the root of the frozen
    evidence set. ``reason`` is a reason code; ``comment`` a salted commitment to the reviewer's words.
    """

    images: tuple[Digest, ...]
    promotion: str
    application: str
    from_: Environment | None
    to: Environment
    resource_uri: str
    decision: Decision
    reviewer: Actor
    directory: Digest
    policy: Digest
    record: Digest
    evidence: Digest
    reason: str
    comment: Digest | None
    conditions: tuple[Condition, ...]
    checkpoint: Seen
    issued_at: datetime
    expires_at: datetime
    nonce: str
    release: tuple[Part, ...] = ()
    """What it is about, where it is about a release; ``images`` are then those of every part."""

    @property
    def by(self) -> Actor:
        """Who must have signed it."""
        return self.reviewer

    @property
    def promotions(self) -> tuple[str, ...]:
        """The promotions that it is about."""
        return tuple(part.promotion for part in self.release) or (self.promotion,)

    def about(self, promotion: str) -> "Review":
        """Return what a review of a release says of one promotion; any other review as it is.

        Raises:
            Unverified: The promotion is no part of the release.
        """
        if not self.release:
            return self
        for part in self.release:
            if part.promotion == promotion:
                return _alone(self, part)
        raise Unverified(f"review: expected one about {promotion}, found one about {', '.join(self.promotions)}")


def _alone(review: Review, part: Part) -> Review:
    return replace(
        review,
        images=part.images,
        promotion=part.promotion,
        from_=part.from_,
        resource_uri=part.resource_uri,
        record=part.record,
        evidence=part.evidence,
        release=(),
    )


_PARTICULAR = ("promotion", "from", "resourceUri", "record", "evidence")
_FIELDS = (
    "application",
    "to",
    "decision",
    "reviewer",
    "directory",
    "policy",
    "reason",
    "comment",
    "conditions",
    "checkpoint",
    "issuedAt",
    "expiresAt",
    "nonce",
)


def _read(filled: Filled) -> Review:
    images, fields = filled.images(), filled.fields
    release = _release(fields) if fields.has("release") else ()
    fields.only(*_FIELDS, *(("release",) if release else _PARTICULAR))
    first = release[0] if release else _part(fields, images)
    review = Review(
        images=images,
        promotion=first.promotion,
        application=fields.parsed("application", parse_application),
        from_=first.from_,
        to=fields.parsed("to", parse_environment),
        resource_uri=first.resource_uri,
        decision=fields.member("decision", Decision),
        reviewer=fields.parsed("reviewer", parse_actor),
        directory=fields.digest("directory"),
        policy=fields.digest("policy"),
        record=first.record,
        evidence=first.evidence,
        reason=fields.parsed("reason", parse_slug),
        comment=fields.nullable("comment", lambda name: read_commitment(fields, name)),
        conditions=tuple(_condition(item) for item in fields.objects("conditions")),
        checkpoint=_seen(fields.object("checkpoint")),
        issued_at=fields.moment("issuedAt"),
        expires_at=fields.moment("expiresAt"),
        nonce=fields.parsed("nonce", parse_nonce),
        release=release,
    )
    if review.expires_at <= review.issued_at:
        raise Malformed("review.expiresAt: expected a moment after issuedAt")
    return review


def _release(fields: Fields) -> tuple[Part, ...]:
    items = fields.objects("release")
    parts = tuple(_part(item.only("images", *_PARTICULAR), _images(item)) for item in items)
    if not parts or len({part.promotion for part in parts}) != len(parts):
        raise Malformed("review.release: expected one promotion or more, each once")
    return parts


def _images(fields: Fields) -> tuple[Digest, ...]:
    images = tuple(map(Digest, fields.texts("images")))
    if not images or len(set(images)) != len(images):
        raise Malformed(f"{fields.path('images')}: expected distinct digests, at least one")
    return images


def _part(fields: Fields, images: tuple[Digest, ...]) -> Part:
    return Part(
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        images=images,
        from_=fields.nullable("from", lambda name: fields.parsed(name, parse_environment)),
        resource_uri=fields.parsed("resourceUri", parse_line),
        record=fields.digest("record"),
        evidence=_root(fields.object("evidence").only("root")),
    )


def _root(fields: Fields) -> Digest:
    return fields.parsed("root", Digest)


def _condition(fields: Fields) -> Condition:
    fields.only("commitment", "until")
    return Condition(fields.parsed("commitment", Digest), fields.nullable("until", fields.moment))


def _seen(fields: Fields) -> Seen:
    fields.only("origin", "size", "root")
    return Seen(fields.parsed("origin", parse_line), fields.integer("size"), _root(fields))


def _write(review: Review) -> Written:
    alone = Part(
        review.promotion, review.images, review.from_, review.resource_uri, review.record, review.evidence
    )
    release: Json = [_release_object(part) for part in review.release]
    predicate: dict[str, Json] = {
        **({"release": release} if review.release else _part_object(alone)),
        "application": review.application,
        "to": review.to,
        "decision": review.decision,
        "reviewer": review.reviewer,
        "directory": {"sha256": review.directory.hex},
        "policy": {"sha256": review.policy.hex},
        "reason": review.reason,
        "comment": {"commitment": review.comment.hex} if review.comment else None,
        "conditions": [_condition_object(condition) for condition in review.conditions],
        "checkpoint": {
            "origin": review.checkpoint.origin,
            "size": review.checkpoint.size,
            "root": review.checkpoint.root.hex,
        },
        "issuedAt": render_moment(review.issued_at),
        "expiresAt": render_moment(review.expires_at),
        "nonce": review.nonce,
    }
    images = tuple(dict.fromkeys(image for part in review.release for image in part.images)) or review.images
    return tuple(map(Subject, images)), predicate


def _release_object(part: Part) -> Json:
    return {"images": [image.hex for image in part.images], **_part_object(part)}


def _part_object(part: Part) -> dict[str, Json]:
    return {
        "promotion": part.promotion,
        "from": part.from_,
        "resourceUri": part.resource_uri,
        "record": {"sha256": part.record.hex},
        "evidence": {"root": part.evidence.hex},
    }


def _condition_object(condition: Condition) -> Json:
    until = render_moment(condition.until) if condition.until else None
    return {"commitment": condition.commitment.hex, "until": until}


REVIEW_FORM: Final = PersonalForm("review", REVIEW, _read, _write, Namespace.REVIEW)
