"""How a policy lists licences: several, or one text in which they stand with OR."""

import pytest
from tests.policy.builders import component, evidence, facts, sbom
from tests.policy.worlds import judge, rule

from pratique.errors import Malformed
from pratique.policy.result import Outcome
from pratique.policy.schema import encode

TEXT = "AGPL-3.0-only OR AGPL-3.0-or-later OR BUSL-1.1"


@pytest.mark.parametrize("word", ["allow", "deny", "review"])
def test_one_text_is_as_good_as_a_list_of_one(word: str) -> None:
    alone = rule(check="licences", **{word: TEXT})
    assert alone == rule(check="licences", **{word: [TEXT]})
    written = encode(alone)
    assert isinstance(written, dict)
    assert written[word] == [TEXT]  # one form only, whatever a person wrote: digests depend on it


@pytest.mark.parametrize("licence", ["AGPL-3.0-only", "AGPL-3.0-or-later", "BUSL-1.1"])
def test_each_licence_of_such_a_text_is_denied(licence: str) -> None:
    known = facts(evidence(sbom(component("it", licence))))
    assert judge({"check": "licences", "deny": TEXT}, known).outcome is Outcome.BLOCK


def test_another_licence_passes() -> None:
    known = facts(evidence(sbom(component("it", "MIT"))))
    assert judge({"check": "licences", "deny": TEXT}, known).outcome is Outcome.PASS


def test_a_misspelt_one_in_it_is_refused() -> None:
    with pytest.raises(Malformed, match="no SPDX licence"):
        rule(check="licences", deny="AGPL-3.0-only OR AGLP-3.0-or-later")


def test_where_a_list_is_needed_one_text_is_refused() -> None:
    with pytest.raises(Malformed, match="expected a list"):
        rule(check="tests", required_suites="unit")
