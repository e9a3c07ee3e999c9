"""What the layers offer: absolute limits, and what is new beside the image that runs there."""

from tests.policy.builders import facts
from tests.policy.worlds import judge, measured

from pratique.policy.facts import CurrentFacts
from pratique.policy.result import Outcome
from pratique.policy.traits import traits_of
from pratique.values.digest import Digest

SU = "usr/bin/su"
SURFACE = {"check": "attack_surface"}


def held(*traits: str) -> CurrentFacts:
    return CurrentFacts(Digest("b" * 64), frozenset(), frozenset(), None, frozenset(traits))


def test_layers_within_every_limit_pass() -> None:
    result = judge({**SURFACE, "max": {"setuid": 1, "shells": 0}, "root": False}, facts(measured(setuid=(SU,))))
    assert result.outcome is Outcome.PASS
    assert dict(result.counts) == {"setuid": 1, "shells": 0}


def test_what_is_over_a_limit_is_named_item_by_item() -> None:
    result = judge({**SURFACE, "max": {"setuid": 0}}, facts(measured(setuid=(SU,))))
    assert result.outcome is Outcome.BLOCK
    assert [finding.term for finding in result.findings] == [f"setuid:{SU}"]
    assert result.remedy == "take the setuid bit away, or the program out"


def test_an_image_that_runs_as_root_is_refused_only_where_the_rule_says_so() -> None:
    known = facts(measured(root_user=True))
    assert judge({**SURFACE, "max": {"setuid": 0}}, known).outcome is Outcome.PASS
    assert judge({**SURFACE, "root": False}, known).outcome is Outcome.BLOCK


def test_a_port_that_is_not_named_is_refused() -> None:
    known = facts(measured(ports=("22/tcp", "8080/tcp")))
    result = judge({**SURFACE, "ports": ["8080/tcp"]}, known)
    assert [finding.term for finding in result.findings] == ["port:22/tcp"]


def test_only_what_is_new_beside_the_image_that_runs_there_counts_as_added() -> None:
    known = facts(measured(setuid=(SU,), shells=("bash",)), current=held(f"setuid:{SU}"))
    result = judge({**SURFACE, "no_larger": True}, known)
    assert [finding.term for finding in result.findings] == ["shell:bash"]


def test_beside_an_image_of_which_nothing_is_recorded_everything_is_added() -> None:
    for current in (None, CurrentFacts(Digest("b" * 64), None, None, None)):
        result = judge({**SURFACE, "max_added": {"setuid": 0}}, facts(measured(setuid=(SU,)), current=current))
        assert result.outcome is Outcome.BLOCK


def test_becoming_root_makes_an_image_larger() -> None:
    known = facts(measured(root_user=True), current=held())
    assert [one.term for one in judge({**SURFACE, "no_larger": True}, known).findings] == ["user:root"]
    assert judge(
        {**SURFACE, "no_larger": True}, facts(measured(root_user=True), current=held("user:root"))
    ).outcome


def test_without_a_measurement_of_ours_nobody_knows() -> None:
    for known in (facts(), facts(measured(by="service:ci"))):
        assert judge({**SURFACE, "max": {"setuid": 0}}, known).outcome is Outcome.UNKNOWN


def test_what_is_remembered_of_an_image_is_what_its_successor_is_compared_with() -> None:
    known = facts(measured(setuid=(SU,), shells=("bash",), root_user=True))
    traits = traits_of(known.surfaces[0][0])
    assert traits == {f"setuid:{SU}", "shell:bash", "user:root"}
