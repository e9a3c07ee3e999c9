"""What a record says of the past must be what earlier promotions show: a server that invents one is refused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.promotion import cases
from tests.promotion.builders import NOW, PROD, STAGING, digest, service
from tests.proof.attacks import insert, place_of, refused, refused_edit
from tests.proof.builders import GATE, REVIEWERS, Story, founded, trust_root

from pratique.attest.seal import Level
from pratique.attest.statement import Subject
from pratique.attest.vsa import Result
from pratique.policy.facts import Arrival as Visit
from pratique.promotion.happenings import Track
from pratique.promotion.history import fold_all
from pratique.promotion.past import replacement_of
from pratique.promotion.quorum import Need
from pratique.promotion.record import Held
from pratique.promotion.record_form import build_record
from pratique.promotion.track import Routing
from pratique.proof.earlier import earlier_of
from pratique.proof.established import Established
from pratique.proof.verify import verify_clearance
from pratique.values.names import Environment

BACK = GATE.replace("      slow:", "      rollback: {approvals: [{role: release, count: 1}]}\n      slow:")
CAME = "      - {id: came, check: promoted_from, environment: staging, within: 30d}\n"
LEVEL = "PRATIQUE_PROMOTED"
WAY_BACK = Routing(Track.ROLLBACK, ("because I say so",))


def asked(*steps: Callable[[Story], object], **changes: Any) -> Story:
    """Return a story in which this happened before the request, up to what was gathered."""
    story = founded(gate=BACK, packages=cases.HIGH, **changes)
    for step in steps:
        step(story)
    story.ask()
    story.gather()
    return story


def went_back(story: Story) -> Story:
    """Return the story to its approval, as the one judge there is judges it."""
    story.judge()
    story.review("cleo")
    story.approve()
    return story


def invented(story: Story, **history: Any) -> Story:
    """Return the story in which the server writes this past into its record, and sends the image back."""
    honest = story.decide().decision
    inputs = replace(honest.inputs, history=replace(honest.inputs.history, **history))
    changes: dict[str, Any] = {
        "inputs": inputs,
        "track": WAY_BACK,
        "approvals": (Need("release", 1),),
        "separation": replace(honest.separation, rules=(), excluded=()),
        "review_until": NOW + timedelta(days=1),
    }
    story.judge(build_record(replace(honest, **changes)))
    story.review("cleo")
    story.approve()
    return story


def here(story: Story) -> object:
    return story.came(PROD)


def staged(story: Story) -> object:
    return story.came(STAGING)


def another(story: Story) -> object:
    return story.came(PROD, "current")


def claimed(index: int = 5) -> dict[str, Any]:
    return {"left": NOW + timedelta(seconds=index)}


def verified(story: Story) -> Established:
    return verify_clearance(story.clearance(), trust_root())


def test_what_was_properly_there_and_was_replaced_goes_back_by_its_seals() -> None:
    story = went_back(asked(here, another))
    assert story.record is not None
    established = verified(story)
    assert established.track is Track.ROLLBACK
    assert [fact.rpartition(":30:")[0] for fact in established.past] == [
        f"prod held {digest('image')} from 2026-11-24T09",
        f"prod held {digest('current')} from 2026-11-24T09",
    ]


# Attacks: the server holds every key but people's and the signer's.


def unasked(**changes: Any) -> Story:
    """Return a story to be asked, under a policy whose path alone says where an image comes from."""
    return founded(gate=GATE.replace(CAME, ""), packages=cases.CLEAN, **changes)


def let_in(story: Story) -> Story:
    story.judge()
    story.approve()
    return story


def test_without_a_check_of_where_it_was_the_path_of_the_policy_holds_all_the_same() -> None:
    story = unasked()
    story.ask()
    story.gather()
    assert verify_clearance(let_in(story).clearance(), trust_root()).environment == PROD


def test_it_was_never_where_it_is_said_to_come_from() -> None:
    story = unasked()
    story.came(STAGING, "other")
    story.ask()
    story.gather()
    refused(let_in(story), "record, from: expected the promotion that brought it to staging, found none")


def test_it_comes_from_outside_where_the_path_has_an_environment_before() -> None:
    story = unasked()
    story.ask(statement={"from_": None}, from_=None)
    story.gather()
    assert story.inputs is not None
    story.inputs = replace(story.inputs, from_=None)
    refused(let_in(story), "record, from: the policy lets prod be entered from staging, found outside")


def test_a_past_that_nobody_ever_saw() -> None:
    story = invented(asked(staged), **claimed())
    refused(
        story, "record, when the image left prod: expected the promotion that brought it there before, found none"
    )


def test_a_past_in_another_environment() -> None:
    story = asked(lambda story: story.came(STAGING), lambda story: story.came(STAGING, "current"))
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


def test_a_past_under_another_name() -> None:
    story = asked(staged, lambda story: story.came(PROD, name="worker", known=False), another)
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


def test_a_past_of_another_image() -> None:
    story = asked(staged, lambda story: story.came(PROD, "other"), another)
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


def test_a_past_that_an_emergency_let_in() -> None:
    story = asked(lambda story: story.came(PROD, level=Level.EMERGENCY), another)
    refused(
        invented(story, **claimed()), "expected what took its place after it was properly promoted, and before"
    )


def test_a_past_that_never_ended() -> None:
    story = asked(another, here)
    refused(
        invented(story, **claimed()), "expected what took its place after it was properly promoted, and before"
    )


def test_a_past_that_ended_after_it_was_asked_for() -> None:
    story = founded(gate=BACK, packages=cases.HIGH)
    story.came(PROD)
    story.ask()
    story.came(PROD, "current")
    story.gather()
    left = story.past[-1].at
    refused(invented(story, left=left), "before it was asked for at 6, found none")


def test_a_past_that_ended_at_another_time() -> None:
    story = asked(here, another)
    late = story.past[-1].at + timedelta(hours=1)
    refused(
        invented(story, left=late), "record, when the image left prod, by the arrivals: expected 2026-11-24T09"
    )


def test_a_past_that_is_hidden() -> None:
    """What people would have to send back is said to come for the first time."""
    story = asked(here, another)
    refused(invented(story, left=None), "record, when the image left prod, by the arrivals: expected 2026-.* none")


def test_a_past_that_was_taken_back_before_the_decision() -> None:
    def recalled(story: Story) -> None:
        arrival = story.came(PROD)
        story.came(PROD, "current")
        story.recall(arrival)

    story = asked(staged, recalled)
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


def test_a_past_without_a_seal() -> None:
    story = asked(staged, lambda story: story.came(PROD, seal=False, known=False), another)
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


def test_a_past_without_a_request() -> None:
    story = asked(staged, lambda story: story.came(PROD, request=False, known=False), another)
    refused(invented(story, **claimed()), "expected the promotion that brought it there before, found none")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "record"}, r"seal: the key \S+ may not seal for prod at 4"),
        ({"key": "seal-staging"}, r"seal: the key \S+ may not seal for prod at 4"),
        ({"says": {"subjects": (Subject(digest("other")),)}}, "expected subject sha256"),
        ({"says": {"resource_uri": "oci:staging/api"}}, "expected resourceUri oci:prod/api, found 'oci:staging/api'"),
        ({"says": {"verifier": "https://other.example"}}, "expected verifier.id https://pratique.shop.example"),
        ({"says": {"result": Result.FAILED}}, "expected verificationResult PASSED"),
        ({"says": {"seal": None}}, "seal: expected our extension, found a summary without it"),
        ({"says": {"seal": {"promotion": "pr_" + "0" * 26}}}, "seal, promotion: expected pr_"),
        ({"says": {"seal": {"application": "other"}}}, "seal, application: expected shop, found other"),
        ({"says": {"seal": {"environment": STAGING}, "levels": (f"{LEVEL}_STAGING", f"{LEVEL}_PROD")}},
         "seal, environment: expected prod, found staging"),
        ({"says": {"seal": {"level": Level.EMERGENCY}, "levels": ("PRATIQUE_EMERGENCY_PROD",)}},
         "expected verifiedLevels PRATIQUE_PROMOTED_PROD, found 'PRATIQUE_EMERGENCY_PROD'"),
        ({"sealed": {"level": Level.EMERGENCY}}, "promotion.sealed, level: expected promoted, found emergency"),
        ({"sealed": {"seal": digest("other")}}, "seal: expected sha256"),
    ],
)  # fmt: skip
def test_a_past_by_a_seal_that_does_not_say_so(changes: dict[str, Any], message: str) -> None:
    story = asked(lambda story: story.came(PROD, **changes), another)
    refused(went_back(story), f"earlier promotion pr_.*{message}|{message}")


def test_a_past_by_a_key_that_was_stolen_before() -> None:
    story = went_back(asked(here, another))
    stolen(story)
    refused(story, r"its seal's key was revoked since, from before the seal; bring sha256:\w+ to prod again first")


def stolen(story: Story) -> None:
    """Let the seals' key turn out, after everything else, to have been somebody else's from entry 4 on."""
    key = service("seal-prod").key.key_id
    story.publish_directory(revoked=[{"key": key, "reason": "stolen", "from_index": 4}])


def test_a_seal_by_a_stolen_key_beside_a_sound_one_of_another_level() -> None:
    sound: list[int] = []
    story = clean(another, lambda story: sound.append(story.came(STAGING, level=Level.ADMITTED).index), staged)
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    assert verified(story).past
    key = service("seal-staging").key.key_id
    story.publish_directory(revoked=[{"key": key, "reason": "stolen", "from_index": sound[0] + 1}])
    refused(
        story, r"its seal's key was revoked since, from before the seal; bring sha256:\w+ to staging again first"
    )


def test_what_a_stolen_key_sealed_keeps_nothing_from_taking_its_place() -> None:
    story = clean(another, staged)
    story.judge()
    for name in REVIEWERS:
        story.review(name)
    story.approve()
    before = verified(story).past
    stolen(story)
    after = verified(story).past
    assert "by a key that was revoked since: the server's word" not in " ".join(before)
    assert [text for text in after if "prod held" in text] == [
        f"{text}, by a key that was revoked since: the server's word" for text in before if "prod held" in text
    ]


# What the environment held.


def fast(story: Story, **history: Any) -> Story:
    """Return the story in which the server writes this past into its record, and asks nobody."""
    honest = story.decide().decision
    inputs = replace(honest.inputs, history=replace(honest.inputs.history, **history))
    track = replace(honest.track, name=Track.FAST)
    story.judge(build_record(replace(honest, inputs=inputs, track=track, approvals=(), review_until=None)))
    story.approve()
    return story


def clean(*steps: Callable[[Story], object]) -> Story:
    story = founded(packages=cases.CLEAN)
    for step in steps:
        step(story)
    story.ask()
    story.gather()
    return story


def test_an_image_that_the_environment_never_held_is_nothing_to_compare_with() -> None:
    held = Held(digest("invented"), digest("record"))
    refused(
        fast(clean(staged), current=held), "record, image that prod held: expected the promotion that brought sha"
    )


def test_an_environment_that_held_something_is_not_said_to_be_empty() -> None:
    story = clean(another, staged)
    refused(
        fast(story, current=None), "record, image that prod held, by the arrivals: expected sha256:.*, found none"
    )


def test_the_last_that_came_is_what_the_environment_held() -> None:
    story = clean(lambda story: story.came(PROD, "older"), another, staged)
    older = story.past[0]
    held = Held(older.image, digest("record"))
    refused(fast(story, current=held), "image that prod held, by the arrivals: expected sha256:.*, found sha256")


def test_what_is_compared_with_was_let_in_by_the_record_that_its_seal_names() -> None:
    story = clean(another, staged)
    held = Held(digest("current"), digest("another record"))
    refused(fast(story, current=held), "what let in the image that prod held: expected sha256:.* as its seal says")


def test_an_older_image_is_not_made_the_newer_one() -> None:
    story = clean(staged, another)
    refused(fast(story, overtaken=None), "was first asked for, if after this one: expected 2026-.*, found none")


def test_a_newer_image_is_not_made_the_older_one() -> None:
    story = clean(another, staged)
    refused(fast(story, overtaken=NOW), "was first asked for, if after this one: expected none, found 2026-11-24")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda visit: replace(visit, environment=PROD), "to prod at 2026-.* as promoted, found none"),
        (lambda visit: replace(visit, at=visit.at - timedelta(days=2)), "to staging at 2026-11-22.*, found none"),
        (lambda visit: replace(visit, level=Level.ADMITTED), "to staging at 2026-.* as admitted, found none"),
    ],
)
def test_a_time_elsewhere_that_no_seal_shows(change: Callable[[Visit], Visit], message: str) -> None:
    story = clean(staged)
    visit = story.history.arrivals[0]
    refused(fast(story, arrivals=(change(visit),)), f"record, arrivals: expected the promotion that .* {message}")


def test_a_time_elsewhere_that_was_taken_back() -> None:
    def recalled(story: Story) -> None:
        story.recall(story.came(STAGING))

    story = clean(recalled, another)
    refused(
        fast(story, arrivals=(Visit(STAGING, NOW + timedelta(seconds=6), Level.PROMOTED),)),
        "record, arrivals: expected the promotion that brought",
    )


# Whoever carries a proof.


@pytest.mark.parametrize("kind", ["promotion.requested/1", "promotion.sealed/1", "promotion.promoted/1"])
@pytest.mark.parametrize("which", [0, 1])
def test_none_of_it_can_be_taken_out_of_a_proof(kind: str, which: int) -> None:
    content = went_back(asked(here, another)).clearance()
    place = place_of(content, kind, which)
    refused_edit(content, lambda document: document["entries"].pop(place), "expected|does not belong here")


def test_nothing_of_other_places_can_be_put_into_a_proof() -> None:
    story = went_back(asked(here, another, lambda story: story.came(STAGING, "stranger")))
    arrival = story.past[-1].index
    refused_edit(
        story.clearance(),
        lambda document: insert(document, story, arrival),
        r"entry 11 \(promotion\.promoted/1\) does not belong here",
    )


# Which of them belong in a proof.

PLACES = st.lists(
    st.tuples(
        st.sampled_from([PROD, STAGING]),
        st.sampled_from(["image", "current", "other"]),
        st.sampled_from([Level.PROMOTED, Level.EMERGENCY]),
        st.booleans(),
    ),
    max_size=7,
)


@settings(max_examples=60, deadline=None)
@given(PLACES, st.integers(0, 7))
def test_what_is_shown_of_the_past_says_what_all_of_it_says(
    came: list[tuple[Environment, str, Level, bool]], asked_after: int
) -> None:
    story = founded()
    for place, (environment, image, level, recalled) in enumerate(came):
        if place == asked_after:
            story.ask()
        arrival = story.came(environment, image, level)
        if recalled:
            story.recall(arrival)
    if asked_after >= len(came):
        story.ask()
    entries, own = story.book.entries, [entry for entry in story.book.entries if entry.event.promotion == story.id]
    standing, moment = fold_all(own), len(entries)
    shown = earlier_of(entries, standing, (moment,))
    assert earlier_of(shown.entries, standing, (moment,)) == shown
    place_shown, place_full = (
        tuple(one for one in found if one.environment == PROD)
        for found in (shown.stood(moment), tuple(story.past))
    )
    assert place_shown[-1:] == place_full[-1:]
    assert replacement_of(digest("image"), place_shown, standing.index) == replacement_of(
        digest("image"), place_full, standing.index
    )
    assert {one for one in shown.stood(moment) if one.image == digest("image")} == {
        one for one in story.past if one.image == digest("image")
    }
