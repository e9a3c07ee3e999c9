"""What monitors saw in an environment, for how long, and who watched."""

from datetime import timedelta

from tests.policy.builders import NOW, evidence, facts
from tests.policy.worlds import judge, watched

from pratique.evidence.facts.claims import Alerts, RuntimeReport
from pratique.policy.result import Outcome

SOAK = {"check": "runtime", "from": "staging", "window": "24h"}


def test_a_report_that_leaves_out_its_alerts_is_not_made_up_for_by_another() -> None:
    silent = evidence(RuntimeReport("monitor", "staging", NOW - timedelta(hours=24), NOW, None, 0))
    assert judge(SOAK, facts(watched(), silent)).outcome is Outcome.UNKNOWN


def test_alerts_count_wherever_a_report_may_have_looked() -> None:
    alerts = Alerts((("critical", 1),))
    nowhere = evidence(RuntimeReport("monitor", None, NOW - timedelta(hours=24), NOW, alerts, 0))
    assert judge(SOAK, facts(watched(), nowhere)).outcome is Outcome.BLOCK


def test_a_quiet_day_passes_at_its_last_moment() -> None:
    assert judge(SOAK, facts(watched(24))).outcome is Outcome.PASS
    assert judge(SOAK, facts(watched(24, ended=NOW + timedelta(milliseconds=1)))).outcome is Outcome.UNKNOWN


def test_two_reports_about_the_same_hours_cover_them_once() -> None:
    twice = facts(watched(12), watched(12, restarts=1))
    assert judge(SOAK, twice).outcome is Outcome.UNKNOWN
    one_after_the_other = facts(watched(12), watched(12, ended=NOW - timedelta(hours=12)))
    assert judge(SOAK, one_after_the_other).outcome is Outcome.PASS


def test_alerts_of_every_report_count_whoever_made_it() -> None:
    result = judge({**SOAK, "keys": ["service:ci"]}, facts(watched(), watched(1, by=None, critical=1)))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == ["critical-alerts"]


def test_an_alert_of_unknown_severity_counts_as_critical() -> None:
    assert judge(SOAK, facts(watched(unknown=1))).outcome is Outcome.BLOCK


def test_restarts_count_only_where_the_rule_asks_and_somebody_counted() -> None:
    strict = {**SOAK, "max_restarts": 3}
    assert judge(strict, facts(watched(restarts=3))).outcome is Outcome.PASS
    assert judge(strict, facts(watched(restarts=4))).outcome is Outcome.BLOCK
    assert judge(strict, facts(watched(restarts=None))).outcome is Outcome.UNKNOWN


def test_a_report_that_nobody_trusted_made_has_not_watched() -> None:
    assert judge({**SOAK, "keys": ["service:ci"]}, facts(watched(by=None))).outcome is Outcome.UNKNOWN


def test_how_long_ago_it_was_watched_may_be_limited_and_holds_until_then() -> None:
    recent = {**SOAK, "within": "2d"}
    result = judge(recent, facts(watched(ended=NOW - timedelta(days=2))))
    assert (result.outcome, result.holds_until) == (Outcome.PASS, NOW)
    assert judge(recent, facts(watched(ended=NOW - timedelta(days=2, seconds=1)))).outcome is Outcome.UNKNOWN


def test_without_any_report_nobody_knows() -> None:
    assert judge(SOAK, facts()).outcome is Outcome.UNKNOWN
