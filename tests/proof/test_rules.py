"""The short reading of policy and record says what the long reading says."""

import itertools
import json
from typing import Any

import pytest
from tests.promotion.builders import NOW
from tests.promotion.cases import CLEAN, GATE, HIGH, MEDIUM, bundle, case, evidence, provenance, sbom, source

from pratique.errors import Absent, Malformed, Unverified
from pratique.policy import document
from pratique.policy.approval import USUAL_SEPARATION
from pratique.policy.environment import Enforcement
from pratique.policy.freshness import GRACE
from pratique.policy.result import OnFailure, Outcome
from pratique.policy.tracks import FirstArrival, When
from pratique.promotion import record as long
from pratique.promotion import request as promotion_request
from pratique.promotion import review as promotion_review
from pratique.promotion.consequences import no_worse
from pratique.promotion.evidence_set import list_pieces, root_of_evidence
from pratique.promotion.judge import judge
from pratique.promotion.record import Record
from pratique.proof import record as short
from pratique.proof import request, review, rules
from pratique.proof.decision import refuse_worse
from pratique.proof.record import Recorded, read_record
from pratique.proof.rules import OVERDUE, read_policy
from pratique.values.canonical import canonical

WARN = "    enforcement: warn\n    relax: being introduced\n"
GATES = (
    GATE,
    GATE.replace("  prod:\n", f"  prod:\n{WARN}"),
    GATE.replace("path:", "settings: {on_missing_evidence: hold, on_check_error: fail}\npath:"),
    GATE.replace("window: 3d", "separation: [author], window: 3d".replace(", ", "\n        ")),
    GATE.replace("when: all_pass, risk_at_most: 60", "when: always"),
    GATE.replace("first_arrival: fast", "first_arrival: slow"),
    GATE.replace("      slow:", "      rollback: {approvals: [{role: release, count: 1}], keep: 7d}\n      slow:"),
)


@pytest.mark.parametrize("gate", GATES, ids=range(len(GATES)))
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_the_rules_are_the_same(gate: str, environment: str) -> None:
    whole = bundle(gate)
    expected, found = whole.rules(environment), read_policy(whole.resolved).rules(environment)
    fast, slow = expected.tracks.fast, expected.tracks.slow
    assert found.digest == expected.digest
    assert found.predecessors == expected.predecessors
    assert found.warns == (expected.enforcement is Enforcement.WARN)
    assert found.checks == tuple((rule.id, rule.check) for rule in expected.checks)
    assert [found.counts_as(outcome) for outcome in Outcome] == [
        expected.settings.counts_as(outcome) for outcome in Outcome
    ]
    assert found.blocking == tuple(rule.id for rule in expected.checks if rule.outcome is OnFailure.BLOCK)
    assert found.keep == (expected.tracks.rollback.keep if expected.tracks.rollback else rules.KEEP)
    assert found.fast == (
        rules.Fast(
            all_pass=fast.when is When.ALL_PASS,
            risk_at_most=fast.risk_at_most,
            first_arrival=fast.first_arrival is FirstArrival.FAST,
            conditions=fast.also is not None,
        )
        if fast
        else None
    )
    assert found.slow == (
        rules.Slow(tuple((one.role, one.count) for one in slow.approvals), tuple(map(str, slow.separation)))
        if slow
        else None
    )


def test_the_destination_is_the_same() -> None:
    whole = bundle()
    image = whole.application("shop").image("api")
    for environment in ("staging", "prod"):
        found = read_policy(whole.resolved).destination("shop", "api", environment)
        assert found == str(image.destination(environment).repository)


def test_what_a_policy_does_not_have_is_absent() -> None:
    signed = read_policy(bundle().resolved)
    with pytest.raises(Absent, match="has no environment 'qa'"):
        signed.rules("qa")
    for words in (("other", "api", "prod"), ("shop", "web", "prod"), ("shop", "api", "qa")):
        with pytest.raises(Absent, match="has no destination for"):
            signed.destination(*words)


def changed(**prod: Any) -> bytes:
    resolved = json.loads(bundle().resolved)
    resolved["environments"]["prod"].update(prod)
    return canonical(resolved)


@pytest.mark.parametrize(
    ("prod", "message"),
    [
        ({"canary": True}, r"policy\.environments\.prod: unexpected field 'canary'"),
        ({"tracks": {"canary": {}}}, r"tracks: unexpected field 'canary'"),
        ({"tracks": {"fast": {"when": "sometimes"}}}, r"fast\.when: expected all_pass or always"),
        ({"tracks": {"slow": {"approvals": [{"role": "a", "count": 1, "any": 1}]}}}, "unexpected field 'any'"),
        ({"enforcement": "maybe"}, r"enforcement: expected block or warn"),
    ],
)
def test_what_a_newer_policy_adds_is_refused_and_never_ignored(prod: dict[str, Any], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        read_policy(changed(**prod)).rules("prod")


def test_another_kind_of_document_is_no_policy() -> None:
    with pytest.raises(Malformed, match=r"policy\.schema: expected 'pratique/policy/1'"):
        read_policy(b'{"schema":"other"}')


def test_what_is_written_twice_is_the_same() -> None:
    assert document.Bundle.__dataclass_fields__["schema"].default == rules.SCHEMA
    assert rules.MAX_BYTES == document.MAX_BYTES
    assert tuple(map(str, USUAL_SEPARATION)) == rules.SEPARATION
    assert short.SCHEMA == long.SCHEMA
    assert review.CLOCK_SKEW == promotion_review.CLOCK_SKEW
    assert (request.MAX_AGE, request.CLOCK_SKEW) == (promotion_request.MAX_AGE, promotion_request.CLOCK_SKEW)


UNKNOWN_AUTHOR = (sbom(*MEDIUM), provenance(), source("github:99"))
CONTENTS = (evidence(CLEAN), evidence(MEDIUM), evidence(HIGH), UNKNOWN_AUTHOR, (sbom(*MEDIUM),))


def judged(place: int) -> Record:
    return judge(case(CONTENTS[place]))


@pytest.mark.parametrize("place", range(len(CONTENTS)))
def test_the_record_is_the_same(place: int) -> None:
    whole = judged(place)
    decision, found = whole.decision, read_record(whole.content)
    inputs = decision.inputs
    assert (found.digest, found.engine, found.promotion) == (whole.digest, decision.engine, decision.promotion)
    assert (found.outcome, found.track, found.risk) == (decision.outcome, decision.track.name, decision.risk.score)
    assert found.needs == decision.approvals
    assert found.excluded == decision.separation.excluded
    assert found.separation == tuple(map(str, decision.separation.rules))
    assert (found.review_until, found.holds_until) == (decision.review_until, decision.holds_until)
    assert [(one.id, one.check, one.outcome) for one in found.checks] == [
        (one.id, one.check, one.outcome) for one in decision.checks
    ]
    assert found.evidence == tuple(piece.digest for piece in inputs.evidence.pieces)
    assert found.inputs.evidence_root == inputs.evidence.root == root_of_evidence(inputs.evidence.pieces)
    assert (found.inputs.now, found.inputs.image, found.inputs.platforms) == (
        NOW,
        inputs.image.digest,
        inputs.image.platforms,
    )
    assert (found.inputs.policy, found.inputs.rules) == (inputs.policy.digest, inputs.policy.rules)
    assert (found.inputs.request, found.inputs.requester) == (inputs.request.envelope, inputs.request.requester)
    assert found.inputs.feeds == inputs.feeds
    assert found.inputs.current is None


def test_a_root_that_is_not_that_of_the_pieces_is_malformed() -> None:
    document = json.loads(judged(1).content)
    document["inputs"]["evidence"]["pieces"].pop()
    with pytest.raises(
        Malformed, match=r"record\.inputs\.evidence\.root: expected sha256:\w+, the root of the listed"
    ):
        read_record(canonical(document))
    assert list_pieces(()) == ()


@pytest.mark.parametrize(("earlier", "later"), list(itertools.product(range(len(CONTENTS)), repeat=2)))
def test_a_second_look_is_worse_in_both_readings(earlier: int, later: int) -> None:
    before, after = judged(earlier), judged(later)
    assert refused(read_record(before.content), read_record(after.content)) is not no_worse(after, before)


def refused(earlier: Recorded, later: Recorded) -> bool:
    try:
        refuse_worse(earlier, later)
    except Unverified:
        return True
    return False


def test_the_digest_is_the_same() -> None:
    assert read_policy(bundle().resolved).digest == bundle().digest


def test_an_overdue_policy_is_overdue_for_verifiers_on_the_same_day() -> None:
    assert OVERDUE == GRACE
