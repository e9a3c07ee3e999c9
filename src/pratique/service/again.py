"""Going back: a decision that no longer holds is judged again, as the next generation."""

from pratique.promotion.happenings import PromotionRetried
from pratique.promotion.states import Promotion
from pratique.service.perform import Done
from pratique.service.scribe import Scribe


def judge_again(because: str) -> Done:
    """Return the conclusion of a step that found its decision outdated."""

    def record(scribe: Scribe, promotion: Promotion) -> None:
        begin_again(scribe, promotion, because)

    return Done({"judged again": because}, record)


def begin_again(scribe: Scribe, promotion: Promotion, because: str) -> None:
    """Record that gathering and judging begin again, and why, in a sentence of ours."""
    scribe.append(PromotionRetried(generation=promotion.generation + 1, because=because))
