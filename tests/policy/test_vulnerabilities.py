"""The vulnerabilities check: how many of a kind, once somebody really looked."""

from dataclasses import replace
from typing import Any

import pytest
from tests.policy.builders import component, counts, evidence, facts, finding, sbom, scan

from pratique.evidence.facts.scan import Finding, Fix, Rating, Scan, Severity
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule, judge_vulnerabilities
from pratique.policy.facts import CurrentFacts, Facts
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import decode
from pratique.values.digest import Digest

TERM = "CVE-2019-10906@pkg:pypi/jinja2"


def rule(**changes: Any) -> VulnerabilitiesRule:
    return decode(VulnerabilitiesRule, {"id": "crit", "check": "vulnerabilities"} | changes)


def judge(known: Facts, **changes: Any) -> CheckResult:
    return judge_vulnerabilities(rule(**changes), known)


def report(*findings: Finding, **how: Any) -> Evidence:
    examined = how.pop("examined", 20)
    producer = how.pop("producer", "trivy")
    return evidence(scan(*findings, examined=examined, producer=producer), **how)


def matched(*findings: Finding, examined: int | None = 3) -> Scan:
    return scan(*findings, producer="pratique-matcher", examined=examined)


def test_an_unsigned_report_joins_no_two_vulnerabilities_of_others() -> None:
    two = report(finding("GHSA-1"), finding("GHSA-2"))
    for lie in (finding("GHSA-1", aliases=("GHSA-2",)), finding("GHSA-1", aliases=("CVE-1", "GHSA-2"))):
        elsewhere = replace(lie, package="other", purl="pkg:pypi/other@1")
        for unsigned in (report(lie, by=None), report(elsewhere, by=None)):
            assert judge(facts(two, unsigned), max=1).outcome is Outcome.BLOCK
    assert counts(judge(facts(two, report(finding("GHSA-1", aliases=("GHSA-2",)))), max=1))["counted"] == 1


def test_a_scanner_that_looked_and_found_nothing_passes() -> None:
    result = judge(facts(report()))
    assert result.outcome is Outcome.PASS
    assert result.message == "0 of at most 0 vulnerabilities"
    assert counts(result) == {"by_vex": 0, "counted": 0, "examined": 20, "max": 0, "reports": 1, "unrated": 0}


def test_too_many_fail_and_say_which_and_what_to_upgrade() -> None:
    known = facts(report(finding(), finding("CVE-2019-2", fixed_versions=("2.10.2", "2.11.3"))))
    result = judge(known, where={"severity": ["critical", "high"], "fixable": True})
    assert result.outcome is Outcome.BLOCK
    assert result.message == (
        "2 of at most 0 critical or high vulnerabilities with a fix: "
        "CVE-2019-10906 in jinja2 2.10, CVE-2019-2 in jinja2 2.10"
    )
    assert result.remedy == "upgrade jinja2 from 2.10 to 2.10.2"
    assert [each.term for each in result.findings] == [TERM, "CVE-2019-2@pkg:pypi/jinja2"]
    assert result.findings[0].severity == "high"
    assert result.findings[0].fix == "upgrade jinja2 from 2.10 to 2.10.1"
    assert result.findings[0].message == "CVE-2019-10906 (high) in jinja2 2.10, reported by trivy"


def test_as_many_as_allowed_pass_and_are_listed_all_the_same() -> None:
    result = judge(facts(report(finding())), max=1)
    assert result.outcome is Outcome.PASS
    assert [each.term for each in result.findings] == [TERM]
    assert result.remedy is None


def test_nobody_looked_is_unknown() -> None:
    result = judge(facts())
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "0 of at most 0 vulnerabilities; nobody has looked for vulnerabilities"
    assert result.remedy == "let a scanner examine this digest, and add its report"


@pytest.mark.parametrize(
    ("examined", "words"),
    [
        (0, "trivy examined no package"),
        (None, "trivy found nothing, and its report does not say that it examined anything"),
    ],
)
def test_a_scanner_that_looked_at_nothing_is_unknown(examined: int | None, words: str) -> None:
    result = judge(facts(report(examined=examined)))
    assert result.outcome is Outcome.UNKNOWN
    assert words in result.message


def test_findings_prove_that_a_scanner_looked_even_if_it_does_not_count_packages() -> None:
    low = finding(severity=Severity.LOW)
    assert judge(facts(report(low, examined=None)), where={"severity": ["high"]}).outcome is Outcome.PASS


def test_a_report_that_was_only_partly_understood_is_unknown() -> None:
    result = judge(facts(report(parse=Parse.PARTIAL)))
    assert result.outcome is Outcome.UNKNOWN
    assert "only partly understood" in result.message


def test_every_required_scanner_must_have_looked() -> None:
    result = judge(facts(report()), scanners=["trivy", "grype"])
    assert result.outcome is Outcome.UNKNOWN
    assert "grype made no report about this image" in result.message
    assert [each.term for each in result.findings] == ["coverage:grype"]
    both = facts(report(), report(finding(severity=Severity.LOW), producer="grype", examined=None))
    assert judge(both, scanners=["trivy", "grype"], where={"severity": ["high"]}).outcome is Outcome.PASS


def test_too_many_are_certain_even_where_a_scanner_is_missing() -> None:
    result = judge(facts(report(finding())), scanners=["trivy", "grype"])
    assert result.outcome is Outcome.BLOCK
    assert "grype made no report" in result.message
    review = judge(facts(report(finding())), scanners=["trivy", "grype"], outcome="review")
    assert review.outcome is Outcome.UNKNOWN


def test_a_report_that_nobody_trusted_signed_covers_nothing_but_its_findings_count() -> None:
    unsigned = judge(facts(report(by=None)), keys=["service:scanner"])
    assert unsigned.outcome is Outcome.UNKNOWN
    assert "trivy made a report that is not signed by service:scanner" in unsigned.message
    known = facts(report(finding(), by=None), report(by="service:scanner"))
    assert judge(known, keys=["service:scanner"]).outcome is Outcome.BLOCK


def test_the_built_in_matcher_counts_where_no_scanner_is_named() -> None:
    assert judge(facts(matched=(matched(),))).outcome is Outcome.PASS
    assert judge(facts(matched=(matched(finding()),))).outcome is Outcome.BLOCK
    assert judge(facts(matched=(matched(examined=0),))).outcome is Outcome.UNKNOWN


def test_the_built_in_matcher_counts_where_it_is_named() -> None:
    known = facts(report(), matched=(matched(finding()),))
    assert judge(known, scanners=["trivy"]).outcome is Outcome.PASS
    assert judge(known, scanners=["trivy", "pratique-matcher"]).outcome is Outcome.BLOCK
    missing = judge(facts(report()), scanners=["trivy", "pratique-matcher"])
    assert missing.outcome is Outcome.UNKNOWN
    assert (
        missing.remedy == "import advisories for its packages, and add an SBOM that lists them with their versions"
    )


def test_what_a_real_scanner_reports_too_counts_whoever_else_is_named() -> None:
    known = facts(report(), report(finding(), producer="grype"))
    assert judge(known, scanners=["trivy"]).outcome is Outcome.BLOCK


@pytest.mark.parametrize("severities", [["critical"], ["high"], ["medium"], ["negligible"], []])
def test_an_unknown_severity_is_caught_by_every_filter_and_counts_as_high(severities: list[str]) -> None:
    result = judge(facts(report(finding(severity=None))), where={"severity": severities})
    assert result.outcome is Outcome.BLOCK
    assert result.findings[0].severity == "high"
    assert counts(result)["unrated"] == 1
    assert "(severity unknown)" in result.message


def test_a_policy_can_say_what_an_unknown_severity_counts_as() -> None:
    known = facts(report(finding(severity=None)))
    assert judge(known, where={"severity": ["critical"]}, unknown_severity="high").outcome is Outcome.PASS
    assert judge(known, where={"severity": ["high"]}, unknown_severity="high").outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    ("fix", "versions", "fixable", "unfixable"),
    [
        (Fix.FIXED, ("2.11",), True, False),
        (Fix.FIXED, (), True, False),
        (Fix.NOT_FIXED, (), False, True),
        (Fix.WONT_FIX, (), False, True),
        (Fix.UNKNOWN, ("2.11",), True, False),
        (Fix.UNKNOWN, (), True, True),
    ],
)
def test_whether_there_is_a_fix_decides_and_not_knowing_counts_both_ways(
    fix: Fix, versions: tuple[str, ...], fixable: bool, unfixable: bool
) -> None:
    known = facts(report(finding(fix=fix, fixed_versions=versions)))
    assert (judge(known, where={"fixable": True}).outcome is Outcome.BLOCK) is fixable
    assert (judge(known, where={"fixable": False}).outcome is Outcome.BLOCK) is unfixable


def test_a_vulnerability_can_be_named_by_any_of_its_identifiers() -> None:
    known = facts(report(finding("GHSA-462w-v97r-4m45", aliases=("CVE-2019-10906",))))
    for named in ("GHSA-462w-v97r-4m45", "CVE-2019-10906", "CVE-2019-*"):
        assert judge(known, where={"ids": [named]}).outcome is Outcome.BLOCK
    assert judge(known, where={"ids": ["CVE-2021-44228"]}).outcome is Outcome.PASS


def test_two_scanners_that_report_one_vulnerability_count_it_once() -> None:
    pair = facts(report(finding()), report(finding("GHSA-x", aliases=("CVE-2019-10906",)), producer="grype"))
    assert counts(judge(pair))["counted"] == 1


def test_what_a_tool_was_told_to_ignore_counts_and_says_who_silenced_it() -> None:
    result = judge(facts(report(finding(suppressed="ignored: not used"))))
    assert result.outcome is Outcome.BLOCK
    assert "silenced in trivy: ignored: not used, which does not count" in result.findings[0].message


def holding(*terms: str) -> CurrentFacts:
    return CurrentFacts(Digest("b" * 64), frozenset(terms), frozenset(), None)


def test_new_only_counts_what_the_environment_does_not_hold_already() -> None:
    pair = report(finding(), finding("CVE-2019-2"))
    assert counts(judge(facts(pair, current=holding(TERM)), new_only=True))["counted"] == 1
    assert counts(judge(facts(pair, current=holding()), new_only=True))["counted"] == 2
    assert counts(judge(facts(pair, current=None), new_only=True))["counted"] == 2
    assert counts(judge(facts(pair, current=holding(TERM))))["counted"] == 2


def test_where_nobody_knows_what_the_environment_holds_everything_is_new() -> None:
    unknown = CurrentFacts(Digest("b" * 64), None, None, None)
    assert judge(facts(report(finding()), current=unknown), new_only=True).outcome is Outcome.BLOCK


def test_without_a_fix_the_remedy_says_so() -> None:
    result = judge(facts(report(finding(fix=Fix.NOT_FIXED, fixed_versions=()))))
    assert result.remedy == "no version repairs all of jinja2: replace or remove it"


def test_what_a_producer_could_not_compare_is_told() -> None:
    partial = Scan("pratique-matcher", "1", None, None, 3, (), ("npm: no advisories are imported (2)",))
    result = judge(facts(matched=(partial,)))
    assert result.outcome is Outcome.PASS
    assert result.message.endswith("pratique-matcher did not compare: npm: no advisories are imported (2)")


def test_a_bill_of_materials_is_no_scan() -> None:
    assert judge(facts(evidence(sbom(component("a"))))).outcome is Outcome.UNKNOWN


def test_the_highest_opinion_counts_where_no_source_speaks_for_the_package() -> None:
    opinions = (Rating("a", Severity.LOW), Rating("b", Severity.CRITICAL))
    known = facts(report(finding(ratings=opinions)))
    assert judge(known, where={"severity": ["critical"]}).outcome is Outcome.BLOCK
