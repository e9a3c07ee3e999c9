"""``review/v1``: a person's decision about one promotion, over exactly what they were shown.

Source: spec/approvals.md section 4. The statement binds the images, the way they go, the rules, the judgement, the
evidence and the ledger as the reviewer saw it, so that no server can use a signature for anything else.
"""

from datetime import datetime
from enum import StrEnum

from pratique.attest.fields import Fields
from pratique.attest.signed_form import (
    check_spelling,
    parse_line,
    parse_nonce,
    parse_slug,
    read_commitment,
    read_image_form,
)
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
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
class Review:
    """A decision, and everything it is about.

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


_FIELDS = (
    "promotion",
    "application",
    "from",
    "to",
    "resourceUri",
    "decision",
    "reviewer",
    "directory",
    "policy",
    "record",
    "evidence",
    "reason",
    "comment",
    "conditions",
    "checkpoint",
    "issuedAt",
    "expiresAt",
    "nonce",
)


def parse_review(payload: bytes) -> Review:
    """Read a signed review's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, it expires before it was issued, or it is not canonical.
    """
    images, fields = read_image_form(payload, REVIEW, "review")
    fields.only(*_FIELDS)
    review = Review(
        images=images,
        promotion=fields.parsed("promotion", lambda text: parse_id(text, Kind.PROMOTION)),
        application=fields.parsed("application", parse_application),
        from_=fields.nullable("from", lambda name: fields.parsed(name, parse_environment)),
        to=fields.parsed("to", parse_environment),
        resource_uri=fields.parsed("resourceUri", parse_line),
        decision=fields.member("decision", Decision),
        reviewer=fields.parsed("reviewer", parse_actor),
        directory=fields.digest("directory"),
        policy=fields.digest("policy"),
        record=fields.digest("record"),
        evidence=_root(fields.object("evidence").only("root")),
        reason=fields.parsed("reason", parse_slug),
        comment=fields.nullable("comment", lambda name: read_commitment(fields, name)),
        conditions=tuple(_condition(item) for item in fields.objects("conditions")),
        checkpoint=_seen(fields.object("checkpoint")),
        issued_at=fields.moment("issuedAt"),
        expires_at=fields.moment("expiresAt"),
        nonce=fields.parsed("nonce", parse_nonce),
    )
    if review.expires_at <= review.issued_at:
        raise Malformed("review.expiresAt: expected a moment after issuedAt")
    check_spelling(payload, build_review(review), "review")
    return review


def _root(fields: Fields) -> Digest:
    return fields.parsed("root", Digest)


def _condition(fields: Fields) -> Condition:
    fields.only("commitment", "until")
    return Condition(fields.parsed("commitment", Digest), fields.nullable("until", fields.moment))


def _seen(fields: Fields) -> Seen:
    fields.only("origin", "size", "root")
    return Seen(fields.parsed("origin", parse_line), fields.integer("size"), _root(fields))


def build_review(review: Review) -> bytes:
    """Return the canonical payload that the reviewer signs."""
    predicate: dict[str, Json] = {
        "promotion": review.promotion,
        "application": review.application,
        "from": review.from_,
        "to": review.to,
        "resourceUri": review.resource_uri,
        "decision": review.decision,
        "reviewer": review.reviewer,
        "directory": {"sha256": review.directory.hex},
        "policy": {"sha256": review.policy.hex},
        "record": {"sha256": review.record.hex},
        "evidence": {"root": review.evidence.hex},
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
    return build_statement(tuple(map(Subject, review.images)), REVIEW, predicate)


def _condition_object(condition: Condition) -> Json:
    until = render_moment(condition.until) if condition.until else None
    return {"commitment": condition.commitment.hex, "until": until}
