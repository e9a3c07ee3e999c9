"""Looking the rules in force over: somebody with a say signs that they may stay as they are."""

import secrets

from pratique.attest.dsse import IN_TOTO
from pratique.attest.policy_review import POLICY_REVIEW_FORM, PolicyReview
from pratique.attest.sshsig import Namespace
from pratique.attest.word import open_word
from pratique.errors import Malformed, Refused, Unverified
from pratique.promotion.governance import PolicyReviewed
from pratique.promotion.happenings import PolicyPublished
from pratique.service.scribe import Scribe, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.values.commitment import SALT_BYTES, Opening
from pratique.values.names import is_person
from pratique.values.uris import ENVELOPE_MEDIA

COMMENT = "policy-review"


def review(workspace: Workspace, comment: str, signatory: Signatory) -> PolicyReviewed:
    """Have a person sign that the rules in force may stay as they are, and record it.

    Raises:
        Refused: This person has no say in the policy.
        Malformed: They said nothing.
        Unverified: The signature is not theirs.
    """
    if not is_person(signatory.actor) or not comment.strip():
        raise Malformed("policy review: expected a person and their words; say what was looked at")
    opening = Opening(COMMENT, comment, secrets.token_bytes(SALT_BYTES))
    current = workspace.store.read(lambda view: _in_force(workspace, view))
    statement = PolicyReview(
        bundle=current.bundle,
        digest=current.digest,
        version=current.version,
        by=signatory.actor,
        comment=opening.commitment,
        nonce=secrets.token_hex(16),
    )
    envelope = sign(signatory, POLICY_REVIEW_FORM.build(statement), IN_TOTO, Namespace.POLICY)
    item = keep(workspace.blobs, "policy-review", ENVELOPE_MEDIA, envelope)
    reviewed = PolicyReviewed(
        current.version, current.digest, signatory.actor, opening.commitment, statement.nonce
    )

    def command(tx: Transaction) -> None:
        directory = workspace.directory(tx)
        said = open_word(envelope, POLICY_REVIEW_FORM, directory.people_keys(tx.ledger.frontier().size))
        if said != statement or _in_force(workspace, tx) != current:
            raise Unverified("policy review: it is about another version than the one in force; sign again")
        bundle = workspace.bundle(tx)
        roles = directory.roles_of(signatory.actor, "*", "*", tx.now)
        named = {one.role for one in bundle.changes.approvals} if bundle.changes else set()
        if not directory.in_group(signatory.actor, bundle.metadata.owner) and not roles & named:
            raise Refused(
                f"policy review: {signatory.actor} is not in {bundle.metadata.owner}, which owns the policy"
            )
        tx.once.nonce(statement.nonce)
        tx.openings.put(opening)
        Scribe(tx, signatory.actor).append(reviewed, item)

    workspace.store.transact(command)
    return reviewed


def _in_force(workspace: Workspace, view: View) -> PolicyPublished:
    digest = workspace.policy_digest(view)
    return [data for _, data in view.ledger.told(PolicyPublished) if data.digest == digest][-1]
