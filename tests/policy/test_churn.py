"""How far an image's packages are from those of the image that runs there."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from tests.policy.builders import component, evidence, facts, sbom
from tests.policy.worlds import judge

from pratique.evidence.model import Evidence
from pratique.policy.change import compare_packages
from pratique.policy.facts import CurrentFacts
from pratique.policy.result import Outcome
from pratique.values.digest import Digest

CHURN = {"check": "churn"}


def listing(*purls: str, supplier: str | None = "them") -> Evidence:
    parts = (replace(component(purl.rpartition("/")[2]), purl=purl, supplier=supplier) for purl in purls)
    return evidence(sbom(*parts))


def held(*purls: str, suppliers: frozenset[str] | None = frozenset({"them"})) -> CurrentFacts:
    return CurrentFacts(Digest("b" * 64), frozenset(), frozenset(purls), None, frozenset(), suppliers)


def test_the_same_packages_in_newer_minor_versions_pass() -> None:
    known = facts(listing("pkg:pypi/a@1.1"), current=held("pkg:pypi/a@1.0"))
    limits = {"max_added": 0, "max_removed": 0, "max_major_bumps": 0, "max_new_maintainers": 0}
    assert judge({**CHURN, **limits}, known).outcome is Outcome.PASS
    assert judge({**CHURN, "max_changed": 0}, known).outcome is Outcome.BLOCK


def test_every_kind_of_change_has_its_own_limit_and_term() -> None:
    known = facts(
        listing("pkg:pypi/a@2.0", "pkg:pypi/new@1", supplier="strangers"),
        current=held("pkg:pypi/a@1.0", "pkg:pypi/gone@1"),
    )
    for limit, term in (
        ("max_added", "added:pkg:pypi/new"),
        ("max_removed", "removed:pkg:pypi/gone"),
        ("max_major_bumps", "bump:pkg:pypi/a"),
        ("max_new_maintainers", "maintainer:strangers"),
    ):
        result = judge({**CHURN, limit: 0}, known)
        assert result.outcome is Outcome.BLOCK
        assert [finding.term for finding in result.findings] == [term]


def test_with_nothing_to_compare_with_nobody_knows() -> None:
    for current in (None, CurrentFacts(Digest("b" * 64), None, None, None)):
        assert judge({**CHURN, "max_added": 9}, facts(listing("pkg:pypi/a@1"), current=current)).outcome is (
            Outcome.UNKNOWN
        )
    assert judge({**CHURN, "max_added": 9}, facts(current=held("pkg:pypi/a@1"))).outcome is Outcome.UNKNOWN


def test_packages_without_a_supplier_leave_open_who_is_new() -> None:
    known = facts(listing("pkg:pypi/a@1", supplier=None), current=held("pkg:pypi/a@1"))
    assert judge({**CHURN, "max_new_maintainers": 0}, known).outcome is Outcome.UNKNOWN


PURLS = st.lists(st.sampled_from([f"pkg:pypi/{name}@{version}" for name in "abc" for version in ("1.0", "2.0")]))


@given(PURLS, PURLS)
def test_what_one_side_gains_the_other_loses(now: list[str], before: list[str]) -> None:
    there, back = compare_packages(now, before), compare_packages(before, now)
    assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
    same = compare_packages(now, now)
    assert (same.added, same.removed, same.changed, same.bumps) == ((), (), (), ())
