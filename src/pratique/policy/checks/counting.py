"""Which vulnerabilities count: those that no trusted statement clears, no waiver covers and no grace lets be.

Nothing is taken out of sight. What does not count is told with its number, its reason and whoever answers for it:
``15 = 12 + 2 VEX + 1 waiver``.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from pratique.evidence.model import Assertion
from pratique.evidence.overlay import standing, why_not
from pratique.policy.checks.grace import Grace, grace_ends
from pratique.policy.checks.rule import listed, named, number
from pratique.policy.facts import Facts
from pratique.policy.index import Found
from pratique.policy.tightening import tighter, trusts_less
from pratique.policy.words import CheckId, Service
from pratique.values.moment import render_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """Whose statements about exploitability (VEX) count."""

    signers: tuple[Service, ...] = field(default=(), metadata=tighter(trusts_less))


NOBODY_HEARD: Final = Statements()
"""No statement clears anything."""


class Counting(Protocol):
    """A rule that counts vulnerabilities."""

    @property
    def id(self) -> CheckId:
        """What waivers name."""
        ...

    @property
    def vex(self) -> Statements:
        """Whose statements clear."""
        ...

    @property
    def grace(self) -> Grace | None:
        """How long one may stay."""
        ...


@dataclass(frozen=True, slots=True)
class Cleared:
    """A vulnerability that a trusted statement clears."""

    found: Found
    by: Assertion


@dataclass(frozen=True, slots=True)
class SortedOut:
    """Vulnerabilities by whether they count, and why not."""

    signers: tuple[Service, ...]
    counted: tuple[Found, ...]
    cleared: tuple[Cleared, ...] = ()
    waived: tuple[tuple[Found, str], ...] = ()
    """Each with its waiver."""
    in_grace: tuple[tuple[Found, datetime], ...] = ()
    """Each with the last moment at which it is let be."""

    @property
    def holds_until(self) -> datetime | None:
        """When the first grace ends."""
        return min((ends for _, ends in self.in_grace), default=None)

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """How many do not count, by why."""
        return (
            ("by_vex", len(self.cleared)),
            *((("by_waiver", len(self.waived)),) if self.waived else ()),
            *((("in_grace", len(self.in_grace)),) if self.in_grace else ()),
        )

    def told(self, facts: Facts) -> tuple[str, ...]:
        """Return what does not count, in words, and which statements were not heard."""
        return (*self._not_counted(), *_unheard(self.signers, self.counted, facts))

    def _not_counted(self) -> Iterator[str]:
        parts = (
            (f"{len(self.cleared)} VEX", named(self.cleared, _named_cleared)),
            (
                number(len(self.waived), "waiver"),
                named(self.waived, lambda each: f"{name_of(each[0])} ({each[1]})"),
            ),
            (f"{len(self.in_grace)} in grace", named(self.in_grace, _named_in_grace)),
        )
        told = [(how_many, who) for how_many, who in parts if who]
        if told:
            total = len(self.counted) + len(self.cleared) + len(self.waived) + len(self.in_grace)
            summed = " + ".join((str(len(self.counted)), *(how_many for how_many, _ in told)))
            yield f"{total} = {summed}: {'; '.join(who for _, who in told)}"


def sort_out(rule: Counting, watched: tuple[Found, ...], facts: Facts) -> SortedOut:
    """Return which of these count; a statement is heard before a waiver, and a waiver before a grace."""
    signers = rule.vex.signers
    if not (rule.grace or facts.waived or (facts.index.disputed and signers)):
        return SortedOut(signers, watched)
    counted: list[Found] = []
    cleared: list[Cleared] = []
    waived: list[tuple[Found, str]] = []
    in_grace: list[tuple[Found, datetime]] = []
    for found in watched:
        vulnerability = found.vulnerability
        ends = grace_ends(rule.grace, vulnerability, facts) if rule.grace else None
        if vulnerability.vex and signers and (by := standing(vulnerability, signers, facts.now)):
            cleared.append(Cleared(found, by))
        elif waiver := facts.waived.get((rule.id, vulnerability.term)):
            waived.append((found, waiver))
        elif ends is not None and facts.now <= ends:
            in_grace.append((found, ends))
        else:
            counted.append(found)
    return SortedOut(signers, tuple(counted), tuple(cleared), tuple(waived), tuple(in_grace))


def name_of(found: Found) -> str:
    """Write a vulnerability and its package in a few words."""
    vulnerability = found.vulnerability
    version = f" {vulnerability.version}" if vulnerability.version else ""
    unrated = " (severity unknown)" if vulnerability.severity is None else ""
    return f"{vulnerability.identifier} in {vulnerability.package}{version}{unrated}"


def _named_cleared(each: Cleared) -> str:
    by = each.by
    return f"{name_of(each.found)} ({by.statement.word}, {listed(by.signers)}, {by.evidence.short})"


def _named_in_grace(each: tuple[Found, datetime]) -> str:
    return f"{name_of(each[0])} (until {render_moment(each[1])})"


def _unheard(signers: tuple[Service, ...], counted: tuple[Found, ...], facts: Facts) -> tuple[str, ...]:
    """Say which statements would have cleared something that counts, and why they did not."""
    if not facts.index.disputed:
        return ()
    reasons = Counter(
        why_not(said, signers, facts.now) or "a later statement says otherwise"
        for found in counted
        for said in found.vulnerability.vex
        if said.statement.status is not None and said.statement.status.clears
    )
    if not reasons:
        return ()
    return ("VEX not applied: " + ", ".join(f"{why} ({count})" for why, count in sorted(reasons.items())),)
