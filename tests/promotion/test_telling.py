"""What evidence says is told in one sentence a fact, whatever kind it is, and passes for nothing else."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.promotion.builders import digest
from tests.promotion.cases import piece

from pratique.attest.keykind import KeyKind
from pratique.attest.verify import Signed
from pratique.evidence.facts import suites
from pratique.evidence.facts.build import Provenance, SourceChange
from pratique.evidence.facts.claims import Alerts, Attribute, Attributes, RuntimeReport, Scorecard, Verdict
from pratique.evidence.facts.identity import Certified
from pratique.evidence.facts.lists import Advisories, Exploited, KnownExploited, Likelihoods
from pratique.evidence.facts.opaque import Opaque
from pratique.evidence.facts.packages import Component, Sbom
from pratique.evidence.facts.rebuild import Rebuild
from pratique.evidence.facts.results import ResultKind, Results
from pratique.evidence.facts.scan import Scan
from pratique.evidence.facts.verdict import CheckRun, Objection
from pratique.evidence.facts.vex import Vex
from pratique.evidence.model import Bound, Evidence, Facts, Parse, Reading
from pratique.promotion.telling import Kind, tell
from pratique.values.names import Actor

AT = datetime(2026, 11, 24, 8, tzinfo=UTC)
D = digest("image")

TOLD: tuple[tuple[Facts, str], ...] = (
    (
        SourceChange("git+https://git.example/shop", "b" * 40, "c" * 40, ("one", "two"), ()),
        "commit cccccccccccc of git+https://git.example/shop, by 2 authors since bbbbbbbbbbbb",
    ),
    (Rebuild(D, D, True, 0, "another builder"), "built again on another builder: the same image"),
    (Rebuild(D, digest("other"), False, 1, "a laptop"), "built again on a laptop: 1 difference"),
    (Sbom(None, None, (Component("x", "1", None),), None), "a bill of materials of 1 component"),
    (Scan("trivy", "1", None, None, 3, ()), "trivy reports 0 findings"),
    (suites.Suites((suites.TestRun("unit", 3, 1, 1, 1, 0),)), "3 tests, 2 failed"),
    (Vex("shop", AT, ()), "0 statements on vulnerabilities by shop"),
    (Results(ResultKind.CODE, "lint", None, ()), "lint reports 0 results of code"),
    (Results(ResultKind.DISCLOSURE, None, None, None), "an analyser did not look for secret"),
    (CheckRun("opa", AT, (Objection("x", "y"),)), "the check opa has 1 objection"),
    (CheckRun("opa", AT, None, "it hung"), "the check opa gave no answer: it hung"),
    (Attributes("scai", (Attribute("x", None, None),)), "1 attribute stated by scai"),
    (Verdict("v.example", AT, "p.example", True, ("SLSA_BUILD_LEVEL_3",)), "v.example says: passed by p.example, S"),
    (Verdict(None, None, None, None, ()), "a verifier says: neither passed nor failed"),
    (
        RuntimeReport("falco", "staging", AT, None, Alerts((("critical", 2), ("low", 1))), 0, (("network", 4),)),
        "falco watched it run in staging from 2026-11-24T08:00:00.000Z: 3 alerts, 0 restarts, network 4",
    ),
    (
        RuntimeReport(None, None, None, None, None, None),
        "a monitor watched it run: alerts not told, restarts not told",
    ),
    (Scorecard("github.com/shop/api", "d" * 40, AT, "7.8", ()), "a scorecard of github.com/shop/api at dddd"),
    (Scorecard(None, None, None, None, ()), "a scorecard of a repository: no score"),
    (Certified("a@b.example", "https://issuer.example", D, AT, D), "a certificate of a@b.example from https://issuer."),
    (Advisories(("A-1",)), "1 advisory"),
    (KnownExploited(None, (Exploited("CVE-1", None, None, None),) * 2), "a list of 2 exploited vulnerabilities"),
    (Likelihoods(None, None, ()), "how likely 0 vulnerabilities are to be exploited"),
    (Opaque("a link of the step build", "https://ci.example"), "a link of the step build, built by https://ci.example"),
)  # fmt: skip


def about(
    *facts: Facts, signers: tuple[str, ...] = (), covers: bool = True, reasons: tuple[str, ...] = ()
) -> Evidence:
    reading = Reading("json", None, Parse.OK if facts else Parse.REFUSED, reasons, facts)
    holders = tuple(Signed(Actor(holder), "key", KeyKind.ECDSA_P256) for holder in signers)
    return Evidence(piece(b"x"), reading, holders, (D,) if covers else (), Bound.CLAIM, "somebody says so")


@pytest.mark.parametrize(("facts", "text"), TOLD, ids=[type(facts).__name__ for facts, _ in TOLD])
def test_a_fact_is_told_with_who_stands_behind_it(facts: Facts, text: str) -> None:
    (unsigned,) = tell((about(facts),))
    assert unsigned.text.startswith(text)
    assert unsigned.text.endswith("; unsigned, somebody says so")
    (told,) = tell((about(facts, signers=("service:ci",)),))
    assert told.text.endswith("; signed by service:ci")


def test_every_kind_of_fact_is_told() -> None:
    assert {type(facts) for facts, _ in TOLD} | {Provenance} == set(get_args(Facts))


def test_what_a_reader_refused_is_told_as_refused() -> None:
    (told,) = tell((about(reasons=("nested too deep",)),))
    assert told.text == "json, refused: nested too deep; unsigned, somebody says so"


def test_what_is_about_another_image_is_not_told() -> None:
    assert tell((about(Opaque("x"), covers=False),)) == ()


def test_the_source_comes_before_the_build_and_the_build_before_what_was_found() -> None:
    facts = [facts for facts, _ in TOLD]
    kinds = [told.kind for told in tell((about(*reversed(facts)),))]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert {*kinds} == {*Kind}


@given(st.text(), st.text())
def test_others_words_stay_on_their_line_and_give_a_terminal_no_orders(one: str, other: str) -> None:
    facts = (
        Opaque(one, other),
        Scorecard(one, other, None, one, ()),
        Verdict(one, None, other, False, (one,)),
        RuntimeReport(one, other, None, None, None, None, ((one, 1),)),
        SourceChange(one, other, one, (), ()),
        Certified(one, other, D, AT, D),
        CheckRun(one, AT, None, other),
    )
    for told in tell((about(*facts), about(reasons=(one,)))):
        assert told.text.isprintable()
