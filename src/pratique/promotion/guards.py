"""Whether a decision may still be acted upon: a comparison, never a new judgement.

The transactions that approve, start copying, sign and point ask this. Any difference sends the promotion back to
be judged again, outside the transaction (decisions.md, "Judging").
"""

from datetime import datetime

from pratique.promotion.happenings import PromotionJudged
from pratique.promotion.states import Judgement
from pratique.values.dataclass import dataclass
from pratique.values.digest import Digest
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds at the moment of acting: rules of the environment, directory, and the image held there."""

    now: datetime
    rules: Digest
    directory: Digest
    current: Digest | None
    waivers: frozenset[str] = frozenset()
    """Those that nobody revoked and no fact voided, whose time is not over."""


def why_judge_again(judgement: Judgement | PromotionJudged, found: InForce) -> str | None:
    """Return why the decision cannot be acted upon any more, or None where it can.

    A decision holds while ``now`` is before its ``holds_until``: at that very moment it no longer does.
    """
    if judgement.holds_until is not None and found.now >= judgement.holds_until:
        return f"the decision held until {render_moment(judgement.holds_until)}"
    if judgement.rules != found.rules:
        return (
            f"the rules of the environment are now {found.rules.short}; it was judged by {judgement.rules.short}"
        )
    if judgement.directory != found.directory:
        return f"the directory is now {found.directory.short}; it was judged by {judgement.directory.short}"
    gone = sorted(set(judgement.waivers) - found.waivers)
    if gone:
        return f"the waiver {gone[0]} is no longer in force"
    if judgement.current != found.current:
        return (
            f"the environment now holds {_shown(found.current)}; it was compared with {_shown(judgement.current)}"
        )
    return None


def _shown(digest: Digest | None) -> str:
    return digest.short if digest else "nothing"
