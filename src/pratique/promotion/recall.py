"""Taking an image back from an environment that holds it.

Source: decisions.md, "Who counts": taking power away needs one signature. Pure: no clock, no storage.
"""

from collections.abc import Iterable
from datetime import datetime

from pratique.attest.recall import Recall
from pratique.errors import Conflict
from pratique.promotion.directory import Directory
from pratique.promotion.hold import expect_role
from pratique.promotion.states import Promotion, State
from pratique.promotion.steps import PromotionRecalled


def consider_recall(
    recall: Recall, promotions: Iterable[Promotion], directory: Directory, now: datetime
) -> tuple[tuple[Promotion, PromotionRecalled], ...]:
    """Return every promotion that brought the image to this place, each with its end.

    Args:
        recall: Signed by whom it names.
        promotions: Every one of the image.
        directory: The version in force.
        now: The moment of the ledger.

    Raises:
        Refused: Whoever signed holds no role there by which one may stop something.
        Conflict: The environment does not have the image by any promotion.
    """
    expect_role(directory, recall.by, recall.application, recall.environment, now)
    place = recall.application, recall.image_name, recall.environment
    there = [
        one
        for one in promotions
        if one.place == place and one.image == recall.image and one.state is State.PROMOTED
    ]
    if not there:
        raise Conflict(f"recall: {recall.environment} does not have {recall.image} by any promotion")
    ended = PromotionRecalled(recall.by, recall.nonce, recall.word.comment)
    return tuple((one, ended) for one in there)
