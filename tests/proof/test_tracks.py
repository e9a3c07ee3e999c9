"""A server that claims another way in than the signed policy has is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.promotion import cases
from tests.promotion.builders import PROD
from tests.proof.attacks import refused, refused_promotion, reviewed
from tests.proof.builders import GATE, REVIEWERS, Story, founded, judged_story, trust_root

from pratique.attest.request import Way
from pratique.attest.seal import Level
from pratique.policy.approval import Reason
from pratique.promotion.happenings import Track
from pratique.promotion.quorum import Need
from pratique.promotion.record_form import build_record
from pratique.promotion.track import Routing
from pratique.proof.established import CONDITIONS
from pratique.proof.verify import verify_clearance, verify_promotion
from pratique.values.reference import parse_reference


def claimed(**changes: Any) -> Story:
    """Return the story in which the server records this of its own, and people believe it."""
    story = founded()
    story.ask()
    story.gather()
    honest = story.decide().decision
    story.judge(build_record(replace(honest, **changes)))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    return story


@pytest.mark.parametrize(
    ("track", "message"),
    [
        (Track.ROLLBACK, "record, track rollback: the policy has no rollback track here"),
        (Track.EMERGENCY, "record, emergency: expected"),
    ],
)
def test_a_way_that_the_policy_does_not_have_or_nobody_asked_for(track: Track, message: str) -> None:
    refused(claimed(track=Routing(track, ("because I say so",))), message)


def test_a_role_that_the_policy_does_not_narrow_so() -> None:
    narrowed = (Need("release", 1, members=("person:cleo",)), Need("security", 1))
    refused(claimed(approvals=narrowed), "record, who counts as release: expected")


def test_words_that_the_policy_does_not_want() -> None:
    refused(claimed(reason=Reason.TEXT), "record, what an approval must say: expected code, found text")


CONDITIONAL = GATE.replace("{role: security, count: 1}", "{role: security, count: 1, when: 'risk.score >= 0'}")


@pytest.mark.parametrize(("gate", "told"), [(GATE, False), (CONDITIONAL, True)])
def test_people_asked_under_a_condition_are_not_checked_without_the_evidence_and_the_proof_says_so(
    gate: str, told: bool
) -> None:
    established = verify_clearance(reviewed(judged_story(gate=gate), *REVIEWERS).clearance(), trust_root())
    assert (CONDITIONS in established.not_checked) is told
    assert CONDITIONS not in established.after_judging((established.record,)).not_checked


ADOPT = "      adopt: {approvals: [{role: release, count: 2}], never: [%s], expires: 30d}\n"


def adopted(
    never: str = "prov",
    source: str = "oci:prod/api",
    packages: Any = cases.MEDIUM,
    gate: str = "  prod:\n",
    **changes: Any,
) -> Story:
    """Return the story in which people adopt what stood in prod; ``changes`` are to the honest record."""
    story = founded(
        packages=packages,
        gate=GATE.replace("  prod:\n", gate).replace(
            "        window: 3d\n", "        window: 3d\n" + ADOPT % never
        ),
    )
    came = {"from_": None, "source": source}
    story.ask(
        statement={"way": Way.ADOPT, "from_": None, "source": parse_reference(source)}, track=Track.ADOPT, **came
    )
    story.gather()
    assert story.inputs is not None
    request = replace(story.inputs.request, track=Track.ADOPT)
    image = replace(story.inputs.image, source=source)
    story.inputs = replace(story.inputs, from_=None, image=image, request=request)
    story.judge(build_record(replace(story.decide().decision, **changes)))
    for name in ("cleo", "dan"):
        story.review(name)
    story.approve()
    return story


def test_an_adoption_has_its_own_level_and_lapses_when_the_policy_says() -> None:
    story = adopted()
    cleared = verify_clearance(story.clearance(), trust_root())
    assert (cleared.level, cleared.lasts) == (Level.ADOPTED, timedelta(days=30))
    story.copy()
    story.seal(level=Level.ADOPTED)
    assert verify_promotion(story.proof(), trust_root()).level is Level.ADOPTED


def test_a_seal_that_makes_an_adoption_a_promotion_is_refused() -> None:
    story = adopted()
    story.copy()
    honest = story.summary()
    assert honest.seal is not None
    better = replace(honest.seal, level=Level.PROMOTED)
    story.seal(replace(honest, seal=better, levels=(better.level_name,)))
    refused_promotion(story, "expected verifiedLevels PRATIQUE_ADOPTED_PROD, found 'PRATIQUE_PROMOTED_PROD'")


@pytest.mark.parametrize("days", [None, 31])
def test_a_seal_by_which_an_adoption_holds_longer_is_refused(days: int | None) -> None:
    story = adopted()
    story.copy()
    honest = story.summary()
    assert honest.seal is not None
    assert honest.seal.expires is not None
    longer = None if days is None else honest.seal.expires + timedelta(days=1)
    story.seal(story.summary(expires=longer))
    refused_promotion(story, "seal, expiry: expected")


def test_what_was_somewhere_else_is_not_adopted() -> None:
    refused(
        adopted(source="oci:images/api"), "expected an image that stood at oci:prod/api, found one of oci:images"
    )


def test_a_check_that_the_policy_never_passes_over_stops_an_adoption() -> None:
    claimed_way = Routing(Track.ADOPT, ("because I say so",))
    people = (Need("release", 2),)
    refused(
        adopted("high", packages=cases.HIGH, track=claimed_way, approvals=people),
        "record, track adopt: check high is",
    )


def test_an_adoption_that_nobody_asked_for() -> None:
    refused(claimed(track=Routing(Track.ADOPT, ("because I say so",))), "record, adopt: expected")


WARN = "  prod:\n    enforcement: warn\n    relax: being introduced\n"
BURNING = (
    "      emergency: {approvals: [{role: security, count: 1}], skippable: [%s], never: [%s], expires: 72h}\n"
)


def burning(skippable: str, never: str, gate: str = "  prod:\n") -> Story:
    """Return the story in which the server writes that an emergency passed over what was found."""
    text = GATE.replace("  prod:\n", gate).replace(
        "        window: 3d\n", "        window: 3d\n" + BURNING % (skippable, never)
    )
    story = founded(gate=text, packages=cases.HIGH)
    story.ask(statement={"way": Way.EMERGENCY}, track=Track.EMERGENCY)
    story.gather()
    assert story.inputs is not None
    story.inputs = replace(story.inputs, request=replace(story.inputs.request, track=Track.EMERGENCY))
    claim: dict[str, Any] = {
        "track": Routing(Track.EMERGENCY, ("because I say so",)),
        "approvals": (Need("security", 1),),
    }
    honest = story.decide().decision
    later: dict[str, Any] = {"review_until": story.inputs.now + timedelta(days=1)}
    story.judge(build_record(replace(honest, **claim, **later)))
    story.review("eve")
    story.approve()
    return story


@pytest.mark.parametrize("gate", ["  prod:\n", WARN])
def test_what_an_emergency_never_passes_over_stops_it_also_where_the_gate_only_warns(gate: str) -> None:
    refused(burning("sbom", "sig, prov, high", gate), "record, track emergency: check high is block, which blocks")
    refused(burning("sbom", "sig, prov", gate), "record, track emergency: check high is block, which blocks")


@pytest.mark.parametrize("gate", ["  prod:\n", WARN])
def test_what_an_emergency_may_pass_over_it_passes(gate: str) -> None:
    found = verify_clearance(burning("high", "sig, prov", gate).clearance(), trust_root())
    assert found.level is Level.EMERGENCY


def test_a_check_in_never_stops_an_adoption_also_where_the_gate_only_warns() -> None:
    way = Routing(Track.ADOPT, ("because I say so",))
    story = adopted("high", packages=cases.HIGH, gate=WARN, track=way, approvals=(Need("release", 2),))
    refused(story, "record, track adopt: check high is block, which blocks")


def test_what_goes_back_goes_no_other_way() -> None:
    gate = GATE.replace("      slow:", "      rollback: {approvals: [{role: release, count: 1}]}\n      slow:")
    story = founded(gate=gate, packages=cases.CLEAN)
    story.came(PROD)
    story.came(PROD, "current")
    story.ask()
    story.gather()
    honest = story.decide().decision
    fast = Routing(Track.FAST, ("because I say so",))
    story.judge(build_record(replace(honest, track=fast, approvals=(), review_until=None)))
    story.approve()
    refused(story, "record, track fast: expected rollback, of an image that was here until 2026-11-24T")
