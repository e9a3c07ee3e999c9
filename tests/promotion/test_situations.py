"""What the gate decides, one situation after the other: evidence that is there, missing, foreign, old or disputed."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.promotion.builders import NOW, STAGING, after, digest
from tests.promotion.cases import (
    ANN,
    ARRIVED,
    CLEAN,
    GATE,
    HIGH,
    MEDIUM,
    evidence,
    provenance,
    sbom,
    signed,
    source,
)
from tests.promotion.situations import ALL_WAYS, KEV_CHECK, check, decide, gate, kev, put, report, told, vex

from pratique.attest.seal import Level
from pratique.attest.statement import Subject, build_statement
from pratique.policy.result import Outcome
from pratique.promotion.happenings import Track

HIGH_SCANNERS = "scanners: [pratique-matcher]"
TRIVY = gate((HIGH_SCANNERS, "scanners: [pratique-matcher, trivy]"))
VEX = gate((HIGH_SCANNERS, f"{HIGH_SCANNERS}, vex: {{signers: ['service:ci']}}"))
WITH_KEV = gate(("      - {id: came", f"{KEV_CHECK}      - {{id: came"))
LICENCES = gate(
    (
        "      - {id: came",
        "      - {id: lic, check: licences, deny: [AGPL-3.0-only], unknown: review}\n      - {id: came",
    )
)
SOAK = gate(("within: 30d", "min_soak: 24h, within: 30d"))


def licensed(*licences: str) -> bytes:
    """Return a bill of materials whose packages have these licences, in the words of their authors."""
    components = [
        {"type": "library", "name": f"p{number}", "version": "1", "purl": f"pkg:pypi/p{number}@1",
         "licenses": [{"expression": words}]}
        for number, words in enumerate(licences)
    ]  # fmt: skip
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "components": components,
    }
    return signed(build_statement((Subject(digest("image")),), "https://cyclonedx.org/bom", document))


def test_everything_is_there_and_clean_so_nobody_is_asked() -> None:
    decision = decide(evidence(CLEAN))
    assert (decision.track.name, decision.outcome, decision.approvals) == (Track.FAST, Outcome.PASS, ())


def test_the_bill_of_materials_is_missing() -> None:
    decision = decide((provenance(), source()))
    assert check(decision, "sbom").outcome is Outcome.UNKNOWN
    assert decision.track.name is Track.REMEDIATION


def test_the_report_is_about_another_image() -> None:
    decision = decide((sbom(*CLEAN, image="other"), provenance(), source()))
    assert check(decision, "sbom").outcome is Outcome.UNKNOWN
    assert decision.track.name is Track.REMEDIATION


def test_nothing_at_all_was_handed_in() -> None:
    decision = decide(())
    assert decision.track.name is Track.REMEDIATION
    assert Outcome.PASS not in {result.outcome for result in decision.checks if result.id != "came"}


def test_the_provenance_names_another_builder() -> None:
    predicate: dict[str, Any] = {
        "buildDefinition": {"buildType": "https://ci.example/build/v1", "externalParameters": {}},
        "runDetails": {"builder": {"id": "https://evil.example"}},
    }
    foreign = signed(build_statement((Subject(digest("image")),), "https://slsa.dev/provenance/v1", predicate))
    decision = decide((sbom(*CLEAN), foreign, source()))
    assert check(decision, "prov").outcome in (Outcome.BLOCK, Outcome.UNKNOWN)
    assert decision.track.name is Track.REMEDIATION


def test_a_scanner_that_examined_nothing_has_not_looked() -> None:
    decision = decide((*evidence(CLEAN), report(packages=0)), TRIVY)
    assert check(decision, "high").outcome is Outcome.UNKNOWN
    assert "trivy" in check(decision, "high").message


def test_a_scanner_that_the_policy_names_made_no_report() -> None:
    assert check(decide(evidence(CLEAN), TRIVY), "high").outcome is Outcome.UNKNOWN


def test_a_scanner_that_looked_and_found_nothing_passes() -> None:
    assert check(decide((*evidence(CLEAN), report()), TRIVY), "high").outcome is Outcome.PASS


def test_two_scanners_disagree_and_the_worse_one_counts() -> None:
    decision = decide((*evidence(CLEAN), report(("CVE-2026-77", "flask", "CRITICAL"))), TRIVY)
    assert check(decision, "high").outcome is Outcome.BLOCK
    assert [finding.term for finding in check(decision, "high").findings] == ["CVE-2026-77@pkg:pypi/flask"]


def test_an_unknown_severity_is_caught_by_every_filter() -> None:
    decision = decide((*evidence(CLEAN), report(("CVE-2026-78", "flask", "UNKNOWN"))), TRIVY)
    assert check(decision, "high").outcome is Outcome.BLOCK


def test_a_high_vulnerability_blocks_and_says_what_to_do() -> None:
    decision = decide(evidence(HIGH))
    assert decision.track.name is Track.REMEDIATION
    assert "jinja2" in (check(decision, "high").remedy or "")


def test_a_medium_one_is_for_people() -> None:
    decision = decide(evidence(MEDIUM))
    assert decision.track.name is Track.SLOW
    assert [need.role for need in decision.approvals] == ["release", "security"]


def test_a_trusted_statement_clears_a_finding_and_the_count_says_so() -> None:
    result = check(decide((*evidence(HIGH), vex("CVE-2026-0")), VEX), "high")
    cleared = check(decide((*evidence(HIGH), vex("CVE-2026-1")), VEX), "high")
    assert result.outcome is Outcome.BLOCK  # it is about something else
    assert cleared.outcome is Outcome.PASS
    assert "CVE-2026-1" in cleared.message


def test_a_statement_of_somebody_whom_the_policy_does_not_name_clears_nothing() -> None:
    assert check(decide((*evidence(HIGH), vex("CVE-2026-1"))), "high").outcome is Outcome.BLOCK


def test_a_statement_that_it_is_under_investigation_clears_nothing() -> None:
    contents = (*evidence(HIGH), vex("CVE-2026-1", "under_investigation"))
    assert check(decide(contents, VEX), "high").outcome is Outcome.BLOCK


def test_what_is_known_to_be_exploited_blocks_whatever_its_severity() -> None:
    decision = decide(evidence(MEDIUM), WITH_KEV, exploited=kev("CVE-2026-2"))
    assert check(decision, "kev").outcome is Outcome.BLOCK
    assert decision.track.name is Track.REMEDIATION


def test_an_entry_that_came_into_the_catalogue_after_the_approval_changes_the_answer() -> None:
    before = decide(evidence(MEDIUM), WITH_KEV, exploited=kev("CVE-2026-9"))
    afterwards = decide(evidence(MEDIUM), WITH_KEV, exploited=kev("CVE-2026-9", "CVE-2026-2"))
    assert (before.track.name, afterwards.track.name) == (Track.SLOW, Track.REMEDIATION)


def test_without_the_catalogue_nobody_can_say_what_is_exploited() -> None:
    assert check(decide(evidence(MEDIUM), WITH_KEV), "kev").outcome is Outcome.UNKNOWN


def test_a_licence_text_that_nobody_knows_is_for_people() -> None:
    decision = decide((licensed("the licence of our grandmother"), provenance(), source()), LICENCES)
    assert check(decision, "lic").outcome is Outcome.REVIEW


def test_a_denied_licence_blocks_though_another_choice_of_it_would_do() -> None:
    denied = decide((licensed("AGPL-3.0-only"), provenance(), source()), LICENCES)
    either = decide((licensed("AGPL-3.0-only OR MIT"), provenance(), source()), LICENCES)
    both = decide((licensed("AGPL-3.0-only AND MIT"), provenance(), source()), LICENCES)
    outcomes = [check(decision, "lic").outcome for decision in (denied, either, both)]
    assert outcomes == [Outcome.BLOCK, Outcome.PASS, Outcome.BLOCK]


def test_one_platform_has_no_report() -> None:
    contents = (*evidence(CLEAN), sbom(*CLEAN, image="amd64"))
    decision = decide(contents, platforms=("amd64", "arm64"))
    assert check(decision, "sbom").outcome is Outcome.UNKNOWN
    assert "linux/arm64" in check(decision, "sbom").message


def test_one_platform_is_worse_than_the_other() -> None:
    contents = (*evidence(CLEAN), sbom(*CLEAN, image="amd64"), sbom(*HIGH, image="arm64"))
    assert check(decide(contents, platforms=("amd64", "arm64")), "high").outcome is Outcome.BLOCK


def test_it_has_not_soaked_long_enough_by_a_millisecond() -> None:
    short = replace(ARRIVED, at=NOW - timedelta(hours=24) + timedelta(milliseconds=1))
    assert check(decide(evidence(CLEAN), SOAK, arrivals=(short,)), "came").outcome is Outcome.BLOCK
    assert (
        check(
            decide(evidence(CLEAN), SOAK, arrivals=(replace(ARRIVED, at=NOW - timedelta(hours=24)),)), "came"
        ).outcome
        is Outcome.PASS
    )


def test_newer_images_took_its_place_twice_but_it_had_soaked_for_a_day() -> None:
    gone = replace(ARRIVED, at=NOW - timedelta(days=3), until=NOW - timedelta(days=1))
    assert check(decide(evidence(CLEAN), SOAK, arrivals=(gone,)), "came").outcome is Outcome.PASS


def test_it_was_there_too_long_ago() -> None:
    old = replace(ARRIVED, at=NOW - timedelta(days=31))
    assert check(decide(evidence(CLEAN), arrivals=(old,)), "came").outcome is Outcome.BLOCK


def test_it_was_only_admitted_where_it_comes_from() -> None:
    lesser = replace(ARRIVED, level=Level.ADMITTED)
    assert check(decide(evidence(CLEAN), arrivals=(lesser,)), "came").outcome is Outcome.BLOCK


def test_it_entered_in_an_emergency_where_it_comes_from() -> None:
    hurried = replace(ARRIVED, level=Level.EMERGENCY)
    assert check(decide(evidence(CLEAN), arrivals=(hurried,)), "came").outcome is Outcome.BLOCK
    trusting = gate(("within: 30d", "within: 30d, levels: [promoted, emergency]"))
    assert check(decide(evidence(CLEAN), trusting, arrivals=(hurried,)), "came").outcome is Outcome.PASS


def test_it_was_never_where_it_should_come_from() -> None:
    assert decide(evidence(CLEAN), arrivals=()).track.name is Track.REMEDIATION


def test_the_requester_wrote_it() -> None:
    excluded = {one.person for one in decide(evidence(MEDIUM), requester="person:ann").separation.excluded}
    assert "person:ann" in excluded


def test_nobody_says_who_wrote_it() -> None:
    extra = decide((sbom(*MEDIUM), provenance())).approvals[-1]
    assert (extra.outside, extra.because) == ("group:shop", "no signed source statement says who wrote it")


def test_an_author_is_unknown_to_the_directory() -> None:
    extra = decide((sbom(*MEDIUM), provenance(), source(ANN, "github:99"))).approvals[-1]
    assert "github:99" in (extra.because or "")


def test_missing_evidence_is_for_people_where_the_policy_says_so() -> None:
    holding = gate(("path:", "settings: {on_missing_evidence: hold}\npath:"))
    assert decide((provenance(), source()), holding).track.name is Track.SLOW


def test_a_gate_that_only_warns_lets_it_in_and_keeps_the_outcome() -> None:
    warning = gate(("  prod:\n", "  prod:\n    enforcement: warn\n    relax: being introduced\n"))
    decision = decide(evidence(HIGH), warning)
    assert (decision.track.name, decision.outcome) == (Track.SLOW, Outcome.BLOCK)


def test_the_first_environment_takes_what_comes_from_nowhere() -> None:
    assert decide(evidence(CLEAN), to=STAGING, arrivals=()).track.name is Track.FAST


ALL = (*evidence(MEDIUM), vex("CVE-2026-1"), report(("CVE-2026-77", "flask", "LOW")))


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(ALL))))[::13])
def test_the_order_of_evidence_changes_no_byte(order: tuple[int, ...]) -> None:
    assert put((ALL[place] for place in order), ALL_WAYS).content == put(ALL, ALL_WAYS).content


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"bomFormat": "CycloneDX"}', b"<a/>"]
)
def test_whatever_is_handed_in_besides_the_judge_answers(content: bytes) -> None:
    decision = decide((*evidence(CLEAN), content))
    assert decision.track.name in Track
    assert decision.checks


def test_a_quiet_day_in_the_past_is_judged_as_it_was() -> None:
    assert put(evidence(CLEAN), now=NOW).content == put(evidence(CLEAN), now=NOW).content
    assert put(evidence(CLEAN), now=after(hours=1)).content != put(evidence(CLEAN), now=NOW).content


def test_every_reason_is_told_and_not_only_the_first() -> None:
    decision = decide((sbom(*HIGH), source()), GATE)
    assert "check prov" in told(decision)
    assert "check high" in told(decision)
