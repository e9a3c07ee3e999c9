"""docs/checks.md: every kind of check has a section, and every example in it is one that a policy may hold."""

import re
from typing import get_args, get_type_hints

import pytest
from tests.house.sources import ROOT
from tests.policy.worlds import rule

from pratique.policy.check import Rule
from pratique.policy.checks.expr import ExprRule, check_expression
from pratique.policy.expression_facts import COMPONENT, DIFF, IMAGE, LICENCE, RESULT, TRACK, VULNERABILITY
from pratique.policy.marked import parse_marked

PAGE = (ROOT / "docs" / "checks.md").read_text()
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.split("\n## ")[1:]}
EXAMPLES = [
    (name, example)
    for name, text in SECTIONS.items()
    for example in re.findall(r"```yaml\n(.*?)\n```", text, re.DOTALL)
]


def test_every_kind_of_check_has_its_section() -> None:
    assert set(SECTIONS) == {get_args(get_type_hints(kind)["check"])[0] for kind in get_args(Rule)}


@pytest.mark.parametrize(("section", "example"), EXAMPLES)
def test_an_example_is_a_check_of_its_section(section: str, example: str) -> None:
    found = rule(**parse_marked(example, "docs/checks.md").value)
    assert found.check == section
    if isinstance(found, ExprRule):
        check_expression(found)


def test_every_fact_of_expressions_is_named() -> None:
    names = {name for name, _ in (*IMAGE, *DIFF, *VULNERABILITY, *COMPONENT, *LICENCE, *RESULT, *TRACK.facts)}
    told = set(re.findall(r"`([a-z]+\.[a-z_]+)`", PAGE))
    assert {name for name in names if name not in told} == set()
