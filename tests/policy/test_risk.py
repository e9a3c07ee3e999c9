"""``pratique-risk/1``: the values of its table, and that its explanation adds up."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pratique.policy.risk import (
    MODEL,
    Doubt,
    Exploitation,
    Exposure,
    Inputs,
    Risk,
    Suspicion,
    Threat,
    assess,
)


def threat(
    cvss: str | None,
    epss: str | None = None,
    *,
    name: str = "CVE-1",
    package: str | None = None,
    exploitation: Exploitation | None = None,
    reachable: bool | None = None,
    refuted: bool = False,
) -> Threat:
    inputs = Inputs(
        None if cvss is None else Decimal(cvss),
        None if epss is None else Decimal(epss),
        exploitation,
        reachable,
        refuted,
    )
    return Threat(f"{name}@{package or name}", package or name, inputs)


def many(number: int, cvss: str, epss: str) -> list[Threat]:
    return [threat(cvss, epss, name=f"CVE-{place}") for place in range(number)]


RANSOMWARE = threat("9.8", exploitation=Exploitation.RANSOMWARE)

# The values of the model's own table (policy design, section 5, "Values"), computed by its formula.
TABLE = [
    ("forty lows that hardly anybody attacks", many(40, "3.3", "0.001"), Exposure.OPEN, "0.4"),
    ("a critical one that hardly anybody attacks", [threat("9.8", "0.002")], Exposure.OPEN, "0.2"),
    ("a high one that many attack", [threat("7.5", "0.40")], Exposure.OPEN, "22.5"),
    ("a known exploited one", [threat("7.8", exploitation=Exploitation.KNOWN)], Exposure.OPEN, "54.8"),
    ("one that ransomware uses", [RANSOMWARE], Exposure.OPEN, "91.2"),
    (
        "the same, not reachable",
        [threat("9.8", exploitation=Exploitation.RANSOMWARE, reachable=False)],
        Exposure.OPEN,
        "18.2",
    ),
    ("the same, where few can reach it", [RANSOMWARE], Exposure.SMALL, "27.4"),
    (
        "the same, refuted",
        [threat("9.8", exploitation=Exploitation.RANSOMWARE, refuted=True)],
        Exposure.OPEN,
        "0.0",
    ),
    (
        "one with a public exploit",
        [threat("10.0", "0.01", exploitation=Exploitation.PROOF)],
        Exposure.OPEN,
        "30.0",
    ),
    ("where exposure is controlled", [threat("10.0", "0.5")], Exposure.CONTROLLED, "30.0"),
    ("a certain one", [threat("10.0", "1")], Exposure.OPEN, "100.0"),
    ("nothing", [], Exposure.OPEN, "0.0"),
]


@pytest.mark.parametrize(
    ("threats", "exposure", "score"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_the_table_of_the_model_holds(threats: list[Threat], exposure: Exposure, score: str) -> None:
    assert assess(threats, (), exposure).score == score


@pytest.mark.parametrize(
    ("doubts", "score"),
    [
        ([Doubt.UNSIGNED], "30.0"),
        ([Doubt.NO_PROVENANCE], "30.0"),
        ([Doubt.UNTRUSTED_BUILDER], "20.0"),
        ([Doubt.NO_SBOM], "20.0"),
        ([Doubt.NOT_REPRODUCED], "5.0"),
        ([Doubt.OLD_SCAN], "10.0"),
        ([Doubt.OLD_BASE], "5.0"),
        ([Doubt.UNSIGNED, Doubt.NO_PROVENANCE], "51.0"),
        ([Doubt.UNSIGNED, Doubt.UNSIGNED], "30.0"),
        (list(Doubt), "74.5"),
    ],
)
def test_what_is_not_sure_about_an_image_has_a_fixed_weight(doubts: list[Doubt], score: str) -> None:
    assert assess((), [Suspicion(doubt) for doubt in doubts]).score == score


def test_of_one_source_package_the_worst_counts() -> None:
    two = [
        threat("7.5", "0.4", name="CVE-1", package="openssl"),
        threat("9.8", "0.4", name="CVE-2", package="openssl"),
    ]
    assert assess(two, ()) == assess(two[1:], ())
    apart = assess([two[0], threat("9.8", "0.4", name="CVE-2")], ())
    assert Decimal(apart.score) > Decimal(assess(two, ()).score)


def test_an_unknown_input_is_assumed_and_marked() -> None:
    assert assess([threat(None)], ()).score == "2.4"  # 0.7² × 0.05 = 0.0245
    both = assess([threat(None, name="CVE-1"), threat("7.5", "0.4", name="CVE-2")], ())
    assert {term.term: term.assumed for term in both.terms} == {"CVE-2@CVE-2": False, "CVE-1@CVE-1": True}
    assert both.assumed == next(term.points for term in both.terms if term.assumed)


def test_a_known_attack_needs_no_assumed_probability() -> None:
    assert assess([threat("7.8", exploitation=Exploitation.KNOWN)], ()).assumed == "0.0"


def test_a_doubt_that_somebody_is_sure_of_is_not_assumed() -> None:
    pair = [Suspicion(Doubt.OLD_SCAN, assumed=True), Suspicion(Doubt.OLD_SCAN)]
    assert assess((), pair).assumed == "0.0"
    assert assess((), pair[:1]).assumed == "10.0"


def test_what_is_too_small_to_show_is_told_together() -> None:
    risk = assess([*many(40, "3.3", "0.001"), threat("7.5", "0.4", name="CVE-big")], ())
    assert [term.term for term in risk.terms] == ["CVE-big@CVE-big", "others:40"]


INPUTS = st.builds(
    Inputs,
    cvss=st.none() | st.decimals(0, 10, places=1),
    epss=st.none() | st.decimals(0, 1, places=5),
    exploitation=st.none() | st.sampled_from(Exploitation),
    reachable=st.none() | st.booleans(),
    refuted=st.booleans(),
)
THREATS = st.builds(
    Threat,
    term=st.integers(0, 400).map(lambda number: f"CVE-{number}"),
    package=st.integers(0, 60).map(str),
    inputs=INPUTS,
)
SUSPICIONS = st.builds(Suspicion, doubt=st.sampled_from(Doubt), assumed=st.booleans())
EVERYTHING = (st.lists(THREATS, max_size=30), st.lists(SUSPICIONS, max_size=8), st.sampled_from(Exposure))


def sure(risk: Risk) -> Decimal:
    return sum((Decimal(term.points) for term in risk.terms), Decimal(0))


@given(*EVERYTHING)
def test_the_explanation_adds_up_to_the_score_exactly(
    threats: list[Threat], suspicions: list[Suspicion], exposure: Exposure
) -> None:
    risk = assess(threats, suspicions, exposure)
    assert risk.model == MODEL
    assert sure(risk) == Decimal(risk.score)
    assert 0 <= Decimal(risk.assumed) <= Decimal(risk.score) <= 100
    assert sum((Decimal(term.points) for term in risk.terms if term.assumed), Decimal(0)) == Decimal(risk.assumed)


@given(*EVERYTHING, st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_changes_nothing(
    threats: list[Threat], suspicions: list[Suspicion], exposure: Exposure, random: Random
) -> None:
    before = assess(threats, suspicions, exposure)
    random.shuffle(threats)
    assert assess(threats, reversed(suspicions), exposure) == before


@given(*EVERYTHING, THREATS)
def test_one_more_vulnerability_never_lowers_the_score(
    threats: list[Threat], suspicions: list[Suspicion], exposure: Exposure, more: Threat
) -> None:
    before = Decimal(assess(threats, suspicions, exposure).score)
    assert Decimal(assess([*threats, more], suspicions, exposure).score) >= before
