"""Credentials in files, in hidden files and in what scanners found."""

import pytest
from tests.policy.builders import facts
from tests.policy.worlds import judge, measured, searched

from pratique.evidence.model import Evidence
from pratique.evidence.surface.measure import Secret
from pratique.policy.result import Outcome
from pratique.values.digest import Digest

KEY = Secret("root/.ssh/id_rsa", "private key", Digest("c" * 64))
SECRETS = {"check": "secrets"}


def test_layers_that_were_searched_and_hold_none_pass() -> None:
    assert judge(SECRETS, facts(measured())).outcome is Outcome.PASS


def test_a_scanner_that_searched_and_found_none_passes_without_layers() -> None:
    assert judge({**SECRETS, "scanners": ["trivy"]}, facts(searched())).outcome is Outcome.PASS


@pytest.mark.parametrize("layers", [measured(secrets=(KEY,)), measured(secret_in_hidden_file=(KEY,))])
def test_a_credential_counts_where_it_lies_and_where_a_later_layer_hides_it(layers: Evidence) -> None:
    result = judge(SECRETS, facts(layers))
    assert result.outcome is Outcome.BLOCK
    assert "root/.ssh/id_rsa (private key)" in result.findings[0].term


def test_what_a_scanner_found_counts_beside_what_was_measured() -> None:
    result = judge({**SECRETS, "max": 1}, facts(measured(secrets=(KEY,)), searched("aws-key")))
    assert dict(result.counts) == {"counted": 2, "max": 1}
    assert result.outcome is Outcome.BLOCK


def test_variables_count_unless_the_rule_lets_them_be() -> None:
    known = facts(measured(env_suspicious=("DB_PASSWORD",)))
    assert judge(SECRETS, known).outcome is Outcome.BLOCK
    assert judge({**SECRETS, "variables": False}, known).outcome is Outcome.PASS


def test_where_nobody_searched_nobody_knows() -> None:
    assert judge(SECRETS, facts()).outcome is Outcome.UNKNOWN
    assert judge(SECRETS, facts(searched(looked=False))).outcome is Outcome.UNKNOWN
    assert judge({**SECRETS, "scanners": ["trivy"]}, facts(measured())).outcome is Outcome.UNKNOWN


def test_files_that_were_too_large_to_be_searched_are_told() -> None:
    assert "2 files too large to be searched" in judge(SECRETS, facts(measured(unsearched=2))).message
