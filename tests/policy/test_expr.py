"""Expressions as checks: what must hold of an image, and what may hold of how many of its parts."""

from typing import Any

import pytest
from tests.policy.builders import component, evidence, facts, finding, sbom, scan
from tests.policy.worlds import judge, measured, rule, searched

from pratique.errors import Malformed
from pratique.evidence.facts.scan import Severity
from pratique.policy import expression_facts
from pratique.policy.environment import EnvironmentRules
from pratique.policy.expression_facts import DIFF, IMAGE, diff_facts, image_facts
from pratique.policy.facts import CurrentFacts
from pratique.policy.result import Outcome
from pratique.policy.schema import decode
from pratique.service.measuring import asks_for_layers
from pratique.values.digest import Digest

GRAVE = 'v.new_since_current && v.severity in ["high", "critical"] && v.reachable != false'
SCANNED = evidence(scan(finding("CVE-1"), finding("CVE-2", Severity.LOW)))


def expr(source: str, **more: Any) -> dict[str, Any]:
    return {"check": "expr", "expr": source, **more}


def test_a_condition_on_the_image_passes_or_is_told_in_the_words_of_the_rule() -> None:
    document = expr('image.user != "root"', message="it runs as {image.user} and is {image.size_mb} MB")
    assert judge(document, facts(measured())).outcome is Outcome.PASS
    result = judge(document, facts(measured(root_user=True, uncompressed=1_000_001)))
    assert result.outcome is Outcome.BLOCK
    assert result.findings[0].message == "it runs as root and is 2 MB"


@pytest.mark.parametrize(
    ("user", "known"), [("app", "app"), ("1001:1001", "1001"), ("app:staff", "app"), (" app ", "app")]
)
def test_the_user_is_the_one_that_the_config_names_without_its_group(user: str, known: str) -> None:
    assert judge(expr(f'image.user == "{known}"'), facts(measured(user=user))).outcome is Outcome.PASS


def test_whoever_has_the_number_0_is_root_however_the_config_calls_them() -> None:
    document = expr('image.user != "root"', message="it runs as {image.user}")
    result = judge(document, facts(measured(user="boss", root_user=True)))
    assert (result.outcome, result.findings[0].message) == (Outcome.BLOCK, "it runs as root")


def test_a_fact_that_nobody_knows_is_an_error_whatever_the_rest_says() -> None:
    result = judge(expr('image.user != "root" || image.repository != ""'), facts())
    assert result.outcome is Outcome.ERROR
    assert "image.user is not known of this image" in result.message


def test_parts_that_meet_the_condition_are_counted_and_named() -> None:
    result = judge(expr(GRAVE, for_each="vulnerability", message="{count} are new: {ids}"), facts(SCANNED))
    assert result.outcome is Outcome.BLOCK
    assert result.message == "1 are new: CVE-1@pkg:pypi/jinja2"
    assert judge(expr(GRAVE, for_each="vulnerability", max=1), facts(SCANNED)).outcome is Outcome.PASS


def test_what_runs_there_too_is_not_new() -> None:
    held = CurrentFacts(Digest("b" * 64), frozenset({"CVE-1@pkg:pypi/jinja2"}), None, None)
    assert judge(expr(GRAVE, for_each="vulnerability"), facts(SCANNED, current=held)).outcome is Outcome.PASS
    unrecorded = CurrentFacts(Digest("b" * 64), None, None, None)
    assert (
        judge(expr(GRAVE, for_each="vulnerability"), facts(SCANNED, current=unrecorded)).outcome is Outcome.ERROR
    )


def test_a_part_of_which_it_cannot_be_said_is_an_error_and_the_others_still_count() -> None:
    unrated = facts(evidence(scan(finding("CVE-1"), finding("CVE-3", None))))
    failed = judge(expr(GRAVE, for_each="vulnerability"), unrated)
    assert failed.outcome is Outcome.BLOCK
    allowed = judge(expr(GRAVE, for_each="vulnerability", max=5), unrated)
    assert allowed.outcome is Outcome.ERROR
    assert "CVE-3@pkg:pypi/jinja2: v.severity is not known" in allowed.message
    counted = judge(expr(GRAVE, for_each="vulnerability", max=1, unknown_severity="high"), unrated)
    assert counted.outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("vulnerability", 'v.severity == "high"'),
        ("component", 'c.name == "a"'),
        ("licence", 'l.text == "MIT"'),
        ("result", 'r.level == "error"'),
    ],
)
def test_where_nobody_looked_for_parts_nobody_knows(part: str, source: str) -> None:
    assert judge(expr(source, for_each=part), facts()).outcome is Outcome.UNKNOWN
    known = facts(SCANNED, evidence(sbom(component("a"))), searched("aws-key"))
    result = judge(expr(source, for_each=part), known)
    assert result.outcome is Outcome.BLOCK
    assert dict(result.counts)["counted"] == 1


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (expr("v.kev"), "there is no fact 'v.kev'"),
        (expr("v.kve", for_each="vulnerability"), "did you mean 'v.kev'"),
        (expr("image.user == 'root'", message="{image.usr}"), "did you mean 'image.user'"),
        (expr("image.user == 'root'", message="{count} are bad"), "nothing to fill {count} in with"),
        (expr("image.files > 1", for_each="package"), "'package' is not known here"),
        (expr("1 == 1"), "expected at least one fact"),
    ],
)
def test_what_cannot_be_meant_is_refused_when_the_policy_is_read(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(Malformed, match=problem):
        rule(**document)


def test_an_expression_of_the_wrong_type_is_an_error_and_no_pass() -> None:
    result = judge(expr("image.size_mb == 'large'"), facts(measured()))
    assert result.outcome is Outcome.ERROR


def test_a_thousand_findings_are_kept_and_all_are_counted() -> None:
    many = facts(evidence(scan(*(finding(f"CVE-2026-{number}") for number in range(1200)))))
    result = judge(expr('v.severity == "high"', for_each="vulnerability"), many)
    assert dict(result.counts)["counted"] == 1200
    assert len(result.findings) == 1000


def layers_asked(**tracks: Any) -> bool:
    whole = {"name": "prod", "from": [], "checks": [], "tracks": tracks}
    return asks_for_layers(decode(EnvironmentRules, whole))


def test_layers_are_measured_where_a_condition_of_a_track_asks_about_them() -> None:
    people = [{"role": "lead", "count": 1}, {"role": "security", "count": 1, "when": 'image . user == "root"'}]
    assert layers_asked(slow={"approvals": people})
    assert layers_asked(fast={"when": "all_pass", "also": {"expr": "diff.surface_added == 0"}})
    assert not layers_asked(fast={"when": "all_pass", "also": {"expr": "image.critical == 0"}})


@pytest.mark.parametrize("name", [name for name, _ in (*IMAGE, *DIFF)])
def test_a_fact_of_layers_is_known_only_where_they_were_measured(name: str) -> None:
    held = CurrentFacts(Digest("f" * 64), None, None, None, surface=frozenset())
    known = image_facts(facts(measured())) | diff_facts(facts(measured(), current=held))
    unmeasured = image_facts(facts()) | diff_facts(facts(current=held))
    assert expression_facts.asks_for_layers(name) is (name in known.keys() - unmeasured.keys())
