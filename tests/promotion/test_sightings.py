"""When the ledger first met a vulnerability, and the days of grace that are counted from then."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.promotion.builders import NOW
from tests.promotion.cases import GATE, HIGH, bundle, case, evidence

from pratique.policy.environment import EnvironmentRules
from pratique.policy.result import Outcome
from pratique.policy.schema import decode
from pratique.promotion.case import Case
from pratique.promotion.judge import judge
from pratique.promotion.record import Record
from pratique.promotion.record_form import parse_record
from pratique.promotion.sightings import Sightings, asks_for_sightings, first_sightings

GRACE = (
    "{id: high, check: vulnerabilities, where: {severity: [high]}, max: 0, grace: {days: 30, from: first_seen}}"
)
POLICY = bundle(
    GATE.replace("    checks:\n", f"    checks:\n      - {GRACE.replace('id: high', 'id: patience')}\n")
)
TERM = "CVE-2026-1@pkg:pypi/jinja2"
MONTH = timedelta(days=30)


def judged(first_seen: Sightings | None) -> Record:
    return judge(_told(case(evidence(HIGH), policy=POLICY), first_seen))


def _told(prepared: Case, first_seen: Sightings | None) -> Case:
    seen = None if first_seen is None else dict(first_seen)
    history = replace(prepared.inputs.history, first_seen=first_seen)
    return replace(
        prepared,
        inputs=replace(prepared.inputs, history=history),
        platforms=tuple((name, replace(facts, first_seen=seen)) for name, facts in prepared.platforms),
    )


def outcome(record: Record) -> tuple[Outcome, datetime | None]:
    (found,) = (check for check in record.decision.checks if check.id == "patience")
    return found.outcome, found.holds_until


def test_what_the_ledger_never_met_begins_its_grace_now() -> None:
    assert outcome(judged(())) == (Outcome.PASS, NOW + MONTH)


def test_at_its_last_moment_it_is_let_be_and_a_millisecond_later_it_is_not() -> None:
    assert outcome(judged(((TERM, NOW - MONTH),))) == (Outcome.PASS, NOW)
    assert outcome(judged(((TERM, NOW - MONTH - timedelta(milliseconds=1)),)))[0] is Outcome.BLOCK


def test_where_the_ledger_was_not_asked_there_is_no_grace() -> None:
    assert outcome(judged(None))[0] is Outcome.BLOCK


def test_a_record_keeps_what_it_was_told_and_tells_the_next_one() -> None:
    earlier = NOW - timedelta(days=9)
    told = judged((("CVE-2020-1@pkg:pypi/gone", earlier),))
    assert parse_record(told.content) == told
    assert first_sightings([told]) == (("CVE-2020-1@pkg:pypi/gone", earlier), (TERM, NOW))


def test_of_several_records_the_earliest_sight_counts_whatever_their_order() -> None:
    earlier, later = judged(((TERM, NOW - MONTH),)), judged(())
    assert first_sightings([earlier, later]) == first_sightings([later, earlier]) == ((TERM, NOW - MONTH),)


def test_only_rules_that_count_from_then_ask_the_ledger() -> None:
    def rules(*checks: dict[str, Any]) -> EnvironmentRules:
        document = {"name": "prod", "from": [], "checks": list(checks), "tracks": {"fast": {"when": "always"}}}
        return decode(EnvironmentRules, document)

    plain: dict[str, Any] = {"id": "a", "check": "vulnerabilities"}
    assert not asks_for_sightings(rules(plain).checks)
    assert not asks_for_sightings(rules({**plain, "grace": {"days": 1, "from": "published"}}).checks)
    assert asks_for_sightings(rules({**plain, "grace": {"days": 1, "from": "first_seen"}}).checks)
    seen: dict[str, Any] = {"id": "a", "check": "expr", "for_each": "vulnerability", "expr": "v . seen_days > 3"}
    assert asks_for_sightings(rules(seen).checks)
