"""The licences check: every package's licence is allowed, or at least none is denied."""

from typing import Any

import pytest
from tests.policy.builders import component, counts, evidence, facts, sbom

from pratique.errors import Malformed
from pratique.evidence.facts.packages import Component
from pratique.evidence.licence_index import index_version
from pratique.evidence.model import Evidence, Parse
from pratique.policy.checks.licences import LicencesRule, judge_licences
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import Misfit, decode
from pratique.policy.tightening import loosened

INDEX = f"(licence index {index_version()})"


def judge(*pieces: Evidence, **changes: Any) -> CheckResult:
    rule = decode(LicencesRule, {"id": "lic", "check": "licences"} | changes)
    return judge_licences(rule, facts(*pieces))


def having(*licences: str | None) -> Evidence:
    return bill(*(component(f"p{number}", licence) for number, licence in enumerate(licences)))


def bill(*components: Component, **how: Any) -> Evidence:
    return evidence(sbom(*components), **how)


def test_allowed_licences_pass() -> None:
    result = judge(having("MIT", "Apache-2.0"), allow=["MIT", "Apache-2.0"])
    assert result.outcome is Outcome.PASS
    assert result.message == f"every licence is allowed, in 2 packages {INDEX}"
    assert counts(result) == {"not_allowed": 0, "packages": 2, "to_review": 0, "unknown": 0}


def test_a_denied_licence_fails_and_says_where_it_is() -> None:
    result = judge(having("MIT", "AGPL-3.0-only"), deny=["AGPL-3.0-only OR AGPL-3.0-or-later"])
    assert result.outcome is Outcome.BLOCK
    assert result.message == f"1 licence not allowed, in 2 packages: AGPL-3.0-only in p1 {INDEX}"
    assert [finding.term for finding in result.findings] == ["AGPL-3.0-only@pkg:pypi/p1"]
    assert result.findings[0].message == "AGPL-3.0-only in p1 1.0 is denied"
    assert result.remedy == "replace p1"


def test_with_a_list_of_allowed_ones_every_other_fails() -> None:
    result = judge(having("MIT", "ISC"), allow=["MIT"])
    assert result.outcome is Outcome.BLOCK
    assert result.findings[0].message == "ISC in p1 1.0 is not on the list of allowed ones"
    assert judge(having("ISC"), deny=["AGPL-3.0-only"]).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("licence", "outcome"),
    [
        ("MIT OR AGPL-3.0-only", Outcome.PASS),
        ("MIT AND AGPL-3.0-only", Outcome.BLOCK),
        ("AGPL-3.0-only OR (MIT AND ISC)", Outcome.BLOCK),
        ("mit", Outcome.PASS),
        ("MIT/Apache-2.0", Outcome.BLOCK),
    ],
)
def test_of_alternatives_one_is_enough_and_of_joint_licences_all_are_needed(
    licence: str, outcome: Outcome
) -> None:
    assert judge(having(licence), allow=["MIT"]).outcome is outcome


@pytest.mark.parametrize("licence", [None, "", "NOASSERTION", "NONE", "UNKNOWN", "Some Licence"])
def test_an_unknown_licence_counts_as_denied_unless_the_policy_says_review(licence: str | None) -> None:
    package = having(licence) if licence is None else bill(component("p0", licences=(licence,)))
    for policy in ({"allow": ["MIT"]}, {"deny": ["AGPL-3.0-only"]}):
        assert judge(package, **policy).outcome is Outcome.BLOCK
        result = judge(package, **policy, unknown="review")
        assert result.outcome is Outcome.REVIEW
        assert "1 licence unknown, in 1 package" in result.message
        assert result.remedy == "find out the licence of p0, and state it in the bill of materials"


def test_unknown_can_block_where_a_denied_one_is_only_reviewed() -> None:
    policy: dict[str, Any] = {"deny": ["AGPL-3.0-only"], "outcome": "review", "unknown": "block"}
    assert judge(having("AGPL-3.0-only"), **policy).outcome is Outcome.REVIEW
    assert judge(having("AGPL-3.0-only", None), **policy).outcome is Outcome.BLOCK


def test_several_licences_of_one_package_must_all_be_allowed() -> None:
    both = bill(component("p", licences=("MIT", "AGPL-3.0-only")))
    assert judge(both, allow=["MIT"]).outcome is Outcome.BLOCK


def test_an_exception_gives_more_rights() -> None:
    classpath = having("GPL-2.0-only WITH Classpath-exception-2.0")
    assert judge(classpath, allow=["GPL-2.0-only"]).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "pieces",
    [
        (),
        (bill(),),
        (bill(component("debian", None, kind="operating-system")),),
        (bill(component("a"), parse=Parse.PARTIAL),),
    ],
)
def test_without_a_complete_bill_of_materials_nothing_is_known(pieces: tuple[Evidence, ...]) -> None:
    result = judge(*pieces, allow=["MIT"])
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == f"no complete bill of materials says which packages there are {INDEX}"
    assert result.remedy == "add a bill of materials of this image"


def test_a_denied_licence_is_certain_even_where_the_bill_is_not_complete() -> None:
    result = judge(bill(component("a", "AGPL-3.0-only"), parse=Parse.PARTIAL), deny=["AGPL-3.0-only"])
    assert result.outcome is Outcome.BLOCK


def test_a_bill_that_nobody_trusted_signed_is_not_complete() -> None:
    unsigned = bill(component("a"), by=None)
    assert judge(unsigned, allow=["MIT"], keys=["service:ci"]).outcome is Outcome.UNKNOWN
    assert judge(unsigned, allow=["MIT"]).outcome is Outcome.PASS


def test_the_name_of_the_operating_system_has_no_licence_to_judge() -> None:
    assert judge(
        bill(component("a"), component("debian", None, kind="operating-system")), allow=["MIT"]
    ).outcome is (Outcome.PASS)


def test_a_component_without_purl_is_named_in_its_term() -> None:
    result = judge(bill(component("mine", "BUSL-1.1", purl=None)), deny=["BUSL-1.1"])
    assert [finding.term for finding in result.findings] == ["BUSL-1.1@mine"]


def test_the_same_package_in_two_bills_counts_once() -> None:
    pair = (having("AGPL-3.0-only"), evidence(sbom(component("p0", "AGPL-3.0-only")), by="service:other"))
    assert counts(judge(*pair, deny=["AGPL-3.0-only"]))["not_allowed"] == 1


def test_a_check_without_any_list_is_refused() -> None:
    with pytest.raises(Malformed, match="expected 'allow', 'deny' or 'review'"):
        judge()


def test_what_is_for_people_to_look_at_is_reviewed_and_named() -> None:
    result = judge(having("MIT", "MPL-2.0"), allow=["MIT"], review=["category:copyleft-limited"])
    assert result.outcome is Outcome.REVIEW
    assert result.message == f"1 licence to review, in 2 packages: MPL-2.0 in p1 {INDEX}"
    assert result.findings[0].message == "MPL-2.0 in p1 1.0 is for people to look at"
    assert result.remedy == "let somebody look at the licence of p1"


def test_a_category_may_stand_in_every_list() -> None:
    assert judge(having("GPL-3.0"), deny=["category:copyleft"]).outcome is Outcome.BLOCK
    assert judge(having("MIT", "ISC"), allow=["category:permissive"]).outcome is Outcome.PASS
    with pytest.raises(Misfit, match=r"expected a category: cla, commercial, .*; found 'copy-left'"):
        judge(deny=["category:copy-left"])


def test_leaving_a_licence_out_is_never_better_than_one_to_be_reviewed() -> None:
    rule: dict[str, Any] = {"review": ["MPL-2.0"], "outcome": "warn"}
    assert judge(having("MPL-2.0"), **rule).outcome is Outcome.REVIEW
    assert judge(having(None), **rule).outcome is Outcome.REVIEW


def test_an_inherited_list_for_review_stays_as_it_is() -> None:
    plain = {"id": "lic", "check": "licences", "allow": ["MIT"]}
    parent, child = decode(LicencesRule, plain), decode(LicencesRule, plain | {"review": ["GPL-3.0-only"]})
    assert loosened(parent, child) == ("review",)
