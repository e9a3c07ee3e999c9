"""Severity words and scores of many vocabularies, on one scale."""

import json
from pathlib import Path

import pytest
from tests.evidence.files import expected

from pratique.evidence.facts.scan import Rating, Severity
from pratique.evidence.severity import parse_severity, rate, score_of, severity_of_score

V2 = "AV:N/AC:L/Au:N/C:C/I:C/A:C"
INCONSISTENT = ("CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:N/A:N", 7.5)  # upstream's own mistake: it scores 6.0
V3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("Important", Severity.HIGH),
        ("MODERATE", Severity.MEDIUM),
        ("unimportant", Severity.NEGLIGIBLE),
        (" low ", Severity.LOW),
        ("none", Severity.NONE),
        ("not yet assigned", None),
        ("UNKNOWN", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_words(word: object, severity: Severity | None) -> None:
    assert parse_severity(word) is severity


@pytest.mark.parametrize(
    ("score", "vector", "severity"),
    [
        ("0.0", V3, Severity.NONE),
        ("0.1", V3, Severity.LOW),
        ("3.9", V3, Severity.LOW),
        ("4.0", V3, Severity.MEDIUM),
        ("6.9", None, Severity.MEDIUM),
        ("7.0", None, Severity.HIGH),
        ("9.0", V3, Severity.CRITICAL),
        ("10.0", V2, Severity.HIGH),  # CVSS 2 knows nothing above high
        ("0.0", V2, Severity.LOW),
    ],
)
def test_scores_fall_into_the_bands_of_their_cvss_version(
    score: str, vector: str | None, severity: Severity
) -> None:
    assert severity_of_score(score, vector) is severity


def test_a_vector_alone_gives_score_and_severity() -> None:
    assert rate("nvd", None, None, V3) == Rating("nvd", Severity.CRITICAL, "9.8", V3)
    assert rate("nvd", None, None, V2) == Rating("nvd", Severity.HIGH, "10.0", V2)


def test_what_is_stated_wins_over_what_could_be_computed() -> None:
    assert rate("debian", "low", 7.5, V3) == Rating("debian", Severity.LOW, "7.5", V3)


@pytest.mark.parametrize(
    "vector", ["", "nonsense", "CVSS:3.1/AV:N", "CVSS:9.9/AV:N", "CVSS:4.0/", "CVSS:3.1/" * 50]
)
def test_a_broken_vector_gives_no_score(vector: str) -> None:
    assert score_of(vector) is None


@pytest.mark.parametrize("score", [-0.1, 10.1, float("inf"), float("-inf"), float("nan")])
def test_a_score_beyond_the_scale_is_none(score: float) -> None:
    assert rate("nvd", None, score, None) == Rating("nvd", None)


def test_scores_that_real_reports_state_are_computed_again(corpus: Path) -> None:
    stated: list[tuple[str, float]] = []
    for _, content, expect in expected(corpus, "trivy-json"):
        for result in json.loads(content).get("Results") or [] if expect.get("kind") == "trivy" else []:
            for entry in result.get("Vulnerabilities") or []:
                for said in (entry.get("CVSS") or {}).values():
                    stated += [
                        (said[f"{version}Vector"], said[f"{version}Score"])
                        for version in ("V2", "V3", "V40")
                        if f"{version}Vector" in said and f"{version}Score" in said
                    ]
    differing = [pair for pair in stated if score_of(pair[0]) != f"{pair[1]:.1f}" and pair != INCONSISTENT]
    assert len(stated) > 150
    assert not differing, f"{len(differing)} of {len(stated)} differ: {differing[:5]}"
