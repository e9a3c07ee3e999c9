"""Projections: whatever happened, folding the events again gives the same rows."""

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.storage.builders import (
    ANN,
    FILE,
    approved,
    digest,
    gathered,
    judged,
    moved,
    new_store,
    opened,
    policy,
    promote,
    published,
    request,
    same_store,
    say,
    withdrawn,
)

from pratique.attest.review import Decision
from pratique.errors import Conflict
from pratique.promotion.catalogue import Happening
from pratique.promotion.happenings import (
    Failure,
    PromotionFailed,
    PromotionRetried,
    RemediationClosed,
    ReviewGiven,
    ReviewVoided,
    Track,
)
from pratique.promotion.history import fold_all
from pratique.promotion.states import Promotion, State
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction, View

IMAGES = ("one", "two")


def next_happening(promotion: Promotion, track: Track) -> Happening:
    """Return what brings a promotion further from where it stands."""
    generation = promotion.generation
    copied, sealed, attached, _, arrived = moved(generation)
    match promotion.state:
        case State.GATHERING:
            return gathered(generation)
        case State.JUDGING:
            done = promotion.judgement is not None and promotion.judgement.generation == generation
            return approved(generation) if done else judged(track, generation)
        case State.APPROVED:
            return copied
        case State.SEALING:
            return sealed
        case State.ATTACHING:
            return attached
        case State.POINTING:
            return arrived
        case State.REVIEW:
            return approved(generation)
        case _:
            return PromotionRetried(generation + 1)


def review(promotion: Promotion, word: object) -> ReviewGiven:
    return ReviewGiven(
        review=f"rv_{word}",
        generation=promotion.generation,
        reviewer=ANN,
        decision=Decision.APPROVE,
        record=digest("record"),
        nonce=f"nonce {word}",
        reason="fine",
        counts=True,
        because=None,
        expires=promotion.requested_at,
        comment=None,
    )


@dataclass(frozen=True)
class Step:
    kind: str
    image: str
    track: Track
    times: int


def happen(tx: Transaction, step: Step, word: int) -> None:
    if step.kind == "publish":
        say(tx, published(word))
        say(tx, policy(word))
    elif step.kind == "request" or not tx.promotions.of_image(digest(step.image)):
        request(tx, step.image)
    elif step.kind == "advance":
        for _ in range(step.times):
            advance(tx, step)
    else:
        promotion = tx.promotions.of_image(digest(step.image))[-1]
        say(tx, happening(promotion, step.kind, word), promotion.id, image=promotion.image)


def advance(tx: Transaction, step: Step) -> None:
    promotion = tx.promotions.of_image(digest(step.image))[-1]
    if promotion.open:
        say(tx, next_happening(promotion, step.track), promotion.id, image=promotion.image)


def happening(promotion: Promotion, kind: str, word: int) -> Happening:
    happenings: dict[str, Happening] = {
        "retry": PromotionRetried(promotion.generation + 1),
        "fail": PromotionFailed(promotion.generation, "copy", Failure.UNREACHABLE, 5, None),
        "withdraw": withdrawn(),
        "review": review(promotion, word),
        "void": ReviewVoided(digest("record"), "a new record"),
        "open": opened(f"rm_{word}"),
        "close": RemediationClosed(f"rm_{word - 1}", "repaired"),
    }
    return happenings[kind]


RARE = ("request", "retry", "fail", "withdraw", "review", "void", "open", "close", "publish")
steps = st.builds(
    Step,
    kind=st.one_of(st.just("advance"), st.sampled_from(RARE)),
    image=st.sampled_from(IMAGES),
    track=st.sampled_from((Track.FAST, Track.SLOW, Track.REMEDIATION)),
    times=st.integers(1, 9),
)


@settings(max_examples=40)
@given(story=st.lists(steps, min_size=2, max_size=25))
def test_folding_the_events_after_a_restart_gives_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, story: list[Step]
) -> None:
    folder = tmp_path_factory.mktemp("projection")
    store = new_store(folder)
    for word, step in enumerate(story, start=1):
        try:
            store.transact(partial(happen, step=step, word=word))
        except Conflict:
            continue  # what cannot follow leaves nothing, which the comparison below would show
    store.close()

    def check(view: View) -> None:
        assert view.drift() == ()
        for image in IMAGES:
            for promotion in view.promotions.of_image(digest(image)):
                assert fold_all(view.ledger.of_promotion(promotion.id)) == promotion

    again = same_store(folder)
    again.read(check)
    again.close()


@pytest.mark.parametrize(
    "meddling",
    [
        "UPDATE promotion SET state = 'review'",
        "UPDATE promotion SET document = replace(document, 'person:ann', 'person:eve')",
        "DELETE FROM arrival",
        "UPDATE arrival SET image = 'sha256:' || hex(zeroblob(32))",
        "INSERT INTO directory_version VALUES (7, 'sha256:', 0)",
        "UPDATE policy_version SET effective_on = '2020-01-01T00:00:00.000Z'",
    ],
)
def test_a_meddled_projection_is_told(store: Store, tmp_path: Path, meddling: str) -> None:
    def command(tx: Transaction) -> None:
        say(tx, published(1))
        say(tx, policy(1))
        promote(tx)

    store.transact(command)
    assert store.read(lambda view: view.drift()) == ()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(meddling)
    assert store.read(lambda view: view.drift()) != ()
