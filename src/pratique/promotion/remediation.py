"""What must be repaired, by whom and by when; and when it is done.

Each blocking finding becomes an item that lives on through retries: it closes when a later record judges its check
and no longer has its term. An outcome that is no judgement repairs nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pratique.evidence.facts.scan import Severity
from pratique.policy.application import Application
from pratique.policy.environment import EnvironmentRules
from pratique.policy.remediation import Remediation
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.promotion.happenings import RemediationClosed, RemediationOpened, Track
from pratique.promotion.record import Decision, Record
from pratique.promotion.states import Promotion
from pratique.promotion.track import blockers
from pratique.values.ids import Kind, build_id

MOST_ITEMS = 100
"""Items of one check. What is beyond, the least severe, is one item that counts them; the record lists them."""

_TERM, _MESSAGE = 300, 900  # characters of at most six bytes each, so that an event stays within its size
Wanted = tuple[CheckResult, CheckFinding]


def remediate(
    promotion: Promotion, record: Record, *, rules: EnvironmentRules, application: Application, policy: Remediation
) -> tuple[RemediationOpened | RemediationClosed, ...]:
    """Return the items that this record opens and closes, in its order.

    Args:
        promotion: With the items of earlier generations.
        record: The one that has just been made.
        rules: Those of the environment, which the record names.
        application: Whose owner repairs what no rule gives to anybody else.
        policy: Owners and times.
    """
    decision = record.decision
    wanted = _wanted(_unwaived(decision), rules) if decision.track.name is Track.REMEDIATION else ()
    terms = {(result.id, finding.term) for result, finding in wanted}
    undecided = {result.id for result in decision.checks if result.outcome in (Outcome.UNKNOWN, Outcome.ERROR)}
    standing = [item for item in promotion.remediations if item.closed is None]
    known = {(item.check, item.term) for item in standing}
    closed = tuple(
        RemediationClosed(item.remediation, f"the record {record.digest.short} no longer has it")
        for item in standing
        if (item.check, item.term) not in terms and item.check not in undecided
    )
    opened = tuple(
        _open(promotion, decision.inputs.now, (result, finding), application, policy)
        for result, finding in wanted
        if (result.id, finding.term) not in known
    )
    return (*opened, *closed)


def _unwaived(decision: Decision) -> tuple[CheckResult, ...]:
    """Return the results without the findings that a waiver covers: nobody need repair these before it ends."""
    waived = {(heard.check, term) for heard in decision.waivers for term in heard.covered}
    if not waived:
        return decision.checks
    return tuple(
        replace(result, findings=tuple(one for one in result.findings if (result.id, one.term) not in waived))
        for result in decision.checks
    )


def _wanted(results: tuple[CheckResult, ...], rules: EnvironmentRules) -> tuple[Wanted, ...]:
    found = tuple(
        (result, finding) for result in blockers(results, rules.settings) for finding in _findings(result)
    )
    if found:
        return found
    # Nothing blocks, and yet no track leads on: a person must look at every check that did not pass.
    rest = (result for result in results if result.outcome not in (Outcome.PASS, Outcome.WARN))
    return tuple((result, finding) for result in rest for finding in _findings(result))


def _findings(result: CheckResult) -> Iterator[CheckFinding]:
    if not result.findings:
        yield CheckFinding(result.id, result.message, fix=result.remedy)
        return
    worst_first = sorted(result.findings, key=_severity, reverse=True)
    shown = worst_first if len(worst_first) <= MOST_ITEMS else worst_first[: MOST_ITEMS - 1]
    yield from shown
    if rest := worst_first[len(shown) :]:
        message = f"{len(rest)} more findings of this check, listed in the record"
        yield CheckFinding("more", message, rest[0].severity, result.remedy)


def _severity(finding: CheckFinding) -> int:
    return Severity[finding.severity.upper()] if finding.severity else Severity.HIGH


def _open(
    promotion: Promotion, now: datetime, wanted: Wanted, application: Application, policy: Remediation
) -> RemediationOpened:
    result, finding = wanted
    seed = "\0".join((promotion.id, str(promotion.generation), result.id, finding.term))
    time = policy.time_for(finding.severity)
    return RemediationOpened(
        remediation=build_id(Kind.REMEDIATION, now, hashlib.sha256(seed.encode()).digest()[:10]),
        generation=promotion.generation,
        check=result.id,
        term=finding.term[:_TERM],
        owner=policy.owner_of(result.id, finding.term, application.owner),
        due=now + time if time is not None else None,
        severity=finding.severity,
        message=finding.message[:_MESSAGE],
        remedy=(finding.fix or result.remedy or "")[:_MESSAGE] or None,
    )
