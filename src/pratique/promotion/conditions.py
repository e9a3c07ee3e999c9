"""Conditions of tracks and approvals, in CEL over declared facts; what cannot be judged never makes anything easier.

Source: decisions.md, "Judging".
"""

from collections.abc import Mapping

from pratique.errors import Malformed
from pratique.policy.approval import Approval
from pratique.policy.expression import Value, compile_expression
from pratique.policy.expression_facts import TRACK, track_facts
from pratique.policy.facts import Facts
from pratique.policy.risk import Risk
from pratique.promotion.profile import Profile
from pratique.values.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What conditions may refer to, as far as it is known; ``tags`` are those of the application."""

    facts: Mapping[str, Value]
    tags: frozenset[str] = frozenset()


NOTHING = Known({})


def known_of(
    platforms: tuple[Facts, ...], risk: Risk, profile: Profile, current: Profile | None, tags: tuple[str, ...]
) -> Known:
    """Return what is known of an image for the conditions of an environment.

    Args:
        platforms: What is known of each.
        risk: The image's score.
        profile: What the image is made of.
        current: What the image is made of that the environment holds; None where it holds none.
        tags: Those of the application.
    """
    before = current.bases if current else None
    changed = None if before is None or profile.bases is None else before != profile.bases
    return Known(track_facts(platforms, risk, base_changed=changed), frozenset(tags))


def why_unmet(condition: str, known: Known) -> str | None:
    """Return why a condition does not hold, or None where it does."""
    try:
        holds = compile_expression(condition, TRACK).holds(known.facts, known.tags)
    except Malformed as error:
        return f"the condition {condition!r} cannot be judged: {error}"
    return None if holds else f"the condition {condition!r} does not hold"


def asked_of(approvals: tuple[Approval, ...], known: Known) -> tuple[Approval, ...]:
    """Return the approvals that are needed: all but those whose condition certainly does not hold."""
    return tuple(one for one in approvals if one.when is None or _may_hold(one.when, known))


def _may_hold(condition: str, known: Known) -> bool:
    try:
        return compile_expression(condition, TRACK).holds(known.facts, known.tags)
    except Malformed:
        return True
