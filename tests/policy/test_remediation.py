"""Who repairs what, and by when."""

from datetime import timedelta
from typing import Any

import pytest
from tests.policy.builders import files

from pratique.errors import Malformed
from pratique.policy.pattern import Pattern
from pratique.policy.remediation import NOBODY_NAMED, Match, OwnerRule, Remediation
from pratique.policy.source import load
from pratique.policy.words import Owner
from pratique.values.names import Group

SHOP = load(files()).remediation


@pytest.mark.parametrize(
    ("check", "term", "owner"),
    [
        ("crit", "CVE-1@pkg:pypi/jinja2", "group:developers"),
        ("crit", "CVE-1@pkg:npm/lodash", "group:shop"),
        ("licences", "AGPL-3.0-only@pkg:npm/lodash", "person:lena"),
        ("tests", "suite:unit", "group:shop"),
    ],
)
def test_the_first_rule_that_fits_names_the_owner(check: str, term: str, owner: str) -> None:
    assert SHOP.owner_of(check, term, Group("group:shop")) == owner


def rule(**match: Any) -> OwnerRule:
    return OwnerRule(match=Match(**match), owner=Owner("person:lena"))


@pytest.mark.parametrize(
    ("match", "term", "team", "fits"),
    [
        ({"path": Pattern("usr/bin/*")}, "setuid:usr/bin/su", "group:a", True),
        ({"path": Pattern("usr/bin/*")}, "setuid:usr/lib/bin/su", "group:a", False),
        ({"path": Pattern("etc/**")}, "secret:etc/app/key.pem (private key)", "group:a", True),
        ({"path": Pattern("**")}, "CVE-1@pkg:pypi/jinja2", "group:a", False),
        ({"path": Pattern("**")}, "signature", "group:a", False),
        ({"team": Group("group:a")}, "CVE-1@pkg:pypi/jinja2", "group:a", True),
        ({"team": Group("group:a")}, "CVE-1@pkg:pypi/jinja2", "group:b", False),
        ({"team": Group("group:a"), "purl": Pattern("pkg:pypi/*")}, "CVE-1@pkg:npm/x", "group:a", False),
    ],
)
def test_an_owner_is_found_by_file_and_by_team(match: dict[str, Any], term: str, team: str, fits: bool) -> None:
    owner = Remediation(owners=(rule(**match),)).owner_of("any", term, Group(team))
    assert owner == ("person:lena" if fits else team)


def test_a_path_is_written_as_findings_write_it() -> None:
    with pytest.raises(Malformed, match="expected a path without its first slash, 'usr/bin/su'"):
        Match(path=Pattern("/usr/bin/su"))
    with pytest.raises(Malformed, match="no finding is a package and a file"):
        Match(path=Pattern("usr"), purl=Pattern("pkg:pypi/*"))


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
    assert NOBODY_NAMED.owner_of("crit", "CVE-1@pkg:pypi/jinja2", Group("group:shop")) == "group:shop"
    assert NOBODY_NAMED.time_for("critical") is None
