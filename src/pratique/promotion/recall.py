"""Taking an image back from an environment that holds it.

Source: decisions.md, "Who counts": taking power away needs one signature. Pure: no clock, no storage.
"""

from collections.abc import Iterable
from datetime import datetime

from pratique.attest.dsse import IN_TOTO, parse_envelope
from pratique.attest.recall import Recall, parse_recall
from pratique.attest.sshsig import Namespace
from pratique.attest.verify import open_envelope
from pratique.errors import Conflict, Unverified
from pratique.promotion.directory import Directory
from pratique.promotion.hold import expect_role
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionRecalled


def open_recall(content: bytes, directory: Directory, *, index: int) -> Recall:
    """Return a signed recall, once it is known that whom it names has signed it.

    Raises:
        Malformed: The envelope or the statement breaks its form.
        Unverified: No key of theirs signed it.
    """
    # As a hold (promotion.hold): a reviewer's no, which the predicate type keeps from counting as a review.
    opened = open_envelope(
        parse_envelope(content), directory.people_keys(index), Namespace.REVIEW, payload_type=IN_TOTO
    )
    recall = parse_recall(opened.payload)
    if recall.word.by not in {signer.holder for signer in opened.signers}:
        raise Unverified(f"recall: expected a signature by {recall.word.by} with a key of theirs, found another's")
    return recall


def consider_recall(
    recall: Recall, promotions: Iterable[Promotion], directory: Directory, now: datetime
) -> tuple[tuple[Promotion, PromotionRecalled], ...]:
    """Return every promotion that brought the image to this place, each with its end.

    Args:
        recall: From :func:`open_recall`.
        promotions: Every one of the image.
        directory: The version in force.
        now: The moment of the ledger.

    Raises:
        Refused: Whoever signed holds no role there by which one may stop something.
        Conflict: The environment does not have the image by any promotion.
    """
    expect_role(directory, recall.word.by, recall.application, recall.environment, now)
    place = recall.application, recall.image_name, recall.environment
    there = [
        one
        for one in promotions
        if one.place == place and one.image == recall.image and one.state is State.PROMOTED
    ]
    if not there:
        raise Conflict(f"recall: {recall.environment} does not have {recall.image} by any promotion")
    ended = PromotionRecalled(recall.word.by, recall.word.nonce, recall.word.comment)
    return tuple((one, ended) for one in there)
