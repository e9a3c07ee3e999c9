"""``policy-review/v1``: somebody looked the rules over, and signed that they may stay as they are.

Source: spec/policy.md section 3.6. A review that changes nothing is evidence too, of regular reviews.
"""

from pratique.attest.fields import Fields
from pratique.attest.signed_form import check_spelling, parse_nonce, parse_slug, read_commitment, read_form
from pratique.attest.statement import Subject, build_statement
from pratique.errors import Malformed
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.names import Actor, parse_actor
from pratique.values.uris import POLICY_REVIEW


@dataclass(frozen=True, slots=True)
class PolicyReview:
    """Which version of which bundle was looked over, and by whom; ``comment`` commits to their words."""

    bundle: str
    digest: Digest
    version: int
    by: Actor
    comment: Digest
    nonce: str


def parse_policy_review(payload: bytes) -> PolicyReview:
    """Read a signed review's payload.

    Raises:
        Malformed: A field is missing, unknown or wrong, or the payload is not canonical.
    """
    subjects, fields = read_form(payload, POLICY_REVIEW, "policy review")
    fields.only("version", "by", "comment", "nonce")
    if len(subjects) != 1:
        raise Malformed(f"policy review.subject: expected exactly one bundle, found {len(subjects)}")
    review = PolicyReview(
        bundle=Fields("policy review.subject[0]", {"name": subjects[0].name}).parsed("name", parse_slug),
        digest=subjects[0].digest,
        version=fields.integer("version"),
        by=fields.parsed("by", parse_actor),
        comment=read_commitment(fields, "comment"),
        nonce=fields.parsed("nonce", parse_nonce),
    )
    check_spelling(payload, build_policy_review(review), "policy review")
    return review


def build_policy_review(review: PolicyReview) -> bytes:
    """Return the canonical payload that is signed."""
    comment = {"commitment": review.comment.hex}
    return build_statement(
        (Subject(review.digest, review.bundle),),
        POLICY_REVIEW,
        {"version": review.version, "by": review.by, "comment": comment, "nonce": review.nonce},
    )
