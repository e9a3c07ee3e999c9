"""The core form lets in, in an emergency or by adoption, exactly what the judge lets in."""

import itertools
from dataclasses import replace

import pytest
from tests.promotion.test_never import EXPLOITED, HELD, policy, ran, unsigned

from pratique.errors import Unverified
from pratique.promotion.happenings import Track
from pratique.promotion.record_form import build_record
from pratique.promotion.track import Routing
from pratique.proof.outcome import verify_outcome
from pratique.proof.record import read_record
from pratique.proof.rules import read_policy

FACTS = {
    "golden": "now: 2026-11-24T09:30:00.000Z",
    "unsigned": unsigned("tests"),
    "signed by another": unsigned().replace("{", '{tests: {signed_by: ["service:else"]}, ', 1),
    "without tests": "evidence: {tests: null}",
    "exploited and new": f"current: {{vulnerabilities: []}}\n    {EXPLOITED}",
    "exploited and there already": f"{HELD}{EXPLOITED}",
    "exploited beside nothing": f"current: null\n    {EXPLOITED}",
}
EVERY = [
    (facts, way, outcome)
    for facts, way, outcome in itertools.product(FACTS, ("emergency", "adopt"), ("block", "review"))
]


@pytest.mark.parametrize(("facts", "way", "outcome"), EVERY)
def test_the_core_form_and_the_judge_agree_on_what_never_passes(facts: str, way: str, outcome: str) -> None:
    decision = ran(FACTS[facts], way, outcome).decision
    claimed = replace(decision, track=Routing(Track(way), ("because I say so",)))
    if way == "adopt":  # where it stands is what an adoption is about, and is compared, too
        image = replace(claimed.inputs.image, source=f"{claimed.inputs.destination}:latest")
        claimed = replace(claimed, inputs=replace(claimed.inputs, image=image, from_=None))
    record = read_record(build_record(claimed).content)
    rules = read_policy(policy(outcome).bundle.resolved).rules("prod")
    if decision.track.name is Track.REMEDIATION:
        with pytest.raises(Unverified, match=r"check (sig|kev) is"):
            verify_outcome(record, rules)
    else:
        verify_outcome(record, rules)
