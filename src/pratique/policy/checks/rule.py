"""What all rules have in common, and the answers that all checks give."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from pratique.evidence.model import Bound, Evidence
from pratique.policy.facts import Facts
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
    holds_until: datetime | None = None,
) -> CheckResult:
    """Return the check's result; evidence without a digest was computed here and is not listed."""
    digests = tuple(sorted({digest for digest in evidence if digest is not None}))
    return CheckResult(
        rule.id, rule.check, outcome, message, remedy, findings, tuple(sorted(counts)), digests, holds_until
    )


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


def judged(
    rule: CheckRule,
    facts: Facts,
    problems: Sequence[Problem],
    message: str,
    *,
    counts: tuple[tuple[str, int], ...] = (),
    evidence: Iterable[Digest | None] = (),
    holds_until: datetime | None = None,
    tell: Callable[[Problem], bool] = lambda _: True,
) -> CheckResult:
    """Return the result of a check whose every problem is one finding.

    A waiver takes a failure out of the outcome, never out of sight; what is missing or broken nobody can waive.

    Args:
        rule: What was asked.
        facts: Everything that is known, the waivers in force among it.
        problems: What is wrong; without any, the check passed.
        message: What was looked at, or counted, in one sentence.
        counts: What was counted.
        evidence: What the result rests on.
        holds_until: When time alone changes it.
        tell: Which problems the message names; the findings have all.
    """
    waived = tuple(problem for problem in problems if is_waived(rule, facts, problem))
    standing = tuple(problem for problem in problems if problem not in waived)
    named_here = tuple(filter(tell, standing))
    told = [message, *(finding.message for _, finding in named_here[:MOST_NAMED])]
    if len(named_here) > MOST_NAMED:
        told.append(f"and {len(named_here) - MOST_NAMED} more")
    if waived:
        told.append(tell_waived(len(problems), tuple((rule.id, finding.term) for _, finding in waived), facts))
    orders = dict.fromkeys(finding.fix for _, finding in standing if finding.fix)
    return answer(
        rule,
        sum_up(standing),
        "; ".join(part for part in told if part),
        remedy="; ".join(list(orders)[:MOST_NAMED]) or None,
        findings=tuple(finding for _, finding in problems),
        counts=(*counts, *((("by_waiver", len(waived)),) if waived else ())),
        evidence=evidence,
        holds_until=holds_until,
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is wrong, by whether a waiver covers it."""

    standing: tuple[Problem, ...]
    waived: tuple[Problem, ...]
    told: tuple[str, ...]
    """``3 = 2 + 1 waiver: W-1 for CVE-…``, where there is any."""

    @property
    def findings(self) -> tuple[CheckFinding, ...]:
        """Every finding, the waived ones last: nothing is taken out of sight."""
        return tuple(finding for _, finding in (*self.standing, *self.waived))

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many a waiver covers, where there is any."""
        return (("by_waiver", len(self.waived)),) if self.waived else ()


def weigh(rule: CheckRule, facts: Facts, problems: Sequence[Problem]) -> Weighed:
    """Return which of these problems stand; what is missing or broken always does."""
    waived = tuple(problem for problem in problems if is_waived(rule, facts, problem))
    standing = tuple(problem for problem in problems if problem not in waived)
    keys = tuple((str(rule.id), finding.term) for _, finding in waived)
    return Weighed(standing, waived, (tell_waived(len(problems), keys, facts),) if waived else ())


_FAILED = frozenset({Outcome.WARN, Outcome.REVIEW, Outcome.BLOCK})


def is_waived(rule: CheckRule, facts: Facts, problem: Problem) -> bool:
    """Tell whether a waiver covers this failure of this check."""
    return problem[0] in _FAILED and (rule.id, problem[1].term) in facts.waived


def tell_waived(total: int, waived: Sequence[tuple[str, str]], facts: Facts) -> str:
    """Write ``3 = 2 + 1 waiver: W-1 for CVE-…``."""
    names = named(waived, lambda key: f"{facts.waived[key]} for {key[1]}")
    return f"{total} = {total - len(waived)} + {number(len(waived), 'waiver')}: {names}"
