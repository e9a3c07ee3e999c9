"""Who repairs what, and by when."""

from datetime import timedelta

import pytest
from tests.policy.builders import files

from pratique.policy.remediation import NOBODY_NAMED
from pratique.policy.source import load

SHOP = load(files()).remediation


@pytest.mark.parametrize(
    ("check", "term", "owner"),
    [
        ("crit", "CVE-1@pkg:pypi/jinja2", "group:developers"),
        ("crit", "CVE-1@pkg:npm/lodash", None),
        ("licences", "AGPL-3.0-only@pkg:npm/lodash", "person:lena"),
        ("tests", "suite:unit", None),
    ],
)
def test_the_first_rule_that_fits_names_the_owner(check: str, term: str, owner: str | None) -> None:
    assert SHOP.owner_of(check, term) == owner


@pytest.mark.parametrize(
    ("severity", "days"),
    [
        ("critical", 7),
        ("high", 30),
        ("medium", 90),
        ("low", None),
        ("negligible", None),
        ("none", None),
        (None, 30),
    ],
)
def test_the_time_to_repair_depends_on_the_severity(severity: str | None, days: int | None) -> None:
    assert SHOP.time_for(severity) == (None if days is None else timedelta(days=days))


def test_a_policy_that_names_nobody_leaves_it_to_the_application() -> None:
    assert NOBODY_NAMED.owner_of("crit", "CVE-1@pkg:pypi/jinja2") is None
    assert NOBODY_NAMED.time_for("critical") is None
