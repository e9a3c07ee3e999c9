"""SARIF: the level that counts, whether the tool looked, and what was silenced."""

import json
from typing import Any

import pytest

from pratique.evidence.facts.results import Result, ResultLevel, Results
from pratique.evidence.model import Parse, Reading
from pratique.evidence.read import read


def log(run: dict[str, Any], version: str = "2.1.0") -> Reading:
    return read(json.dumps({"version": version, "runs": [run]}).encode(), "application/sarif+json")


def rule(name: str, level: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": name} | ({"defaultConfiguration": {"level": level}} if level else {}) | more


def of(result: dict[str, Any], *rules: dict[str, Any], **run: Any) -> Result:
    reading = log({"tool": {"driver": {"name": "tool", "rules": list(rules)}}, "results": [result]} | run)
    (found,) = reading.of(Results)[0].results or ()
    return found


def test_a_results_own_level_counts() -> None:
    assert of({"ruleId": "A", "level": "note"}, rule("A", "error")).level is ResultLevel.NOTE


def test_else_its_rules_default_counts_by_index_or_name() -> None:
    rules = (rule("A", "note"), rule("B", "error"))
    assert of({"ruleIndex": 1}, *rules).level is ResultLevel.ERROR
    assert of({"ruleId": "B"}, *rules).level is ResultLevel.ERROR
    assert of({"rule": {"id": "B"}}, *rules).level is ResultLevel.ERROR
    assert of({"rule": {"index": 1}}, *rules).rule == "B"
    assert of({"ruleId": "B/sub"}, *rules).level is ResultLevel.ERROR


def test_an_index_that_contradicts_the_name_is_passed_over() -> None:
    assert of({"ruleId": "B", "ruleIndex": 0}, rule("A", "note"), rule("B", "error")).level is ResultLevel.ERROR


def test_else_it_is_a_warning() -> None:
    assert of({"ruleId": "A"}, rule("A")).level is ResultLevel.WARNING
    assert of({"ruleId": "Z"}).level is ResultLevel.WARNING
    assert of({}).level is ResultLevel.WARNING


def test_rules_may_stand_in_an_extension() -> None:
    tool = {
        "driver": {"name": "t", "rules": [rule("A", "note")]},
        "extensions": [{"name": "x", "rules": [rule("B", "error")]}],
    }
    assert of({"ruleId": "B"}, tool=tool).level is ResultLevel.ERROR
    named = {"rule": {"index": 0, "toolComponent": {"index": 0}}}
    assert of(named, tool=tool).level is ResultLevel.ERROR
    assert of({"rule": {"index": 0, "toolComponent": {"name": "x"}}}, tool=tool).rule == "B"


def test_an_invocation_may_override_a_rules_level() -> None:
    override = {"descriptor": {"id": "A"}, "configuration": {"level": "error"}}
    invocations = [{"ruleConfigurationOverrides": [override]}]
    result = {"ruleId": "A", "provenance": {"invocationIndex": 0}}
    assert of(result, rule("A", "note"), invocations=invocations).level is ResultLevel.ERROR
    assert of({"ruleId": "A"}, rule("A", "note"), invocations=invocations).level is ResultLevel.NOTE


@pytest.mark.parametrize("kind", ["pass", "open", "informational", "notApplicable", "review"])
def test_what_is_no_failure_has_no_level(kind: str) -> None:
    assert of({"kind": kind, "level": "error"}).level is ResultLevel.NONE


def test_a_kind_that_nobody_knows_is_a_failure() -> None:
    assert of({"kind": "harmless", "level": "error"}).level is ResultLevel.ERROR


def test_no_results_are_not_the_same_as_none_found() -> None:
    assert log({"tool": {"driver": {"name": "t"}}, "results": None}).of(Results)[0].results is None
    assert log({"tool": {"driver": {"name": "t"}}}).of(Results)[0].results is None
    assert log({"tool": {"driver": {"name": "t"}}, "results": []}).of(Results)[0].results == ()


def test_a_suppression_counts_unless_somebody_still_thinks_about_it() -> None:
    assert of({"suppressions": [{"kind": "inSource", "justification": "ok"}]}).suppressed == "inSource: ok"
    assert of({"suppressions": []}).suppressed is None
    for status in ("underReview", "rejected"):
        said = [{"kind": "external"}, {"kind": "external", "status": status}]
        assert of({"suppressions": said}).suppressed is None


def test_security_severity_comes_from_the_rule() -> None:
    found = of({"ruleId": "A"}, rule("A", properties={"security-severity": "9.8"}))
    assert found.severity == "9.8"


def test_place_and_message_are_the_tools_words() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.c"}, "region": {"startLine": 3}}}
    found = of({"message": {"text": "bad"}, "locations": [place]})
    assert (found.place, found.message) == ("a.c:3", "bad")
    logical = of({"locations": [{"logicalLocations": [{"fullyQualifiedName": "ns.f"}]}]})
    assert logical.place == "ns.f"


def test_an_unknown_version_or_level_is_only_partly_understood() -> None:
    assert log({"results": []}, version="3.0.0").parse is Parse.PARTIAL
    assert log({"results": [{"level": "catastrophe"}]}).parse is Parse.PARTIAL


def test_the_first_version_had_passes_as_levels() -> None:
    old = {"tool": {"name": "t"}, "results": [{"level": "pass"}, {"level": "error", "message": "bad"}]}
    (run,) = log(old, version="1.0.0").of(Results)
    assert run.producer == "t"
    assert [one.level for one in run.results or ()] == [ResultLevel.NONE, ResultLevel.ERROR]
