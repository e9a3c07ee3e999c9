"""Whether a decision may still be acted upon: a comparison, never a new judgement.

The transactions that approve, start copying, sign and point ask this. Any difference sends the promotion back to
be judged again, outside the transaction (decisions.md, "Judging").
"""

from collections.abc import Iterator
from datetime import datetime

from pratique.promotion.happenings import PromotionJudged
from pratique.promotion.states import Judgement
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class InForce:
    """What is so at the moment of acting: the environment's rules and image, the directory, and what stops it."""

    now: datetime
    rules: Digest
    directory: Digest
    current: Digest | None
    waivers: frozenset[str] = frozenset()
    """Those that nobody revoked and no fact voided, whose time is not over."""
    hold: str | None = None
    """A hold that stops this very promotion."""
    withheld: tuple[str, ...] = ()
    """The holds and recalls on whose account a time that the image had elsewhere does not count."""


def why_judge_again(judgement: Judgement | PromotionJudged, found: InForce) -> str | None:
    """Return why the decision cannot be acted upon any more, or None where it can.

    A decision holds while ``now`` is before its ``holds_until``: at that very moment it no longer does.
    """
    return next(_differences(judgement, found), None)


def _differences(judgement: Judgement | PromotionJudged, found: InForce) -> Iterator[str]:
    if found.hold is not None:
        yield f"the hold {found.hold} stops it"
    if judgement.holds_until is not None and found.now >= judgement.holds_until:
        yield f"the decision held until {render_moment(judgement.holds_until)}"
    if judgement.rules != found.rules:
        yield f"the rules of the environment are now {found.rules.short}; it was judged by {judgement.rules.short}"
    if judgement.directory != found.directory:
        yield f"the directory is now {found.directory.short}; it was judged by {judgement.directory.short}"
    yield from (f"the waiver {one} is no longer in force" for one in sorted({*judgement.waivers} - found.waivers))
    for one in sorted({*judgement.withheld} ^ {*found.withheld}):
        yield f"{one} decides now whether its time elsewhere counts"
    if judgement.current != found.current:
        yield f"the environment now holds {_shown(found.current)}; it was compared with {_shown(judgement.current)}"


def _shown(digest: Digest | None) -> str:
    return digest.short if digest else "nothing"
