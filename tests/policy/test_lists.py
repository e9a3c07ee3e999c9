"""Known exploited (KEV) and likely (EPSS): what the lists say counts, and a list that is missing is no good news."""

import json
from dataclasses import replace

import pytest
from tests.policy.builders import IMAGE, NOW, finding, scan

from pratique.evidence.advisories import read_advisories
from pratique.evidence.threat import NO_LISTS, Lists, read_lists
from pratique.policy.check import judge_check
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule, Where
from pratique.policy.facts import Facts, Subject, observe
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.threats import threats_of
from pratique.policy.words import WORDS, AtLeast, CheckId

KEV = json.dumps(
    {
        "catalogVersion": "2026.11.01",
        "vulnerabilities": [
            {"cveID": "CVE-2026-1", "dateAdded": "2026-10-01", "knownRansomwareCampaignUse": "Known"}
        ],
    }
).encode()
EPSS = b"""#model_version:v2025.03.14,score_date:2026-11-01T00:00:00Z
cve,epss,percentile
CVE-2026-1,0.4,0.9
CVE-2026-2,0.01,0.2
"""
BOTH = read_lists(KEV, EPSS)


def known(*names: str, lists: Lists = BOTH) -> Facts:
    report = scan(*(finding(name) for name in names))
    return observe(Subject(IMAGE, IMAGE, "registry.example/shop/api", NOW, (), None), (), (report,), lists)


def judged(where: Where, facts: Facts) -> CheckResult:
    return judge_check(VulnerabilitiesRule(id=CheckId("kev"), where=where), facts)


@pytest.mark.parametrize(
    ("where", "names", "outcome"),
    [
        (Where(kev=True), ("CVE-2026-1", "CVE-2026-2"), Outcome.BLOCK),
        (Where(kev=True), ("CVE-2026-2", "GHSA-1"), Outcome.PASS),
        (Where(kev=False), ("CVE-2026-1",), Outcome.PASS),
        (Where(epss=WORDS[AtLeast].parse(">=0.10")), ("CVE-2026-1",), Outcome.BLOCK),
        (Where(epss=WORDS[AtLeast].parse(">=0.10")), ("CVE-2026-2",), Outcome.PASS),
        (Where(epss=WORDS[AtLeast].parse(">=0.10")), ("CVE-2026-3",), Outcome.BLOCK),  # nobody scored it
    ],
)
def test_what_the_lists_say_is_counted(where: Where, names: tuple[str, ...], outcome: Outcome) -> None:
    assert judged(where, known(*names)).outcome is outcome


@pytest.mark.parametrize("where", [Where(kev=True), Where(kev=False), Where(epss=WORDS[AtLeast].parse(">=0.1"))])
def test_without_the_list_nobody_can_say(where: Where) -> None:
    result = judged(where, known("CVE-2026-2", lists=NO_LISTS))
    assert result.outcome is Outcome.UNKNOWN
    assert "was not imported" in result.message
    assert "pratique watch import" in (result.remedy or "")


def test_a_finding_without_a_cve_is_known_by_those_that_imported_advisories_give_it() -> None:
    record = {"id": "GHSA-1", "aliases": ["cve-2026-1", "CVE-2026-2"], "modified": "2026-01-01T00:00:00Z"}
    told = replace(BOTH, cves=read_advisories(json.dumps({**record, "affected": []}).encode()).cves)
    (one,) = known("GHSA-1", lists=told).vulnerabilities
    assert (one.known_exploited, one.likelihood) == (True, "0.4")
    assert known("CVE-2026-2", lists=told).vulnerabilities[0].known_exploited is False
    assert known("GHSA-2", lists=told).vulnerabilities[0].known_exploited is False


@pytest.mark.parametrize(("listed", "found"), [("CVE-2026-1", "cve-2026-1"), ("cve-2026-1", "CVE-2026-1")])
def test_a_cve_in_lower_case_is_the_same_cve(listed: str, found: str) -> None:
    lists = read_lists(KEV.replace(b"CVE-2026-1", listed.encode()), EPSS)
    (one,) = known(found, lists=lists).vulnerabilities
    assert (one.identifier, one.known_exploited) == ("CVE-2026-1", True)


def test_the_risk_model_is_told_of_attacks() -> None:
    (one,) = threats_of(known("CVE-2026-1"))
    assert (str(one.inputs.epss), str(one.inputs.exploitation)) == ("0.4", "ransomware")
    (two,) = threats_of(known("CVE-2026-3"))
    assert (two.inputs.epss, two.inputs.exploitation) == (None, None)


def test_a_bound_is_written_as_it_is_read() -> None:
    word = WORDS[AtLeast]
    assert word.render(word.parse(">= 0.10")) == ">=0.1"
