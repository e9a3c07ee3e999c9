"""Reviewing: the statement that a reviewer is to sign, and handing in what they signed.

The server never signs for a person. ``prepare`` makes the exact statement; the person signs it with their own key;
``hand_in`` takes it only if it is theirs, and about the judgement that stands.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from pratique.attest.dsse import IN_TOTO
from pratique.attest.review import REVIEW_FORM, Decision, Review, Seen
from pratique.attest.sshsig import Namespace
from pratique.errors import Conflict, Refused, Unverified
from pratique.promotion.case import bodies_of, case_of
from pratique.promotion.catalogue import Happening
from pratique.promotion.directory import Directory
from pratique.promotion.events import EventObject
from pratique.promotion.happenings import PromotionApproved, ReviewGiven
from pratique.promotion.judge import judge
from pratique.promotion.record import Record
from pratique.promotion.release import is_release
from pratique.promotion.review import Ledger, Signed, consider_review, open_review
from pratique.promotion.review_statement import Choice, state_release_review, state_review
from pratique.promotion.states import Promotion, State
from pratique.service import ledger
from pratique.service.copying import why_newer
from pratique.service.perform import want_next
from pratique.service.release import release_by_prefix, told
from pratique.service.review_queue import record_of
from pratique.service.scribe import Scribe, about, keep
from pratique.service.signatory import Signatory, sign
from pratique.service.workspace import Workspace
from pratique.storage.transaction import Transaction, View
from pratique.tlog.proofs import root_at
from pratique.values.commitment import SALT_BYTES, Opening
from pratique.values.digest import Digest
from pratique.values.ids import Kind, build_id
from pratique.values.names import Actor
from pratique.values.uris import ENVELOPE_MEDIA

COMMENT = "comment"
VALID_FOR = timedelta(days=5)  # how long an approval counts, unless the promotion's window closes before


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer wants to say."""

    reviewer: Actor
    decision: Decision
    reason: str
    comment: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """The exact statement to sign, and the opening of its comment, which stays private."""

    statement: bytes
    opening: Opening | None


@dataclass(frozen=True, slots=True)
class Given:
    """A recorded review, and how the promotion stands after it."""

    review: ReviewGiven
    promotion: Promotion


def prepare(workspace: Workspace, prefix: str, verdict: Verdict) -> Prepared:
    """Return the statement that a reviewer is to sign, bound to a checkpoint of the ledger signed just now.

    Before that, the record is judged again from the evidence itself: nobody signs what a server merely shows.

    Raises:
        Unverified: The record does not follow from its evidence.
    """
    promotions, directory = workspace.store.read(
        lambda view: (_to_review(view, prefix), workspace.directory(view))
    )
    directory.expect(verdict.reviewer)
    for promotion in promotions:
        _judge_again(workspace, record_of(workspace, promotion), directory)
    signed = ledger.checkpoint(workspace)
    seen = Seen(workspace.origin, signed.size, Digest(signed.root.hex()))
    salt = secrets.token_bytes(SALT_BYTES)
    opening = None if verdict.comment is None else Opening(COMMENT, verdict.comment, salt)
    choice = Choice(
        decision=verdict.decision,
        reviewer=verdict.reviewer,
        reason=verdict.reason,
        comment=None if opening is None else opening.commitment,
        valid_for=VALID_FOR,
        nonce=secrets.token_hex(16),
    )

    def query(view: View) -> Review:
        parts = tuple((one, record_of(workspace, one)) for one in _to_review(view, prefix))
        if is_release(prefix):
            return state_release_review(parts, choice, seen, now=view.now)
        return state_review(*parts[0], choice, seen, now=view.now)

    return Prepared(REVIEW_FORM.build(workspace.store.read(query)), opening)


_UNDECIDED = frozenset({State.GATHERING, State.JUDGING, State.REMEDIATION, State.FAILED})


def _to_review(view: View, prefix: str) -> tuple[Promotion, ...]:
    """Return the promotion of this id, or every part of the release of this id on which people decide.

    Raises:
        Refused: A part is not judged yet, or nothing of the release waits for people.
    """
    if not is_release(prefix):
        return (view.promotions.by_prefix(prefix),)
    parts = release_by_prefix(view, prefix)
    for part in parts:
        if part.state in _UNDECIDED:
            raise Refused(
                f"review: {part.image_name} of {prefix} is {part.state}; wait until every part is judged, or review "
                "one promotion by its own id"
            )
    waiting = tuple(part for part in parts if part.state is State.REVIEW)
    if not waiting:
        raise Refused(f"review: nothing of {prefix} waits for people; its parts are {told(parts)}")
    return waiting


def _judge_again(workspace: Workspace, record: Record, directory: Directory) -> None:
    inputs = record.decision.inputs
    bodies = {digest: workspace.blobs.get(digest) for digest in bodies_of(inputs)}
    bundle = workspace.bundle_of(inputs.policy.digest)
    again = judge(case_of(record, bundle=bundle, directory=directory, bodies=bodies))
    if again.digest != record.digest:
        raise Unverified(
            f"record {record.digest}: judged again from its evidence, {again.digest} comes out; do not sign it"
        )


def give(workspace: Workspace, prefix: str, verdict: Verdict, signatory: Signatory) -> tuple[Given, ...]:
    """Prepare a review of a promotion or a release, have it signed and hand it in; raises as :func:`hand_in`."""
    prepared = prepare(workspace, prefix, verdict)
    envelope = sign(signatory, prepared.statement, IN_TOTO, Namespace.REVIEW)
    return hand_in(workspace, envelope, prepared.opening)


def hand_in(workspace: Workspace, envelope: bytes, opening: Opening | None) -> tuple[Given, ...]:
    """Record a signed review, and what follows from it: an approval, a veto, or a new judgement.

    One of a release is recorded for each of its parts, or for none.

    Raises:
        Unverified: The reviewer did not sign it.
        Refused: It is about another judgement than the one that stands, or too late.
        Conflict: It was handed in before.
        Malformed: It breaks its form.
    """
    item = keep(workspace.blobs, "review", ENVELOPE_MEDIA, envelope)

    def command(tx: Transaction) -> tuple[Given, ...]:
        index, directory = tx.ledger.frontier().size, workspace.directory(tx)
        signed = open_review(envelope, directory, index=index)
        review = signed.review
        if opening is not None and opening.commitment != review.comment:
            raise Unverified("review: the comment is not the one that was signed")
        tx.once.nonce(review.nonce)
        if opening is not None:
            tx.openings.put(opening)
        reviews = tuple(_hand_in(workspace, tx, signed, one, item) for one in review.promotions)
        for promotion in review.promotions:
            want_next(tx, promotion)
        return tuple(
            Given(given, tx.promotions.find(one)) for one, given in zip(review.promotions, reviews, strict=True)
        )

    return workspace.store.transact(command)


def _hand_in(
    workspace: Workspace, tx: Transaction, signed: Signed, promotion_id: str, item: EventObject
) -> ReviewGiven:
    """Record what a review says of one promotion; what others of its release do because of it follows after all."""
    index, promotion = tx.ledger.frontier().size, tx.promotions.find(promotion_id)
    happenings = consider_review(
        signed.about(promotion.id),
        promotion,
        record_of(workspace, promotion),
        workspace.directory(tx),
        ledger=_our_ledger(workspace, tx, signed.review.checkpoint, index),
        in_force=workspace.in_force(tx, promotion),
        index=index,
        identifier=build_id(Kind.REVIEW, tx.now, tx.chance(10)),
    )
    if any(isinstance(one, PromotionApproved) for one in happenings) and (newer := why_newer(tx, promotion)):
        raise Refused(f"review: {promotion.id} must be judged again first (a worker does, or `retry`): {newer}")
    _append(tx, promotion, signed.review.reviewer, happenings, item)
    return _given(happenings)


def _our_ledger(workspace: Workspace, view: View, seen: Seen, size: int) -> Ledger:
    root = Digest(root_at(seen.size, view.ledger.node).hex()) if seen.size <= size else None
    return Ledger(workspace.origin, root)


def _append(
    tx: Transaction, promotion: Promotion, reviewer: Actor, happenings: tuple[Happening, ...], item: EventObject
) -> None:
    for happening in happenings:
        match happening:
            case ReviewGiven():
                Scribe(tx, reviewer, about(promotion)).append(happening, item)
            case _:
                Scribe(tx, about=about(promotion)).append(happening)


def _given(happenings: tuple[Happening, ...]) -> ReviewGiven:
    for happening in happenings:
        if isinstance(happening, ReviewGiven):
            return happening
    raise Conflict("review: nothing was recorded of it; look at the promotion and sign again")
