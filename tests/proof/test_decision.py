"""A record counts for the promotion that it is about, and its outcome follows from its checks."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.promotion.builders import NOW, PROD, STAGING, digest
from tests.promotion.cases import CLEAN, HIGH, MEDIUM
from tests.proof.attacks import refused, refused_forgery, reviewed
from tests.proof.builders import (
    GATE,
    REVIEWERS,
    Story,
    approved_story,
    founded,
    judged_story,
    trust_root,
)

from pratique.attest.seal import Level
from pratique.errors import Malformed, Refused
from pratique.policy.result import Outcome
from pratique.promotion.happenings import Feed, PromotionRechecked, PromotionRetried, Track
from pratique.promotion.quorum import Need
from pratique.promotion.record import Decision as Judged
from pratique.promotion.record import Record
from pratique.promotion.record_form import build_record
from pratique.proof.verify import verify_clearance


def recorded(story: Story, **changes: Any) -> Record:
    """Return the honest record with changes; an attacker writes what he likes."""
    return build_record(replace(story.decide().decision, **changes))


def gathered_story(**changes: Any) -> Story:
    story = founded(**changes)
    story.ask()
    story.gather()
    return story


def test_a_fast_track_that_the_checks_do_not_give_is_refused() -> None:
    story = gathered_story()
    honest = story.decide().decision
    story.judge(recorded(story, track=replace(honest.track, name=Track.FAST), approvals=()))
    story.approve()
    refused(story, "record, track fast: check medium is review, not passed")


ALWAYS = GATE.replace("when: all_pass, risk_at_most: 60", "when: always")
HOLD = "settings: {on_missing_evidence: hold, on_check_error: hold}\npath:"
WARN = "  prod:\n    enforcement: warn\n    relax: being introduced\n"


@pytest.mark.parametrize("outcome", [Outcome.REVIEW, Outcome.UNKNOWN, Outcome.ERROR])
def test_a_fast_track_that_takes_everything_takes_nothing_that_did_not_pass(outcome: Outcome) -> None:
    story = gathered_story(gate=ALWAYS.replace("path:", HOLD), packages=CLEAN)
    honest = story.decide().decision
    checks = (replace(honest.checks[0], outcome=outcome), *honest.checks[1:])
    story.judge(recorded(story, checks=checks, outcome=outcome))
    story.approve()
    refused(story, f"record, track fast: check sig is {outcome}, not passed")


@pytest.mark.parametrize("when", [GATE, ALWAYS])
def test_a_fast_track_on_which_nothing_was_checked_is_refused(when: str) -> None:
    unchecked = re.sub(r"(prod:\n    checks:)\n(?:      - .+\n)+", r"\1 []\n", when).replace(
        "check: high", "check: sbom"
    )
    story = gathered_story(gate=unchecked, packages=CLEAN)
    story.judge(recorded(story, track=replace(story.decide().decision.track, name=Track.FAST), approvals=()))
    story.approve()
    refused(story, "record, track fast: expected at least one check, found none")


@pytest.mark.parametrize("packages", [MEDIUM, HIGH])
def test_what_did_not_pass_on_a_fast_track_that_only_warns_is_admitted(
    packages: tuple[tuple[str, str], ...],
) -> None:
    story = judged_story(gate=ALWAYS.replace("  prod:\n", WARN), packages=packages)
    assert story.record is not None
    assert story.record.decision.track.name is Track.FAST
    story.approve()
    assert verify_clearance(story.clearance(), trust_root()).level is Level.ADMITTED


def test_an_outcome_that_the_checks_do_not_give_is_refused() -> None:
    story = gathered_story()
    story.judge(recorded(story, outcome=Outcome.PASS))
    refused(reviewed(story, *REVIEWERS), "record, outcome of its checks: expected review, found pass")


def test_a_check_that_was_left_out_is_refused() -> None:
    story = gathered_story()
    story.judge(recorded(story, checks=story.decide().decision.checks[:-1]))
    refused(reviewed(story, *REVIEWERS), "record, checks: expected sig, signature, prov")


def test_a_blocking_check_is_not_for_people_to_pass() -> None:
    story = gathered_story(packages=HIGH)
    honest = story.decide().decision
    needs = (Need("release", 2), Need("security", 1))
    story.judge(recorded(story, track=replace(honest.track, name=Track.SLOW), approvals=needs))
    refused(reviewed(story, *REVIEWERS), "record, track slow: check high is block, which blocks")


def test_a_risk_above_the_limit_is_refused_on_the_fast_track() -> None:
    story = gathered_story(packages=CLEAN)
    honest = story.decide().decision
    story.judge(recorded(story, risk=replace(honest.risk, score="60.1")))
    story.approve()
    refused(story, "record, track fast: risk at most 60, found 60.1")


@pytest.mark.parametrize("score", ["NaN", "-1.0", "Infinity", "1e3", "12"])
def test_a_risk_that_is_no_number_is_malformed(score: str) -> None:
    story = gathered_story(packages=CLEAN)
    honest = story.decide().decision
    story.judge(recorded(story, risk=replace(honest.risk, score=score)))
    story.approve()
    with pytest.raises(Malformed, match=r"record\.risk\.score: expected a number with one decimal"):
        verify_clearance(story.clearance(), trust_root())


def test_fewer_approvals_than_the_policy_asks_for_are_refused() -> None:
    story = gathered_story()
    story.judge(recorded(story, approvals=(Need("release", 1), Need("security", 1))))
    refused(reviewed(story, "cleo", "eve"), "record, approvals: the policy asks for 2 people as release, found 1")


def test_a_million_people_are_not_counted() -> None:
    story = gathered_story()
    story.judge(recorded(story, approvals=(Need("release", 10**9),)))
    story.approve()
    with pytest.raises(Malformed, match="expected 1 to 1000 people"):
        verify_clearance(story.clearance(), trust_root())


def test_a_requester_who_is_not_excluded_is_noticed() -> None:
    story = gathered_story()
    honest = story.decide().decision
    story.judge(recorded(story, separation=replace(honest.separation, excluded=())))
    refused(reviewed(story, *REVIEWERS), "record, separation: expected person:ben, who asked, to be excluded")


def test_a_separation_that_was_left_out_is_noticed() -> None:
    story = gathered_story()
    honest = story.decide().decision
    story.judge(recorded(story, separation=replace(honest.separation, rules=(), excluded=())))
    refused(reviewed(story, *REVIEWERS), "record, separation: expected requester, author, builder, found nothing")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"destination": "oci:evil/api"}, "record, destination: expected oci:prod/api, found oci:evil/api"),
        ({"application": "other"}, "record, application: expected shop, found other"),
        ({"to": STAGING}, "record, to: expected prod, found staging"),
        ({"feeds": (Feed("advisories", digest("other")),)}, "record, feeds: expected"),
    ],
)
def test_a_record_about_something_else_is_refused(changes: dict[str, Any], message: str) -> None:
    story = gathered_story()
    honest = story.decide().decision
    story.judge(recorded(story, inputs=replace(honest.inputs, **changes)))
    refused(reviewed(story, *REVIEWERS), message)


@pytest.mark.parametrize("off", [timedelta(seconds=-1), timedelta(seconds=2), timedelta(days=-400)])
def test_a_judgement_dated_before_its_gathering_or_after_its_announcement_is_refused(off: timedelta) -> None:
    story = gathered_story()
    honest = story.decide().decision
    story.judge(recorded(story, inputs=replace(honest.inputs, now=honest.inputs.now + off)))
    refused(reviewed(story, *REVIEWERS), "record, now: expected a moment from .* when it was gathered, to")


def test_evidence_that_was_not_gathered_is_refused() -> None:
    story = gathered_story()
    honest = story.decide().decision
    inputs = replace(honest.inputs, evidence=replace(honest.inputs.evidence, pieces=()))
    story.judge(recorded(story, inputs=inputs))
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    with pytest.raises(Malformed, match="the root of the listed pieces"):
        verify_clearance(story.clearance(), trust_root())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": "pass"}, "record, outcome: expected pass, found review"),
        ({"risk": "0.0"}, "record, risk: expected 0.0"),
        ({"holds_until": None}, "record, holds_until: expected none"),
        ({"current": digest("other")}, "record, current image: expected"),
    ],
)
def test_an_event_that_announces_another_record_is_refused(changes: dict[str, Any], message: str) -> None:
    story = gathered_story()
    story.judge(**changes)
    refused(reviewed(story, *REVIEWERS), message)


def test_a_decision_that_no_longer_held_is_refused() -> None:
    story = gathered_story()
    story.judge()
    story.book.now += timedelta(days=31)
    refused(reviewed(story, *REVIEWERS), "had to be judged again first: the decision held until")


def test_an_approval_after_the_window_is_refused() -> None:
    story = gathered_story()
    story.judge()
    story.book.now += timedelta(days=4)
    refused(reviewed(story, *REVIEWERS), "the time in which people could decide was over")


def test_an_approval_under_another_directory_is_refused() -> None:
    story = gathered_story()
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.publish_directory()
    story.approve()
    refused(story, "version 2 is the newest before it here")
    story = gathered_story()
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.publish_directory()
    story.approve(directory=story.directory.digest)
    refused(story, "it had to be judged again first: the directory is now")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"track": Track.FAST}, "promotion.approved, track: expected slow, found fast"),
        ({"policy": digest("other")}, "policy: expected"),
        ({"rules": digest("other")}, "policy: version 1 was in force at the approval"),
        ({"current": digest("other")}, "the environment now holds"),
    ],
)
def test_an_approval_of_something_else_is_refused(changes: dict[str, Any], message: str) -> None:
    story = judged_story()
    for name in REVIEWERS:
        story.review(name)
    story.approve(**changes)
    refused(story, message)


def test_an_approval_of_another_attempt_is_refused() -> None:
    story = judged_story()
    story.approve(generation=2)
    refused_forgery(story, "expected generation 1, found 2")


def test_an_approval_before_any_judgement_is_refused() -> None:
    story = gathered_story()
    story.record = story.decide()
    story.approve()
    refused_forgery(story, "expected the record in force, none")


def test_reviews_on_the_fast_track_are_refused() -> None:
    story = judged_story(packages=CLEAN)
    story.approve(reviews=(digest("review"),))
    refused(story, "promotion.approved, reviews on the fast track: expected nothing, found sha256")


def looked_again(change: Callable[[Judged], Judged]) -> Story:
    """Return a story in which a second attempt is said to have come out no worse, whatever it was."""
    story = judged_story()
    story.review("cleo")
    story.append(PromotionRetried(2))
    story.gather(2)
    assert story.record is not None
    record = build_record(change(story.decide(2).decision))
    inputs = record.decision.inputs
    data = PromotionRechecked(
        generation=2,
        record=story.record.digest,
        by_record=record.digest,
        outcome=record.decision.outcome,
        holds_until=record.decision.holds_until,
        current=inputs.history.current.digest if inputs.history.current else None,
    )
    story.append(data, story.book.keep("record", record.content))
    for name in REVIEWERS[1:]:
        story.review(name, logged={"generation": 2})
    story.approve(2)
    return story


def test_a_second_look_that_was_no_worse_keeps_the_record_and_its_reviews() -> None:
    found = verify_clearance(looked_again(lambda decision: decision).clearance(), trust_root())
    assert len(found.approvers) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda decision: replace(decision, approvals=(*decision.approvals, Need("release", 1))),
            r"promotion\.rechecked: sha256:\w+ is worse than sha256:\w+, which people signed",
        ),
        (
            lambda decision: replace(
                decision,
                inputs=replace(decision.inputs, policy=replace(decision.inputs.policy, rules=digest("x"))),
            ),
            r"promotion\.rechecked, rules: expected sha256",
        ),
        (lambda decision: replace(decision, outcome=Outcome.WARN), "record, outcome of its checks"),
        (lambda decision: replace(decision, generation=1), "record, generation: expected 2, found 1"),
        (
            lambda decision: replace(decision, inputs=replace(decision.inputs, now=NOW)),
            "record, now: expected a moment from",
        ),
    ],
)
def test_a_second_look_that_was_worse_is_refused(change: Callable[[Judged], Judged], message: str) -> None:
    refused(looked_again(change), message)


def test_a_promotion_that_was_never_approved_has_no_clearance() -> None:
    with pytest.raises(Refused, match="it has not been approved; a clearance begins there"):
        judged_story().clearance()
    with pytest.raises(Refused, match="it has not been sealed; a promotion begins there"):
        approved_story().proof()


def test_an_event_about_another_image_is_refused() -> None:
    story = judged_story()
    for name in REVIEWERS:
        story.review(name)
    entry = story.approve()
    story.book.events[entry.index] = replace(story.book.events[entry.index], image=digest("other"))
    refused(story, r"entry 13 \(promotion\.approved/1\), what it is about: expected shop, prod, sha256")


def test_what_was_older_than_what_was_there_is_refused_on_the_fast_track() -> None:
    story = founded(packages=CLEAN)
    story.came()
    story.came(PROD, "current")
    story.ask()
    story.gather()
    honest = story.decide().decision
    assert honest.inputs.history.overtaken is not None
    story.judge(recorded(story, track=replace(honest.track, name=Track.FAST), approvals=(), review_until=None))
    story.approve()
    refused(story, "record, track fast: it is older than what the environment held, so people had to decide")
