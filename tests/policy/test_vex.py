"""Statements about exploitability (VEX): whose word counts, about what, and that nothing ever disappears."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import IMAGE, NOW, evidence, facts, finding, scan

from pratique.evidence.facts.vex import Scope, Vex, VexStatement, VexStatus
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.policy.checks.vulnerabilities import VulnerabilitiesRule, judge_vulnerabilities
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import decode
from pratique.policy.tightening import loosened

HERE = f"pkg:oci/api@{IMAGE}"
EARLIER = NOW - timedelta(days=2)


def statement(status: str = "not_affected", **changes: Any) -> VexStatement:
    plain = VexStatement(
        vulnerability="CVE-2019-10906",
        aliases=(),
        products=(HERE,),
        subcomponents=(),
        status=VexStatus(status),
        word=status,
        justification="vulnerable_code_not_present" if status == "not_affected" else None,
        impact=None,
        at=EARLIER,
    )
    return replace(plain, **changes)


def unclear(word: str | None, at: datetime = EARLIER) -> VexStatement:
    return replace(statement("affected"), word=word, status=None, at=at)


def said(*statements: VexStatement, by: str | None = "service:vex", **how: Any) -> Evidence:
    return evidence(Vex("somebody", EARLIER, statements), by=by, **how)


def rule(*signers: str) -> VulnerabilitiesRule:
    document = {"id": "crit", "check": "vulnerabilities", "vex": {"signers": list(signers)}}
    return decode(VulnerabilitiesRule, document)


def judge(*pieces: Evidence, signers: tuple[str, ...] = ("service:vex",), now: datetime = NOW) -> CheckResult:
    return judge_vulnerabilities(rule(*signers), facts(evidence(scan(finding())), *pieces, now=now))


def clears(*pieces: Evidence, **how: Any) -> bool:
    return judge(*pieces, **how).outcome is Outcome.PASS


def test_a_trusted_statement_clears_and_is_named_with_its_document() -> None:
    piece = said(statement())
    result = judge(piece)
    assert result.outcome is Outcome.PASS
    assert result.message == (
        "0 of at most 0 vulnerabilities; 1 = 0 + 1 VEX: "
        f"CVE-2019-10906 in jinja2 2.10 (not_affected, service:vex, {piece.piece.digest.short})"
    )
    assert dict(result.counts)["by_vex"] == 1
    assert piece.piece.digest in result.evidence


def test_a_statement_about_a_cve_in_lower_case_is_about_the_same_cve() -> None:
    assert clears(said(statement(vulnerability="cve-2019-10906")))


def test_a_signed_statement_counts_only_about_an_image_that_it_names() -> None:
    moved = said(statement(), bound=Bound.CLAIM)  # signed, names no image, and somebody brought it here
    result = judge(moved)
    assert result.outcome is Outcome.BLOCK
    assert "VEX not applied: not signed by service:vex (1)" in result.message


def test_an_unsigned_report_lends_no_vulnerability_the_name_that_a_statement_clears() -> None:
    harmless = said(statement(vulnerability="GHSA-1"))
    known, lie = evidence(scan(finding())), scan(finding("GHSA-1", aliases=("CVE-2019-10906",)))
    for liar in (evidence(lie, by=None), evidence(lie, bound=Bound.REFERRER)):
        assert judge_vulnerabilities(rule("service:vex"), facts(known, harmless, liar)).outcome is Outcome.BLOCK
        both = facts(evidence(scan(finding()), by=None), harmless, liar)
        assert judge_vulnerabilities(rule("service:vex"), both).outcome is Outcome.BLOCK
    signed = facts(known, harmless, evidence(lie))
    assert judge_vulnerabilities(rule("service:vex"), signed).outcome is Outcome.PASS


def test_what_is_cleared_stays_among_the_facts() -> None:
    known = facts(evidence(scan(finding())), said(statement()))
    assert [each.identifier for each in known.vulnerabilities] == ["CVE-2019-10906"]
    assert known.vulnerabilities[0].vex[0].statement.word == "not_affected"


def test_some_are_cleared_and_the_rest_counts() -> None:
    report = evidence(scan(finding(), finding("CVE-2019-2")))
    result = judge_vulnerabilities(rule("service:vex"), facts(report, said(statement())))
    assert result.outcome is Outcome.BLOCK
    assert "2 = 1 + 1 VEX" in result.message
    assert [each.term for each in result.findings] == ["CVE-2019-2@pkg:pypi/jinja2"]


@pytest.mark.parametrize(
    ("by", "signers", "words"),
    [
        (None, ("service:vex",), "VEX not applied: not signed by service:vex (1)"),
        ("service:other", ("service:vex",), "VEX not applied: not signed by service:vex (1)"),
        ("service:vex", (), "VEX not applied: this policy trusts no signer of statements (1)"),
    ],
)
def test_a_statement_that_nobody_trusted_signed_is_shown_and_not_applied(
    by: str | None, signers: tuple[str, ...], words: str
) -> None:
    result = judge(said(statement(), by=by), signers=signers)
    assert result.outcome is Outcome.BLOCK
    assert words in result.message


@pytest.mark.parametrize("status", ["under_investigation", "affected"])
def test_what_is_looked_into_or_affected_clears_nothing(status: str) -> None:
    assert not clears(said(statement(status)))


def test_what_is_fixed_needs_no_reason_and_what_is_not_affected_needs_one() -> None:
    assert clears(said(statement("fixed")))
    assert not clears(said(statement(justification=None)))
    assert clears(said(statement(justification=None, impact="not compiled in")))


def test_the_latest_statement_counts_whatever_document_it_stands_in() -> None:
    later = EARLIER + timedelta(hours=1)
    assert not clears(said(statement()), said(statement("affected", at=later)))
    assert clears(said(statement("affected")), said(statement(at=later)))
    assert clears(said(statement("affected"), statement(at=later)))


def test_of_two_at_one_moment_the_worse_counts() -> None:
    assert not clears(said(statement()), said(statement("affected")))
    assert not clears(said(statement()), said(statement("under_investigation")))


def test_nobody_untrusted_can_take_back_what_a_trusted_signer_said() -> None:
    later = statement("affected", at=NOW)
    assert clears(said(statement()), said(later, by="service:other"))


def test_a_statement_without_a_moment_clears_nothing_and_warns_for_ever() -> None:
    assert not clears(said(statement(at=None)))
    assert not clears(said(statement()), said(statement("affected", at=None)))


def test_a_statement_from_the_future_clears_nothing_yet() -> None:
    later = said(statement(at=NOW + timedelta(hours=1)))
    assert not clears(later)
    assert clears(later, now=NOW + timedelta(hours=2))


def test_a_document_that_was_only_partly_understood_clears_nothing() -> None:
    assert not clears(said(statement(), parse=Parse.PARTIAL))


def test_an_unknown_word_clears_nothing_and_takes_back_what_was_said_before() -> None:
    assert not clears(said(unclear("harmless")))
    assert not clears(said(statement()), said(unclear("harmless", NOW)))


def test_an_entry_without_a_status_says_nothing() -> None:
    assert clears(said(statement()), said(unclear(None, NOW)))
    assert clears(said(statement("fixed")), said(unclear("recommended", NOW)))


def test_a_statement_names_the_vulnerability_by_any_alias() -> None:
    by_alias = statement(vulnerability="GHSA-462w-v97r-4m45", aliases=("CVE-2019-10906",))
    assert clears(said(by_alias))
    reported = evidence(scan(finding("GHSA-462w-v97r-4m45", aliases=("CVE-2019-10906",))))
    known = facts(reported, said(statement(vulnerability="GHSA-462w-v97r-4m45")))
    assert judge_vulnerabilities(rule("service:vex"), known).outcome is Outcome.PASS


def test_one_cve_is_never_another() -> None:
    assert not clears(said(statement(vulnerability="CVE-2019-1", aliases=("CVE-2019-10906",))))


def test_an_entry_that_stands_for_two_cves_is_cleared_only_by_both() -> None:
    reported = evidence(scan(finding("GHSA-1", aliases=("CVE-2019-1", "CVE-2019-2"))))
    one = facts(reported, said(statement(vulnerability="CVE-2019-1")))
    assert judge_vulnerabilities(rule("service:vex"), one).outcome is Outcome.BLOCK
    both = facts(reported, said(statement(vulnerability="GHSA-1", aliases=("CVE-2019-1", "CVE-2019-2"))))
    assert judge_vulnerabilities(rule("service:vex"), both).outcome is Outcome.PASS


def test_each_product_has_its_own_parts() -> None:
    elsewhere = f"pkg:oci/other@sha256:{'f' * 64}"
    scopes = (Scope((HERE,), ("pkg:pypi/flask",)), Scope((elsewhere,), ("pkg:pypi/jinja2",)))
    assert not clears(said(statement(scopes=scopes)))
    assert clears(said(statement(scopes=(Scope((HERE,), ("pkg:pypi/jinja2",)),))))


def test_fewer_signers_are_tighter_and_none_is_tightest() -> None:
    two, one, none = rule("service:vex", "service:psirt"), rule("service:vex"), rule()
    assert not loosened(two, one)
    assert not loosened(one, none)
    assert loosened(one, two) == ("vex.signers",)
    assert loosened(none, one) == ("vex.signers",)


STATEMENTS = st.builds(
    statement,
    st.sampled_from([status.value for status in VexStatus]),
    vulnerability=st.sampled_from(["CVE-2019-10906", "CVE-2019-2", "GHSA-1"]),
    aliases=st.sampled_from([(), ("CVE-2019-10906",), ("GHSA-1",)]),
    products=st.sampled_from([(), (HERE,), ("pkg:oci/api",), ("pkg:oci/other",), ("pkg:pypi/jinja2@2.10",)]),
    subcomponents=st.sampled_from([(), ("pkg:pypi/jinja2@2.10",), ("pkg:pypi/flask",), ("x",)]),
    justification=st.sampled_from([None, "component_not_present"]),
    at=st.sampled_from([None, EARLIER, NOW, NOW + timedelta(days=1)]),
)
PIECES = st.lists(
    st.builds(said, STATEMENTS, by=st.sampled_from([None, "service:vex", "service:other"])), max_size=4
)


@given(PIECES, st.data())
def test_the_order_of_documents_changes_nothing(pieces: list[Evidence], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(pieces))
    assert judge(*pieces) == judge(*shuffled)


@given(PIECES)
def test_no_statement_adds_or_removes_a_vulnerability(pieces: list[Evidence]) -> None:
    bare, told = facts(evidence(scan(finding()))), facts(evidence(scan(finding())), *pieces)
    assert [replace(each, vex=()) for each in told.vulnerabilities] == list(bare.vulnerabilities)


@given(PIECES, st.data())
def test_taking_away_an_attribute_of_a_statement_never_clears_more(
    pieces: list[Evidence], data: st.DataObject
) -> None:
    lacking = data.draw(st.sampled_from(["justification", "clearing time", "warning time", "products"]))

    def less(one: VexStatement) -> VexStatement:
        clearing = one.status is not None and one.status.clears
        if lacking == "justification":
            return replace(one, justification=None, impact=None)
        if lacking == "products":
            return replace(one, products=()) if clearing else one
        return replace(one, at=None) if clearing is (lacking == "clearing time") else one

    poorer = [
        replace(
            piece,
            reading=replace(piece.reading, facts=(replace(fact, statements=tuple(map(less, fact.statements))),)),
        )
        for piece in pieces
        for fact in piece.reading.of(Vex)
    ]
    if clears(*poorer):
        assert clears(*pieces)


@given(PIECES)
def test_without_a_trusted_signer_statements_change_no_outcome(pieces: list[Evidence]) -> None:
    assert not clears(*pieces, signers=())
