"""One whole policy of three environments, with the words that most policies need: it loads, and says what it says."""

from tests.policy.builders import files

from pratique.policy.document import parse_bundle
from pratique.policy.explain import explain
from pratique.policy.source import load

FERRY = load(files("ferry"))


def test_it_is_one_policy_of_three_environments_and_its_own_canonical_form() -> None:
    assert FERRY.in_order == ("slip", "harbour", "sea")
    assert [len(FERRY.rules(name).checks) for name in FERRY.in_order] == [3, 9, 16]
    assert parse_bundle(FERRY.resolved) == FERRY


def test_every_check_is_explained_with_its_id() -> None:
    for name in FERRY.in_order:
        told = explain(FERRY, name)
        for rule in FERRY.rules(name).checks:
            assert rule.id in told


def test_what_is_new_in_it_is_told_in_words() -> None:
    told = explain(FERRY, "harbour")
    assert "only certificates count whose entry in a public log was verified here" in told
    assert "at SLSA build level 3 or higher" in told
