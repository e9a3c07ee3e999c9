"""Runtime: monitors watched this digest in an environment for long enough, and saw little.

The time that reports cover is added up without counting any moment twice. Alerts and restarts are added up over
every report, whoever made it; only reports of those whom the rule trusts count as having watched. An alert of
unknown severity counts as critical.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pratique.evidence.facts.claims import RuntimeReport
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.rule import CheckRule, Problem, judged, number, signers_wanted, trusted
from pratique.policy.facts import Facts
from pratique.policy.result import CheckFinding, CheckResult, Outcome
from pratique.policy.schema import TAG, Misfit, key
from pratique.policy.tightening import allows_less, higher, lower, tighter
from pratique.policy.words import Count, Service, render_duration
from pratique.values.names import Environment

Reports = tuple[tuple[RuntimeReport, Evidence], ...]
_LIMITED = ("critical", "high", "medium")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeRule(CheckRule):
    """Watched in ``from`` for at least ``window``, with at most so many alerts and restarts."""

    check: Literal["runtime"] = field(default="runtime", metadata=TAG)
    environment: Environment = field(metadata=key("from"))
    window: timedelta = field(metadata=tighter(higher))
    max_critical_alerts: Count = field(default=Count(0), metadata=tighter(lower))
    max_high_alerts: Count | None = field(default=None, metadata=tighter(lower))
    max_medium_alerts: Count | None = field(default=None, metadata=tighter(lower))
    max_restarts: Count | None = field(default=None, metadata=tighter(lower))
    within: timedelta | None = field(default=None, metadata=tighter(lower))
    """How long ago it may have been watched last."""
    keys: tuple[Service, ...] = field(default=(), metadata=tighter(allows_less))
    """Who must have signed a report that counts as having watched."""

    def __post_init__(self) -> None:
        if self.window <= timedelta(0):
            raise Misfit(("window",), "expected a time for which it is watched, found none")


def judge_runtime(rule: RuntimeRule, facts: Facts) -> CheckResult:
    """Pass where it was watched for long enough, counting what was asked, and everything stayed within its limit."""
    # A report that does not say where it looked may be about this place: what it saw counts, its time does not.
    reports = tuple(each for each in facts.of(RuntimeReport) if each[0].environment in (rule.environment, None))
    counted = tuple(each for each in reports if _counts(rule, each[0], each[1], facts.now))
    watched, last = _covered(counted, facts.now)
    problems = (
        *_gaps(rule, counted, watched, last, facts.now),
        *_unsaid(rule, reports),
        *_over(rule, reports),
    )
    until = last + rule.within if last is not None and rule.within is not None else None
    return judged(
        rule,
        facts,
        problems,
        f"watched in {rule.environment} for {_told(watched)} of at least {render_duration(rule.window)}",
        counts=(
            *((f"{name}_alerts", _alerts(reports, name)) for name in _LIMITED),
            ("reports", len(reports)),
            ("restarts", _restarts(reports)),
        ),
        evidence=[evidence.piece.digest for _, evidence in reports],
        holds_until=until if until is not None and until >= facts.now else None,
    )


def _counts(rule: RuntimeRule, report: RuntimeReport, evidence: Evidence, now: datetime) -> bool:
    """Tell whether a report shows that somebody watched, and for what this rule asks."""
    known = report.started is not None and report.ended is not None and report.started <= now
    here = report.environment == rule.environment and _says(rule, report)
    return known and here and evidence.reading.parse is Parse.OK and trusted(evidence, rule.keys)


def _says(rule: RuntimeRule, report: RuntimeReport) -> bool:
    return report.alerts is not None and (rule.max_restarts is None or report.restarts is not None)


def _unsaid(rule: RuntimeRule, reports: Reports) -> Iterator[Problem]:
    """Yield that a report leaves out what was asked: it could be the one that saw something."""
    silent = sum(not _says(rule, report) for report, _ in reports)
    if 0 < silent < len(reports):  # where all are silent, the gap says so
        what = "alerts" if rule.max_restarts is None else "alerts and restarts"
        message = f"{number(silent, 'report')} about {rule.environment} leaves out {what}"
        order = f"let every monitor of {rule.environment} say whether there were {what}"
        yield Outcome.UNKNOWN, CheckFinding("unsaid", message, fix=order)


def _covered(reports: Reports, now: datetime) -> tuple[timedelta, datetime | None]:
    """Return how much time the reports cover together, and its last moment; what is still to come covers nothing."""
    spans = sorted(
        (report.started, min(report.ended, now)) for report, _ in reports if report.started and report.ended
    )
    total, reached = timedelta(0), None
    for started, ended in spans:
        begin = started if reached is None else max(started, reached)
        total += max(ended - begin, timedelta(0))
        reached = ended if reached is None else max(ended, reached)
    return total, reached


def _gaps(
    rule: RuntimeRule, counted: Reports, watched: timedelta, last: datetime | None, now: datetime
) -> list[Problem]:
    order = f"let a monitor watch this digest in {rule.environment}, and add its report{signers_wanted(rule.keys)}"
    if not counted:
        message = f"no report{signers_wanted(rule.keys)} says what was asked about its time in {rule.environment}"
        return [(Outcome.UNKNOWN, CheckFinding("coverage", message, fix=order))]
    if watched < rule.window:
        message = f"it was not watched in {rule.environment} for long enough"
        return [(Outcome.UNKNOWN, CheckFinding("window", message, fix=order))]
    if rule.within is not None and last is not None and now - last > rule.within:
        message = f"it was last watched longer ago than {render_duration(rule.within)}"
        return [(Outcome.UNKNOWN, CheckFinding("within", message, fix=order))]
    return []


def _over(rule: RuntimeRule, reports: Reports) -> list[Problem]:
    limits = [(f"{name}_alerts", _alerts(reports, name), getattr(rule, f"max_{name}_alerts")) for name in _LIMITED]
    limits.append(("restarts", _restarts(reports), rule.max_restarts))
    return [
        (
            rule.outcome.outcome,
            CheckFinding(
                name.replace("_", "-"),
                f"{number(count, name.removesuffix('s').replace('_', ' '))}, at most {most}",
                fix=f"find out what it did in {rule.environment}, and repair it",
            ),
        )
        for name, count, most in limits
        if most is not None and count > most
    ]


def _alerts(reports: Reports, severity: str) -> int:
    names = (severity, "unknown") if severity == "critical" else (severity,)
    found = [dict(report.alerts.by_severity) for report, _ in reports if report.alerts is not None]
    return sum(each.get(name, 0) for each in found for name in names)


def _restarts(reports: Reports) -> int:
    return sum(report.restarts or 0 for report, _ in reports)


def _told(watched: timedelta) -> str:
    return render_duration(watched - watched % timedelta(seconds=1))
