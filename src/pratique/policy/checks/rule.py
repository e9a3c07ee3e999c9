"""What all rules have in common, and the answers that all checks give."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pratique.evidence.model import Bound, Evidence
from pratique.policy.result import CheckFinding, CheckResult, OnFailure, Outcome, rank, worst
from pratique.policy.tightening import Tight, higher, tighter
from pratique.policy.words import CheckId, Service, Text
from pratique.values.digest import Digest

T = TypeVar("T")

MOST_NAMED = 5  # what a person reads in one message; the findings list the rest
_FAILURES = (OnFailure.WARN, OnFailure.REVIEW, OnFailure.BLOCK)


def _as_severe(parent: OnFailure, child: OnFailure) -> bool:
    return higher(_FAILURES.index(parent), _FAILURES.index(child))


AS_SEVERE: Tight = _as_severe


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRule:
    """What every check's rule says."""

    id: CheckId
    check: str
    """The kind of check; each rule's class narrows it to its own word."""
    outcome: OnFailure = field(default=OnFailure.BLOCK, metadata=tighter(AS_SEVERE))
    """What a failure means; missing evidence is ``unknown`` whatever stands here."""
    relax: Text | None = None
    """Why this rule may be looser than the one it replaces in an inherited environment."""


def answer(
    rule: CheckRule,
    outcome: Outcome,
    message: str,
    *,
    remedy: str | None = None,
    findings: tuple[CheckFinding, ...] = (),
    counts: tuple[tuple[str, int], ...] = (),
    evidence: Iterable[Digest | None] = (),
) -> CheckResult:
    """Return the check's result; evidence without a digest was computed here and is not listed."""
    digests = tuple(sorted({digest for digest in evidence if digest is not None}))
    return CheckResult(rule.id, rule.check, outcome, message, remedy, findings, tuple(sorted(counts)), digests)


Problem = tuple[Outcome, CheckFinding]
"""One expectation that is not met, and what that means alone."""


def sum_up(problems: tuple[Problem, ...]) -> Outcome:
    """Return what all of these mean together; without any, the check passed."""
    return worst((Outcome.PASS, *(outcome for outcome, _ in problems)))


def distance(problems: tuple[Problem, ...]) -> tuple[int, int]:
    """Return a key by which the candidate that comes closest to a pass sorts first."""
    return rank(sum_up(problems)), len(problems)


def signed_by(evidence: Evidence, keys: tuple[Service, ...]) -> bool:
    """Tell whether one of these services signed a statement about this very image."""
    return evidence.bound is Bound.STATEMENT and any(signed.holder in keys for signed in evidence.signers)


def trusted(evidence: Evidence, keys: tuple[Service, ...]) -> bool:
    """Tell whether this evidence may count: any does where the rule names no keys."""
    return not keys or signed_by(evidence, keys)


def listed(words: Iterable[str]) -> str:
    """Write the first few words, and how many more there are."""
    return named(tuple(words), str)


def named(things: Sequence[T], name: Callable[[T], str]) -> str:
    """Write the names of the first few things, and how many more there are; the rest are not even named."""
    more = len(things) - MOST_NAMED
    return ", ".join(name(thing) for thing in things[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def number(count: int, word: str) -> str:
    """Write a count and its word, ``1 licence`` or ``2 licences``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def signers_wanted(keys: tuple[Service, ...]) -> str:
    """Write who must have signed, or nothing where anybody may."""
    return f" signed by {' or '.join(keys)}" if keys else ""
