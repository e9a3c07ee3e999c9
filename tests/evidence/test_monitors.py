"""Reports of what runs and of who looks after it: Falco, ZAP, OpenSSF Scorecard."""

import json
from typing import Any

import pytest
from tests.evidence.statements import IMAGE, OTHER

from pratique.evidence.facts.claims import RuntimeReport, Scorecard
from pratique.evidence.facts.results import ResultKind, ResultLevel, Results
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read


def alert(
    priority: str = "Warning", at: str = "2026-03-01T12:00:00.123456789Z", image: Any = None
) -> dict[str, Any]:
    return {
        "hostname": "node",
        "output": "a shell was started",
        "output_fields": {"container.image.digest": image and str(image)},
        "priority": priority,
        "rule": "Terminal shell in container",
        "source": "syscall",
        "time": at,
    }


def falco(*alerts: dict[str, Any]) -> Reading:
    return read(b"\n".join(json.dumps(one).encode() for one in alerts) + b"\n", "")


def report(reading: Reading) -> RuntimeReport:
    (found,) = reading.of(RuntimeReport)
    return found


def test_falcos_alerts_are_counted_on_our_scale() -> None:
    reading = falco(alert("Emergency"), alert("Critical"), alert("Error"), alert("Notice"), alert("Debug"))
    found = report(reading)
    assert found.alerts is not None
    assert dict(found.alerts.by_severity) == {"critical": 2, "high": 1, "low": 1, "negligible": 1}
    assert (found.alerts.total, found.restarts, found.environment) == (5, None, None)


def test_one_alert_is_a_file_of_alerts_too() -> None:
    found = report(falco(alert(image=IMAGE)))
    assert found.alerts is not None
    assert found.alerts.total == 1
    assert falco(alert(image=IMAGE)).about == (IMAGE,)


def test_the_window_is_at_least_from_the_first_alert_to_the_last() -> None:
    found = report(falco(alert(at="2026-03-03T00:00:00Z"), alert(at="2026-03-01T00:00:00Z")))
    assert found.started is not None
    assert found.ended is not None
    assert (found.ended - found.started).days == 2


def test_a_priority_that_falco_has_not_is_unknown_and_counted() -> None:
    reading = falco(alert("Terrible"), alert())
    found = report(reading)
    assert found.alerts is not None
    assert dict(found.alerts.by_severity)["unknown"] == 1
    assert reading.parse is Parse.PARTIAL


def test_alerts_about_several_images_say_so() -> None:
    reading = falco(alert(image=IMAGE), alert(image=OTHER))
    assert (reading.parse, reading.about) == (Parse.PARTIAL, (IMAGE, OTHER))


@pytest.mark.parametrize("second", [b"{}", b'{"rule": "x"}', b"[]", b"{", b"text"])
def test_alerts_beside_something_else_are_refused(second: bytes) -> None:
    assert read(json.dumps(alert()).encode() + b"\n" + second, "").parse is Parse.REFUSED


def test_an_empty_file_is_no_report_that_nothing_happened() -> None:
    assert read(b"\n", "").parse is Parse.REFUSED


# ZAP


def zap(*alerts: dict[str, Any], **changes: Any) -> Reading:
    site = {"@name": "https://shop.example", "alerts": list(alerts)}
    return read(json.dumps({"@programName": "ZAP", "@version": "2.14.0", "site": [site], **changes}).encode(), "")


def probe(risk: str, confidence: str = "2", **changes: Any) -> dict[str, Any]:
    places = [{"uri": "https://shop.example/login"}, {"uri": "https://shop.example/cart"}]
    return {
        "pluginid": "10038",
        "alertRef": "10038-1",
        "name": "No Content Security Policy",
        "riskcode": risk,
        "confidence": confidence,
        "riskdesc": "Medium (High)",
        "instances": places,
        **changes,
    }


def test_what_was_probed_from_outside_has_levels() -> None:
    (found,) = zap(probe("3"), probe("2"), probe("1"), probe("0")).of(Results)
    assert (found.kind, found.producer, found.producer_version) == (ResultKind.DYNAMIC, "ZAP", "2.14.0")
    assert found.results is not None
    assert [one.level for one in found.results] == [
        ResultLevel.ERROR,
        ResultLevel.WARNING,
        ResultLevel.NOTE,
        ResultLevel.NONE,
    ]
    assert (found.results[0].rule, found.results[0].place) == ("10038-1", "https://shop.example/login")


def test_a_false_positive_is_silenced_and_stays_visible() -> None:
    (found,) = zap(probe("3", "0")).of(Results)
    assert found.results is not None
    assert found.results[0].suppressed == "marked as a false positive"


def test_a_risk_that_zap_has_not_counts_as_the_highest() -> None:
    reading = zap(probe("9"))
    (found,) = reading.of(Results)
    assert found.results is not None
    assert (found.results[0].level, reading.parse) == (ResultLevel.ERROR, Parse.PARTIAL)


def test_no_site_was_not_probed_and_a_site_without_alerts_was() -> None:
    assert zap(site=[]).of(Results)[0].results is None
    assert zap().of(Results)[0].results == ()


# Scorecard


def scorecard(**changes: Any) -> Reading:
    value = {
        "date": "2022-10-06",
        "repo": {"name": "github.com/shop/api", "commit": "c" * 40},
        "scorecard": {"version": "v4.7.0"},
        "score": 8.9,
        "checks": [{"name": "CI-Tests", "score": 10}, {"name": "Fuzzing", "score": -1}],
        **changes,
    }
    return read(json.dumps(value).encode(), "")


def test_a_scorecard_has_checks_and_a_score() -> None:
    (found,) = scorecard().of(Scorecard)
    assert (found.repository, found.score, found.checks) == (
        "github.com/shop/api",
        "8.9",
        (("CI-Tests", 10), ("Fuzzing", -1)),
    )
    assert found.created is not None


@pytest.mark.parametrize(
    "check", [{"name": "x", "score": 11}, {"name": "x", "score": "10"}, {"score": 1}, {"name": "x"}]
)
def test_a_check_that_has_no_score_is_noted(check: dict[str, Any]) -> None:
    reading = scorecard(checks=[check])
    assert (reading.parse, reading.of(Scorecard)[0].checks) == (Parse.PARTIAL, ())
