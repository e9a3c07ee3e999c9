"""Promotions, arrivals, remediations and published documents, as the services ask for them."""

from datetime import timedelta
from functools import partial

import pytest
from tests.storage.builders import (
    PROD,
    digest,
    gathered,
    judged,
    opened,
    policy,
    promote,
    published,
    request,
    say,
    withdrawn,
)

from pratique.attest.seal import Level
from pratique.errors import Absent, Conflict
from pratique.promotion.happenings import RemediationClosed, Track
from pratique.promotion.states import State
from pratique.storage.store import Store
from pratique.storage.transaction import Transaction, View


def test_a_promotion_is_found_by_id_and_by_its_beginning(store: Store) -> None:
    promotion = store.transact(request)

    def found(view: View) -> set[str]:
        beginnings = (promotion, promotion[:12], promotion[3:], promotion[3:9])
        return {view.promotions.by_prefix(text).id for text in beginnings}

    assert store.read(found) == {promotion}
    assert store.read(lambda view: view.promotions.find(promotion)).state is State.GATHERING


def test_a_beginning_of_two_is_a_conflict_that_names_both(store: Store) -> None:
    ids = sorted((store.transact(request), store.transact(lambda tx: request(tx, "another"))))
    with pytest.raises(Conflict, match=f"begins {ids[0]} and {ids[1]}; write more"):
        store.read(lambda view: view.promotions.by_prefix("pr_0"))


@pytest.mark.parametrize("text", ["pr_z", "", "%", "_", "pr_%"])
def test_the_beginning_of_none_is_absent(store: Store, text: str) -> None:
    if text:
        store.transact(request)
    with pytest.raises(Absent):
        store.read(lambda view: view.promotions.by_prefix(text))


def test_the_latest_come_first_and_may_be_chosen_by_state(store: Store) -> None:
    one, two = store.transact(lambda tx: (request(tx, "one"), request(tx, "two")))
    store.transact(lambda tx: say(tx, withdrawn(), one, image=digest("one")))
    latest = store.read(lambda view: view.promotions.latest(10))
    assert [promotion.id for promotion in latest] == [two, one]
    assert [promotion.id for promotion in store.read(lambda view: view.promotions.latest(1))] == [two]
    ended = store.read(lambda view: view.promotions.latest(10, states=(State.WITHDRAWN,)))
    assert [promotion.id for promotion in ended] == [one]


def test_what_has_ended_is_no_longer_on_its_way(store: Store) -> None:
    one, two = store.transact(lambda tx: (request(tx, "one"), request(tx, "two")))
    store.transact(lambda tx: say(tx, withdrawn(), one, image=digest("one")))
    assert [found.id for found in store.read(lambda view: view.promotions.open_at("shop", "api", PROD))] == [two]
    assert store.read(lambda view: view.promotions.open_at("shop", "web", PROD)) == ()
    assert [found.id for found in store.read(lambda view: view.promotions.open_everywhere())] == [two]


def test_an_environment_holds_what_came_last(store: Store) -> None:
    assert store.read(lambda view: view.arrivals.current("shop", "api", PROD)) is None
    store.transact(lambda tx: promote(tx, "one"))
    second = store.transact(lambda tx: promote(tx, "two"))
    current = store.read(lambda view: view.arrivals.current("shop", "api", PROD))
    assert current is not None
    assert (current.promotion, current.image, current.level) == (second, digest("two"), Level.PROMOTED)
    assert store.read(lambda view: view.arrivals.holding()) == (current,)


def test_an_image_remembers_every_arrival(store: Store) -> None:
    first = store.transact(lambda tx: promote(tx, "one"))
    store.transact(lambda tx: promote(tx, "two"))
    again = store.transact(lambda tx: promote(tx, "one"))
    arrivals = store.read(lambda view: view.arrivals.of_image(digest("one")))
    assert [arrival.promotion for arrival in arrivals] == [first, again]


def remediating(tx: Transaction) -> str:
    promotion = request(tx)
    for data in (gathered(), judged(Track.REMEDIATION), opened("rm_1"), opened("rm_2")):
        say(tx, data, promotion)
    return promotion


def test_a_remediation_is_open_until_it_is_closed(store: Store) -> None:
    promotion = store.transact(remediating)
    store.transact(lambda tx: say(tx, RemediationClosed("rm_1", "repaired"), promotion))
    items = store.read(lambda view: view.remediations.of_promotion(promotion))
    assert [(item.id, item.because) for item in items] == [("rm_1", "repaired"), ("rm_2", None)]
    assert [item.id for item in store.read(lambda view: view.remediations.open())] == ["rm_2"]


def test_nobody_has_to_repair_what_was_withdrawn(store: Store) -> None:
    promotion = store.transact(remediating)
    store.transact(lambda tx: say(tx, withdrawn(), promotion))
    assert store.read(lambda view: view.remediations.open()) == ()
    assert len(store.read(lambda view: view.remediations.of_promotion(promotion))) == 2


def test_the_last_directory_is_in_force(store: Store) -> None:
    with pytest.raises(Absent, match="pratique init"):
        store.read(lambda view: view.published.directory())
    store.transact(lambda tx: (say(tx, published(1)), say(tx, published(2))))
    head = store.read(lambda view: view.published.directory())
    assert (head.version, head.digest, head.index) == (2, digest("directory 2"), 1)
    assert [found.version for found in store.read(lambda view: view.published.directories())] == [1, 2]


def test_a_version_is_published_once(store: Store) -> None:
    store.transact(lambda tx: (say(tx, published(1)), say(tx, policy(1))))
    for again in (published(1), policy(1)):
        with pytest.raises(Conflict, match="there already"):
            store.transact(partial(say, data=again))


def test_a_policy_is_in_force_from_its_day_on(store: Store) -> None:
    tomorrow = timedelta(days=1)
    store.transact(lambda tx: (say(tx, policy(1)), say(tx, policy(2, effective_on=tx.now + tomorrow))))

    def in_force(view: View) -> list[int]:
        return [view.published.policy("shop", at).version for at in (view.now, view.now + tomorrow)]

    assert store.read(in_force) == [1, 2]
    assert [found.version for found in store.read(lambda view: view.published.policies("shop"))] == [1, 2]
    with pytest.raises(Absent, match="named 'other'"):
        store.read(lambda view: view.published.policy("other", view.now))
