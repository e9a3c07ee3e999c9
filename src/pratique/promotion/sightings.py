"""When the ledger first met each vulnerability in any image of one name; a rebuild changes nothing about that.

Each record remembers what its own judgement was told, and what it found; so a few of the last records know everything
that earlier ones did.
"""

from collections.abc import Iterable
from datetime import datetime

from pratique.policy.check import Rule
from pratique.policy.checks.expr import ExprRule
from pratique.policy.checks.grace import Clock
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule
from pratique.policy.checks.vulnerability_budget import VulnerabilityBudgetRule
from pratique.promotion.record import Record

Sightings = tuple[tuple[str, datetime], ...]
"""Terms and moments, sorted by term."""


def asks_for_sightings(rules: Iterable[Rule]) -> bool:
    """Tell whether any check counts from the first time that a vulnerability was seen."""
    return any(map(_asks, rules))


def _asks(rule: Rule) -> bool:
    match rule:
        case VulnerabilitiesRule() | VulnerabilityBudgetRule():
            return rule.grace is not None and rule.grace.clock is Clock.FIRST_SEEN
        case ExprRule():
            return "v.seen_days" in "".join(rule.expr.split())
        case _:
            return False


def first_sightings(records: Iterable[Record]) -> Sightings:
    """Return the earliest moment at which these records, or those before them, knew of each vulnerability."""
    found: dict[str, datetime] = {}
    for record in records:
        for term, at in seen_by(record):
            found[term] = min(at, found.get(term, at))
    return tuple(sorted(found.items()))


def seen_by(record: Record) -> Sightings:
    """Return what one record knows."""
    inputs = record.decision.inputs
    known = dict(inputs.history.first_seen or ())
    now = dict.fromkeys(record.decision.profile.vulnerabilities or (), inputs.now)
    return tuple(sorted({**now, **known}.items()))
