"""How the promotions of a release hold together, as rules over how each of them stands.

One that ends ends all; one that steps back takes back whatever was moving. So nothing of a release is at its way to
the destination while one part may not move, and no tag is pointed before every part is sealed and attached.
"""

from collections.abc import Iterator

from pratique.errors import Conflict
from pratique.promotion.happenings import PromotionRetried
from pratique.promotion.history import NO_WAY_BACK
from pratique.promotion.states import BEFORE_THE_SEAL, ENDED, MOVING, RETRYABLE, Promotion, State
from pratique.promotion.steps import PromotionWithdrawn
from pratique.values.names import Actor

_RECORDER = Actor("service:record")
_STOPPED = frozenset({State.VETOED, State.WITHDRAWN, State.EXPIRED, State.SUPERSEDED})
_RESTING = ENDED | {State.REVIEW, State.REMEDIATION, State.FAILED, State.APPROVED}
_MAY_MOVE = MOVING | {State.APPROVED, State.PROMOTED}

Consequence = PromotionRetried | PromotionWithdrawn


def may_move(parts: tuple[Promotion, ...]) -> bool:
    """Tell whether every part is approved, so that any of them may be copied; so it is where there is no release."""
    return all(part.state in _MAY_MOVE for part in parts)


def may_point(parts: tuple[Promotion, ...]) -> bool:
    """Tell whether every part's seal hangs on its image, so that all tags may be pointed."""
    return all(part.state in (State.POINTING, State.PROMOTED) for part in parts)


def at_rest(parts: tuple[Promotion, ...]) -> bool:
    """Tell whether nothing more happens to any of them by itself: all have ended, or wait for people."""
    if may_move(parts):
        return all(part.state is State.PROMOTED for part in parts)
    return all(part.state in _RESTING for part in parts)


def to_retry(parts: tuple[Promotion, ...]) -> tuple[Promotion, ...]:
    """Return the parts that begin again when somebody retries the release: what stopped, else all.

    Raises:
        Conflict: It has ended, or is on its way right now.
    """
    _expect_unreleased(parts)
    stopped = tuple(part for part in parts if part.state in (State.REMEDIATION, State.FAILED))
    again = stopped or tuple(part for part in parts if part.state in RETRYABLE)
    if not again or any(part.state in MOVING for part in parts):
        states = _states(parts)
        raise Conflict(f"release: {states}; it can be retried when parts are {', '.join(sorted(RETRYABLE))}")
    return again


def to_withdraw(parts: tuple[Promotion, ...]) -> Promotion:
    """Return the part whose withdrawal ends the release.

    Raises:
        Conflict: It has ended, or every part of it is sealed.
    """
    _expect_unreleased(parts)
    part = next((part for part in parts if part.state in BEFORE_THE_SEAL), None)
    if part is None:
        states = ", ".join(f"{part.image_name} is {part.state}" for part in parts)
        raise Conflict(
            f"release: {states}; it can be withdrawn before every part is sealed, and recalled afterwards"
        )
    return part


def _states(parts: tuple[Promotion, ...]) -> str:
    return ", ".join(f"{part.image_name} is {part.state}" for part in parts)


def _expect_unreleased(parts: tuple[Promotion, ...]) -> None:
    if any(part.released and part.open for part in parts):
        raise Conflict(f"release: {NO_WAY_BACK}")


def approved_at(parts: tuple[Promotion, ...]) -> int:
    """Return where in the ledger the last part was approved: that is the release's turn in every place.

    With one turn for all of its places, two releases never wait for each other.
    """
    return max(part.approval.index if part.approval else part.index for part in parts)


def follow_others(parts: tuple[Promotion, ...]) -> Iterator[tuple[Promotion, Consequence]]:
    """Yield what the parts of a release do because of one another, in order; nothing where all is well."""
    stopped = next((part for part in parts if part.state in _STOPPED), None)
    if stopped is not None:
        yield from _ended(
            parts, f"{stopped.image_name} is {stopped.state}, and a release goes whole or not at all"
        )
        return
    behind = next((part for part in parts if part.state not in _MAY_MOVE), None)
    if behind is not None:
        for part in parts:
            if part.state in MOVING:
                yield part, _back(part, f"{behind.image_name} of the same release is {behind.state}")


def _ended(parts: tuple[Promotion, ...], because: str) -> Iterator[tuple[Promotion, Consequence]]:
    for part in parts:
        if part.state in MOVING:  # what is sealed steps back before it ends
            yield part, _back(part, because)
        if part.open:
            yield part, PromotionWithdrawn(_RECORDER, because)


def _back(part: Promotion, because: str) -> PromotionRetried:
    return PromotionRetried(generation=part.generation + 1, because=because)
