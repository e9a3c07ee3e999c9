"""The tests of a policy: situations are judged by the one judge, and what is missing never helps."""

import re
from typing import Any

import pytest

from pratique.errors import Malformed
from pratique.policy.document import Bundle
from pratique.policy.marked import parse_marked
from pratique.policy.policy_test import merge, read_tests
from pratique.policy.source import load
from pratique.promotion.golden import GOLDEN
from pratique.promotion.happenings import Track
from pratique.promotion.mutation import mutate
from pratique.promotion.policy_test import Ran, run_case, tried
from pratique.promotion.policy_test_coverage import coverage

GATE = """
apiVersion: pratique/v1
kind: GatePolicy
metadata: {name: shop, owner: "group:security", review_by: 2027-05-01}
path: [staging, prod]
environments:
  staging:
    checks: [{id: sbom, check: sbom, keys: ["service:ci"]}]
    tracks: {fast: {when: all_pass, first_arrival: fast}}
  prod:
    checks:
      - {id: sig, check: signature, keys: ["service:ci"]}
      - {id: high, check: vulnerabilities, where: {severity: [high, critical]}, scanners: [trivy], outcome: review}
      - {id: kev, check: vulnerabilities, where: {kev: true}}
      - {id: tests, check: tests, required_suites: [unit], keys: ["service:ci"]}
      - {id: came, check: promoted_from, environment: staging, min_soak: 24h}
    tracks:
      fast: {when: all_pass}
      slow: {approvals: [{role: release-manager, count: 1}, {role: security, count: 1}]}
"""
APPLICATION = """
apiVersion: pratique/v1
kind: Application
metadata: {name: shop, owner: "group:shop", policy: shop}
images:
  - name: api
    source: {repository: "git+https://git.example/shop"}
    accept: ["oci:images/*"]
    destinations: {staging: {repository: "oci:staging/api"}, prod: {repository: "oci:prod/api"}}
"""
HEAD = "apiVersion: pratique/v1\nkind: PolicyTest\n"
HIGH = """
      scan:
        says:
          findings:
            - vulnerability: CVE-2026-1
              package: jinja2
              version: 3.1.4
              purl: pkg:pypi/jinja2@3.1.4
              severity: high
              ratings: [{source: ghsa, severity: high}]
              fix: fixed
              fixed_versions: [3.1.5]
"""


def bundle() -> Bundle:
    return load({"gate.yaml": GATE, "applications/shop.yaml": APPLICATION})


def golden() -> dict[str, Any]:
    value: dict[str, Any] = parse_marked(GOLDEN, "golden").value
    return value


def ran(body: str) -> Ran:
    text = f"{HEAD}cases:\n  - name: it\n    environment: prod\n{body}"
    return run_case(read_tests(text, "tests/it.yaml")[0], tried(bundle()), golden())


def test_the_golden_image_passes_every_check_and_takes_the_fast_track() -> None:
    assert ran("    expect: {outcome: pass, track: fast, approvals: []}").problems == ()


def test_a_case_that_comes_out_otherwise_says_what_was_expected_and_what_was_found() -> None:
    (problem,) = ran("    expect: {outcome: block}").problems
    assert problem == "expected the outcome block, found pass"


@pytest.mark.parametrize(
    "expected",
    [
        "track: slow",
        "outcome: review",
        'checks: {high: {outcome: review, findings: ["CVE-2026-1@pkg:pypi/jinja2"]}}',
        "approvals: [{role: security, count: 1}, {role: release-manager, count: 1}]",
        "missing: [{role: release-manager, count: 1}]",
        "why: check high",
    ],
)
def test_every_expectation_holds_where_it_is_true(expected: str) -> None:
    assert ran(f"    approvals: [security]\n    evidence:{HIGH}    expect: {{{expected}}}").problems == ()


@pytest.mark.parametrize(
    "expected",
    [
        "track: fast",
        "outcome: pass",
        "checks: {high: {outcome: pass}}",
        "checks: {high: {findings: [CVE-2026-2]}}",
        "checks: {higher: {outcome: pass}}",
        "approvals: [{role: security, count: 2}]",
        "missing: []",
        "why: kittens",
    ],
)
def test_every_expectation_fails_where_it_is_false(expected: str) -> None:
    assert len(ran(f"    approvals: [security]\n    evidence:{HIGH}    expect: {{{expected}}}").problems) == 1


def test_null_takes_a_piece_of_the_golden_image_away() -> None:
    assert ran("    evidence: {tests: null}\n    expect: {checks: {tests: {outcome: unknown}}}").problems == ()


def test_of_two_platforms_the_one_without_a_report_decides() -> None:
    arm = "    platforms: [linux/amd64, linux/arm64]\n    evidence: {scan: {covers: [linux/amd64]}}\n"
    assert ran(f"{arm}    expect: {{checks: {{high: {{outcome: unknown}}}}}}").problems == ()


def test_a_list_that_nobody_imported_is_not_an_empty_list() -> None:
    assert (
        ran(
            f"    lists: {{kev: null}}\n    evidence:{HIGH}    expect: {{checks: {{kev: {{outcome: unknown}}}}}}"
        ).problems
        == ()
    )


def test_what_soaked_too_short_is_told_from_now_on() -> None:
    arrival = "arrivals: [{environment: staging, at: -3h, level: promoted, until: -0s}]"
    assert ran(f"    {arrival}\n    expect: {{checks: {{came: {{outcome: block}}}}}}").problems == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("    evidence: {scan: {says: {findngs: []}}}\n    expect: {}", "tests/it.yaml:6:30: "),
        ("    evidence: {scan: {kind: scam}}\n    expect: {}", "did you mean 'scan'?"),
        ("    evidence: {scan: {signed_by: [ci]}}\n    expect: {}", "tests/it.yaml:6:34: "),
        ("    lists: {keev: []}\n    expect: {}", "did you mean 'kev'?"),
        ("    current: {surfaces: []}\n    expect: {}", "did you mean 'surface'?"),
        ("    now: yesterday\n    expect: {}", "tests/it.yaml:6:10: "),
        ("    expect: {outcom: pass}", "did you mean 'outcome'?"),
        ("    expect: {}\n    application: shoop", "did you mean 'shop'?"),
        ("    evidence: {scan: {says: {created: 3}}}\n    expect: {}", "expected a moment"),
    ],
)
def test_a_mistake_in_a_case_is_told_with_file_line_and_column(body: str, message: str) -> None:
    with pytest.raises(Malformed) as error:
        ran(body)
    assert str(error.value).startswith("tests/it.yaml:")
    assert message in str(error.value)


def test_a_mistake_in_the_defaults_is_told_where_it_stands() -> None:
    defaults = "defaults: {evidence: {scan: {says: {findngs: []}}}}"
    text = f"{HEAD}{defaults}\ncases:\n  - {{name: it, environment: prod, expect: {{}}}}\n"
    with pytest.raises(Malformed, match=r"tests/it\.yaml:3:37: "):
        run_case(read_tests(text, "tests/it.yaml")[0], tried(bundle()), golden())


def test_coverage_tells_in_which_ways_a_check_was_never_seen() -> None:
    every = (ran("    expect: {}"), ran(f"    evidence:{HIGH}    expect: {{}}"))
    seen = {one.check: one.missing for one in coverage(bundle(), every).checks if one.environment == "prod"}
    assert seen["high"] == ("unknown",)
    assert seen["tests"] == ("failing", "unknown")


def test_a_track_is_seen_where_a_case_expects_it_and_who_must_agree() -> None:
    asks = "approvals: [{role: security, count: 1}, {role: release-manager, count: 1}]"
    every = (ran("    expect: {track: fast}"), ran(f"    evidence:{HIGH}    expect: {{track: slow, {asks}}}"))
    seen = {one.track: one.missing for one in coverage(bundle(), every).tracks if one.environment == "prod"}
    assert seen == {Track.FAST: ("the approvals",), Track.SLOW: ()}


def test_a_track_that_a_case_takes_without_expecting_it_is_not_seen() -> None:
    (staging, *_) = coverage(bundle(), ()).tracks
    assert (staging.track, staging.missing) == (Track.FAST, ("the track", "the approvals"))
    taken = coverage(bundle(), (ran("    expect: {outcome: pass}"),)).tracks
    assert {one.missing for one in taken} == {("the track", "the approvals")}


def test_what_is_missing_helps_no_case_of_a_policy_that_names_what_it_needs() -> None:
    for body in (
        "    expect: {}",
        f"    evidence:{HIGH}    expect: {{}}",
        "    evidence: {tests: null}\n    expect: {}",
    ):
        taken, improved = mutate(ran(body), tried(bundle()))
        assert taken > 70
        assert improved == ()


def test_a_report_that_no_rule_requires_is_found_by_taking_it_away() -> None:
    open_gate = load(
        {
            "gate.yaml": GATE.replace("scanners: [trivy], ", ""),
            "applications/shop.yaml": APPLICATION,
        }
    )
    text = f"{HEAD}cases:\n  - name: it\n    environment: prod\n    evidence:{HIGH}    expect: {{}}\n"
    _, improved = mutate(run_case(read_tests(text, "t.yaml")[0], tried(open_gate), golden()), tried(open_gate))
    assert ("scan", "check high") in {(one.without, one.what) for one in improved}


def test_what_was_first_seen_is_told_from_now_on_and_taken_away_in_turn() -> None:
    seen = 'first_seen: {"CVE-2026-1@pkg:pypi/jinja2": -3d}'
    graced = load(
        {
            "gate.yaml": GATE.replace("outcome: review}", "grace: {days: 7, from: first_seen}}"),
            "applications/shop.yaml": APPLICATION,
        }
    )
    case = f"  - name: it\n    environment: prod\n    {seen}\n    evidence:{HIGH}    expect: {{outcome: pass}}\n"
    text = f"{HEAD}cases:\n{case}"
    one = run_case(read_tests(text, "t.yaml")[0], tried(graced), golden())
    assert one.problems == ()
    assert mutate(one, tried(graced))[1] == ()


PLACED = GATE.replace(
    "checks:\n",
    "checks:\n      - {id: place, check: expr, expr: 'image.repository.startsWith(\"oci:PLACE\")'}\n",
    1,
)


@pytest.mark.parametrize(
    ("place", "said", "outcome"),
    [
        ("staging/api", "", "pass"),  # where it usually is before prod
        ("git.example", "", "block"),  # its source code is elsewhere, and does not count
        ("images/new", "repository: oci:images/new", "pass"),
        ("staging/api", "repository: oci:images/new", "block"),
        ("staging/api", "repository: null", "pass"),
    ],
)
def test_the_repository_is_the_images_and_not_its_source_codes(place: str, said: str, outcome: str) -> None:
    files = {"gate.yaml": PLACED.replace("PLACE", place), "applications/shop.yaml": APPLICATION}
    body = f"    expect: {{checks: {{place: {{outcome: {outcome}}}}}}}\n" + (f"    {said}\n" if said else "")
    text = f"{HEAD}cases:\n  - name: it\n    environment: prod\n{body}"
    assert run_case(read_tests(text, "tests/it.yaml")[0], tried(load(files)), golden()).problems == ()


def test_a_first_environment_is_entered_from_what_is_accepted() -> None:
    case = f"{HEAD}cases:\n  - name: it\n    environment: staging\n    expect: {{outcome: pass}}\n"
    ran_case = run_case(read_tests(case, "tests/it.yaml")[0], tried(bundle()), golden())
    assert str(ran_case.situation.repository) == "oci:images/api"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("oci:elsewhere/api", "may come from, oci:staging/api, oci:images/*, found oci:elsewhere/api"),
        ("7", "expected a repository, or the word 'usual'"),
        ("oci:images/api:1.0", "expected no tag and no digest"),
    ],
)
def test_a_repository_that_the_policy_does_not_accept_is_told_where_it_stands(said: str, message: str) -> None:
    with pytest.raises(Malformed, match=re.escape(message)) as raised:
        ran(f"    repository: {said}\n    expect: {{outcome: pass}}\n")
    assert str(raised.value).startswith("tests/it.yaml:6:17: ")


def test_a_track_that_was_asked_for_is_judged_as_asked() -> None:
    assert ran("    asks_for: rollback\n    left: -1d\n    expect: {frozen: none}").problems == ()
    assert len(ran("    expect: {frozen: weekend}").problems) == 1


# RFC 7396 appendix A, those of its examples whose target and patch are objects.
@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_are_laid_over_as_the_standard_says(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result
