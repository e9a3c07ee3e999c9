"""``policy-review/v1``: somebody looked the rules over, and signed that they may stay as they are.

Source: spec/policy.md section 3.6. A review that changes nothing is evidence too, of regular reviews.
"""

from typing import Final

from pratique.attest.fields import Fields
from pratique.attest.signed_form import Filled, PersonalForm, Written, parse_nonce, parse_slug, read_commitment
from pratique.attest.sshsig import Namespace
from pratique.attest.statement import Subject
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


def _read(filled: Filled) -> PolicyReview:
    subject, fields = filled.subject(), filled.fields.only("version", "by", "comment", "nonce")
    return PolicyReview(
        bundle=Fields("policy review.subject[0]", {"name": subject.name}).parsed("name", parse_slug),
        digest=subject.digest,
        version=fields.integer("version"),
        by=fields.parsed("by", parse_actor),
        comment=read_commitment(fields, "comment"),
        nonce=fields.parsed("nonce", parse_nonce),
    )


def _write(review: PolicyReview) -> Written:
    return (Subject(review.digest, review.bundle),), {
        "version": review.version,
        "by": review.by,
        "comment": {"commitment": review.comment.hex},
        "nonce": review.nonce,
    }


POLICY_REVIEW_FORM: Final = PersonalForm("policy review", POLICY_REVIEW, _read, _write, Namespace.POLICY)
