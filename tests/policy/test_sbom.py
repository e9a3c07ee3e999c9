"""The bill of materials check: there, of an allowed kind, about this image, complete enough."""

from dataclasses import replace
from typing import Any

import pytest
from tests.policy.builders import component, counts, evidence, facts, sbom

from pratique.evidence.facts.packages import Component
from pratique.evidence.model import Bound, Evidence, Parse
from pratique.policy.checks.sbom import SbomRule, judge_sbom
from pratique.policy.result import CheckResult, Outcome
from pratique.policy.schema import decode
from pratique.policy.tightening import loosened


def judge(*pieces: Evidence, **changes: Any) -> CheckResult:
    return judge_sbom(decode(SbomRule, {"id": "sbom", "check": "sbom"} | changes), facts(*pieces))


def cyclonedx(*components: Component, **how: Any) -> Evidence:
    return evidence(sbom(*components), form="cyclonedx-json", **how)


def test_a_bill_of_materials_with_packages_passes() -> None:
    result = judge(cyclonedx(component("flask")), formats=["cyclonedx"], binds_to_digest=True, keys=["service:ci"])
    assert result.outcome is Outcome.PASS
    assert result.message == "cyclonedx-json with 1 package"
    assert counts(result) == {
        "packages": 1,
        "with_licence": 1,
        "with_purl": 1,
        "with_relationships": 0,
        "with_supplier": 1,
        "with_version": 1,
    }


def test_no_bill_of_materials_is_unknown() -> None:
    result = judge()
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "no bill of materials"
    assert result.remedy
    assert result.remedy.startswith("add an SBOM of sha256:")


def test_one_that_is_not_required_only_warns_and_is_judged_where_it_is_there() -> None:
    assert judge(required=False).outcome is Outcome.WARN
    assert judge(cyclonedx(), required=False).outcome is Outcome.UNKNOWN


def test_one_that_lists_no_package_looked_at_nothing() -> None:
    result = judge(cyclonedx(component("debian", None, kind="operating-system")))
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "the bill of materials lists no package"


def test_another_format_fails() -> None:
    result = judge(cyclonedx(component("a")), formats=["spdx"])
    assert result.outcome is Outcome.BLOCK
    assert result.message == "the bill of materials is cyclonedx-json, expected spdx"


def test_one_that_was_only_partly_understood_is_unknown() -> None:
    result = judge(cyclonedx(component("a"), parse=Parse.PARTIAL))
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "the bill of materials was only partly understood: a part was not understood"


@pytest.mark.parametrize(
    ("bound", "outcome"),
    [
        (Bound.STATEMENT, Outcome.PASS),
        (Bound.REPORT, Outcome.PASS),
        (Bound.REFERRER, Outcome.UNKNOWN),
        (Bound.CLAIM, Outcome.UNKNOWN),
    ],
)
def test_where_the_policy_asks_the_document_itself_must_name_the_digest(bound: Bound, outcome: Outcome) -> None:
    assert judge(cyclonedx(component("a"), bound=bound), binds_to_digest=True).outcome is outcome
    assert judge(cyclonedx(component("a"), bound=bound)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("what", "named", "changes"),
    [
        ("version", "a version", {"version": None}),
        ("purl", "a package URL", {"purl": None}),
        ("licence", "a licence", {"licences": ()}),
        ("licence", "a licence", {"licences": ("NOASSERTION",)}),
        ("supplier", "a supplier", {"supplier": None}),
        ("relationships", "relationships", {"related": False}),
        ("relationships", "relationships", {"related": None}),
    ],
)
def test_a_share_is_counted_over_packages_and_compared_exactly(
    what: str, named: str, changes: dict[str, Any]
) -> None:
    packages = [component(f"p{number}", related=True) for number in range(49)]
    lacking = cyclonedx(*packages, component("bare", **{"related": True} | changes))
    assert judge(lacking, min_ratio={what: "0.98"}).outcome is Outcome.PASS
    result = judge(lacking, min_ratio={what: "0.981"})
    assert result.outcome is Outcome.BLOCK
    assert result.message == f"49 of 50 packages state {named} (0.980), expected a share of at least 0.981"
    assert [finding.term for finding in result.findings] == [f"ratio-{what}"]


def test_the_operating_system_and_bare_files_are_no_packages() -> None:
    system = component("debian", None, kind="operating-system", purl=None)
    bare = component("motd", None, kind="file", purl=None)
    result = judge(cyclonedx(component("a"), system, bare), min_ratio={"purl": "1"})
    assert result.outcome is Outcome.PASS
    assert counts(result)["packages"] == 1


def test_one_that_nobody_trusted_signed_does_not_count() -> None:
    unsigned = cyclonedx(component("a"), by=None)
    result = judge(unsigned, keys=["service:ci"])
    assert result.outcome is Outcome.UNKNOWN
    assert result.message == "no bill of materials signed by service:ci; 1 are here without"
    assert judge(unsigned, cyclonedx(component("a")), keys=["service:ci"]).outcome is Outcome.PASS


def test_every_problem_is_told_and_the_worst_decides() -> None:
    result = judge(
        cyclonedx(component("a", None), parse=Parse.PARTIAL),
        formats=["spdx"],
        min_ratio={"licence": "0.5"},
        outcome="review",
    )
    assert result.outcome is Outcome.UNKNOWN
    assert [finding.term for finding in result.findings] == ["parse", "format", "ratio-licence"]


@pytest.mark.parametrize(
    ("said", "less", "told"),
    [
        ("tool", {"producer": None}, "no tool is named that made it"),
        ("timestamp", {"created": None}, "no time is stated at which it was made"),
        ("distro", {"distro": None}, "no system is named that its packages are of"),
        ("relationships", {"relationships": None}, "it states no relationship between its parts"),
        ("relationships", {"relationships": 0}, "it states no relationship between its parts"),
        ("complete", {"aggregates": ()}, "it does not say that its lists are complete"),
        ("complete", {"aggregates": ("complete", "incomplete")}, "it does not say that its lists are complete"),
    ],
)
def test_what_the_whole_document_must_say_is_told_where_it_does_not(
    said: str, less: dict[str, Any], told: str
) -> None:
    whole = replace(sbom(component("a")), distro="debian-12", relationships=1, aggregates=("complete",))
    assert judge(evidence(whole), must_say=[said]).outcome is Outcome.PASS
    result = judge(evidence(replace(whole, **less)), must_say=[said])
    assert result.outcome is Outcome.BLOCK
    assert result.message == f"the bill of materials falls short: {told}"
    assert result.remedy


def test_what_to_do_fits_what_is_wrong() -> None:
    result = judge(cyclonedx(component("a", None)), min_ratio={"licence": "1"}, must_say=["distro"])
    assert result.remedy == (
        "let the tool look up licences, or state those that it cannot find; "
        "make it from the whole image, so that the system is in it"
    )


def test_an_environment_may_ask_for_more_than_its_parent_and_not_for_less() -> None:
    little = decode(SbomRule, {"id": "sbom", "check": "sbom", "must_say": ["tool"]})
    much = decode(
        SbomRule,
        {"id": "sbom", "check": "sbom", "must_say": ["tool", "distro"], "min_ratio": {"relationships": "0.5"}},
    )
    assert loosened(little, much) == ()
    assert loosened(much, little) == ("min_ratio.relationships", "must_say")
