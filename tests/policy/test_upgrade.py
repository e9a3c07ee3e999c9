"""What to upgrade, and to which version."""

import pytest
from tests.policy.builders import facts, finding, scan

from pratique.evidence.facts.scan import Fix
from pratique.evidence.model import Vulnerability
from pratique.policy.upgrade import repairs, upgrades


def known(*versions: tuple[str, ...], purl: str | None = "pkg:pypi/jinja2@2.10") -> tuple[Vulnerability, ...]:
    found = (
        finding(f"CVE-{number}", fixed_versions=fixed, purl=purl, fix=Fix.FIXED if fixed else Fix.NOT_FIXED)
        for number, fixed in enumerate(versions)
    )
    return facts(matched=(scan(*found),)).vulnerabilities


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        (("2.10.1",), ("2.10.1",)),
        (("2.8.1", "2.10.1", "3.0"), ("2.10.1",)),
        (("3.0", "2.10.1"), ("2.10.1",)),
        (("2.8.1",), ("2.8.1",)),
        (("2.9", "2.8.1"), ("2.8.1", "2.9")),
        ((), ()),
        (("not a version", "2.11"), ("2.11",)),
    ],
)
def test_the_earliest_later_version_repairs_one(fixed: tuple[str, ...], expected: tuple[str, ...]) -> None:
    (one,) = known(fixed)
    assert repairs(one) == expected


def test_one_order_for_each_package_reaches_the_version_that_repairs_all() -> None:
    assert upgrades(known(("2.10.1",), ("2.11.3",), ("2.9", "2.10.2"))) == ("upgrade jinja2 from 2.10 to 2.11.3",)


def test_where_versions_cannot_be_compared_every_candidate_is_named() -> None:
    assert upgrades(known(("a",), ("b",), purl=None)) == ("upgrade jinja2 from 2.10 to a or b",)


def test_what_nobody_repaired_is_told_apart() -> None:
    assert upgrades(known(("2.10.1",), ())) == (
        "upgrade jinja2 from 2.10 to 2.10.1",
        "no version repairs all of jinja2: replace or remove it",
    )
    assert upgrades(()) == ()


def test_a_long_list_is_cut_where_a_person_stops_reading() -> None:
    found = (finding("CVE-1", package=f"p{number:02}", purl=None) for number in range(23))
    orders = upgrades(facts(matched=(scan(*found),)).vulnerabilities)
    assert len(orders) == 21
    assert orders[-1] == "repair 3 more packages, as their findings say"
