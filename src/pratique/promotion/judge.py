"""The judgement: a case in, a decision record out, the same bytes every time.

The server, the signer, the restore drill and the auditor's verifier all call :func:`judge`. It reads nothing but
the case: no clock, no storage, no setting.
"""

from collections.abc import Mapping
from dataclasses import replace

from pratique.evidence.facts.scan import Severity
from pratique.policy.approval import USUAL_SEPARATION, Approval, Reason, Separation
from pratique.policy.check import Rule, judge_check
from pratique.policy.environment import EnvironmentRules
from pratique.policy.freshness import Freshness, freshness
from pratique.policy.platforms import combine
from pratique.policy.result import CheckResult, worst
from pratique.policy.threats import risk_of
from pratique.policy.tracks import SlowTrack
from pratique.policy.waiver import Place
from pratique.promotion.case import Case
from pratique.promotion.conditions import Known, asked_of, known_of
from pratique.promotion.happenings import Track
from pratique.promotion.lasting import holds_until
from pratique.promotion.profile import Profile, profile_of
from pratique.promotion.quorum import Need
from pratique.promotion.record import ENGINE, SCHEMA, Decision, Escalated, Record
from pratique.promotion.record_form import build_record
from pratique.promotion.routine import why_not_routine
from pratique.promotion.separation import Duties, separate
from pratique.promotion.track import Change, Circumstances, Routing, route
from pratique.promotion.waiver import Covered, Setting, cover
from pratique.promotion.way import asks, window_of


def judge(case: Case) -> Record:
    """Return the decision record of a case.

    An image of several platforms is as good as its worst one, check by check.
    """
    # 1. What every check finds over all platforms, and what is left of it after the waivers.
    covered, results = _waived(case, tuple(_judge(rule, case) for rule in case.rules.checks))
    risk = risk_of(case.facts, results, case.rules.risk.exposure)
    # 2. How the image differs from the one that it would replace, and the track that follows.
    profile = profile_of(case.facts, _repository(case))
    before, tags = case.inputs.history.current_facts, case.application.tags
    known = known_of(case.facts, risk, profile, before, tags)
    track = _with_history(case, route(case.rules, results, risk, _circumstances(case, profile, known)))
    # 3. Who must agree, and who cannot.
    asked, separation = asks(case.rules.tracks, track.name)
    separated, extra = separate(_duties(case, separation, covered), case.directory)
    now, calendar = case.inputs.now, case.inputs.calendar
    window, slow = window_of(case.rules.tracks, track.name), case.rules.tracks.slow
    return build_record(
        Decision(
            schema=SCHEMA,
            engine=ENGINE,
            promotion=case.promotion,
            generation=case.generation,
            inputs=case.inputs,
            checks=results,
            outcome=worst(tuple(result.outcome for result in results)),
            risk=risk,
            profile=profile,
            track=track,
            approvals=_needs(
                asked_of(asked, known), extra if track.name is not Track.ROLLBACK else None, case.rules
            ),
            separation=separated,
            review_until=calendar.deadline(track.name, now, window) if window else None,
            escalate=_escalate(case, slow) if track.name is Track.SLOW else None,
            reason=slow.reason if slow and track.name is Track.SLOW else Reason.CODE,
            holds_until=holds_until(results, calendar.stops_at(track.name, now), covered.heard),
            waivers=covered.heard,
        )
    )


def _with_history(case: Case, track: Routing) -> Routing:
    history = case.inputs.history
    withheld = (f"its time in {one.environment} does not count: {one.by}" for one in history.withheld)
    overdue = (f"looking back at an earlier promotion is overdue: {one}" for one in history.overdue)
    return Routing(track.name, (*track.why, *withheld, *overdue))


def _judge(rule: Rule, case: Case) -> CheckResult:
    by_platform = tuple((name, judge_check(rule, facts)) for name, facts in case.platforms)
    return combine(rule, by_platform, case.rules.settings)


def _circumstances(case: Case, profile: Profile, known: Known) -> Circumstances:
    history, now = case.inputs.history, case.inputs.now
    held = history.current_facts.vulnerabilities if history.current and history.current_facts else None
    return Circumstances(
        change=_change(case, profile),
        now=now,
        asked=case.inputs.request.track,
        left=history.left,
        overtaken=history.overtaken,
        held=None if held is None else frozenset(held),
        review_by=freshness(case.review_by, now.date()) if case.review_by else Freshness.FRESH,
        known=known,
    )


_UNHEARD = Covered((), {})


def _waived(case: Case, results: tuple[CheckResult, ...]) -> tuple[Covered, tuple[CheckResult, ...]]:
    """Return what the waivers cover, and the results with them; without any, those there are."""
    if not case.waivers:
        return _UNHEARD, results
    slow = case.rules.tracks.slow
    separated, _ = separate(_duties(case, slow.separation if slow else USUAL_SEPARATION, _UNHEARD), case.directory)
    profile = profile_of(case.facts, _repository(case))
    place = Place(
        case.inputs.image.digest,
        case.inputs.application,
        case.inputs.to,
        None if profile.bases is None else frozenset(profile.bases),
    )
    vulnerabilities = tuple(one for facts in case.facts for one in facts.vulnerabilities)
    setting = Setting(place, case.rules, case.directory, case.inputs.now, vulnerabilities, separated.excluded)
    covered = cover(case.waivers, results, setting)
    if not covered.waived:
        return covered, results
    platforms = tuple((name, replace(facts, waived=covered.waived)) for name, facts in case.platforms)
    checks = {check for check, _ in covered.waived}
    again = replace(case, platforms=platforms)
    return covered, tuple(
        _told(result, _judge(rule, again), covered) if rule.id in checks else result
        for rule, result in zip(case.rules.checks, results, strict=True)
    )


def _told(before: CheckResult, after: CheckResult, covered: Covered) -> CheckResult:
    """Return a result with every finding that a waiver took out of it, each with its waiver: it stays in sight."""
    standing = tuple(one for one in after.findings if (after.id, one.term) not in covered.waived)
    waived = (
        replace(one, message=f"{one.message}; waived by {covered.waived[before.id, one.term]}")
        for one in before.findings
        if (before.id, one.term) in covered.waived
    )
    return replace(after, findings=(*standing, *waived))


def _change(case: Case, profile: Profile) -> Change:
    history = case.inputs.history
    if history.current is None:
        return Change(first=True, more_than_routine=())
    # What nobody recorded of the image that runs there compares as unknown, so the change is not routine.
    current = history.current_facts or Profile()
    return Change(first=False, more_than_routine=why_not_routine(profile, current, _severities(case)))


def _severities(case: Case) -> Mapping[str, Severity | None]:
    found: dict[str, Severity | None] = {}
    for facts in case.facts:
        for vulnerability in facts.vulnerabilities:
            known = found.setdefault(vulnerability.term, vulnerability.severity)
            if known is not None and (vulnerability.severity is None or vulnerability.severity > known):
                found[vulnerability.term] = vulnerability.severity
    return found


def _duties(case: Case, separation: tuple[Separation, ...], covered: Covered) -> Duties:
    return Duties(
        rules=separation,
        requester=case.inputs.request.requester,
        owner=case.application.owner,
        environment=case.inputs.to,
        repository=_repository(case),
        platforms=case.facts,
        current=case.inputs.history.current_facts,
        editors=case.inputs.policy.editors,
        granters=tuple(
            (grant.by, one.waiver) for one in case.waivers if one.waiver in covered.applied for grant in one.grants
        ),
    )


def _repository(case: Case) -> str:
    return case.application.image(case.inputs.image.name).source.repository


def _escalate(case: Case, slow: SlowTrack | None) -> Escalated | None:
    if slow is None or slow.escalate is None:
        return None
    at = case.inputs.calendar.deadline(Track.SLOW, case.inputs.now, slow.escalate.after)
    return Escalated(at, slow.escalate.to)


def _need(approval: Approval, rules: EnvironmentRules) -> Need:
    narrowed = next((role for role in rules.roles if role.name == approval.role), None)
    if narrowed is None:
        return Need(approval.role, approval.count)
    members = tuple(map(str, narrowed.members))
    return Need(approval.role, approval.count, members=members, least=narrowed.min_size)


def _needs(asked: tuple[Approval, ...], extra: Need | None, rules: EnvironmentRules) -> tuple[Need, ...]:
    if not asked:
        return ()
    named = tuple(_need(approval, rules) for approval in asked)
    return (*named, extra) if extra else named
