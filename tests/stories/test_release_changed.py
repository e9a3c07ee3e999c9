"""A release whose world changes: before the last look no tag moves, and after it nothing comes in between."""

import json
from collections.abc import Callable

import pytest
from tests.stories.interrupted import Moment, work
from tests.stories.pair import Pair
from tests.stories.shop import drift
from tests.stories.test_release import NOTHING
from tests.stories.test_release_stopped import half_way
from tests.stories.test_tracks import publish

from pratique.promotion.plan import Step

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Happening = Callable[[Pair], None]


def hold_web(pair: Pair) -> None:
    hold(pair, 0)


def hold_worker(pair: Pair) -> None:
    hold(pair, 1)


def hold(pair: Pair, image: int) -> None:
    key = ("--as", "person:fay", "--key", pair.key("person:fay"))
    pair.done("hold", "place", "--image", pair.built()[image], *key, "--comment", "wait")


def lift(pair: Pair) -> None:
    held = pair.done("status", "--json").value["holds"][0]["hold"]
    for person in ("person:fay", "person:bea"):
        pair.done("hold", "lift", held, "--comment", "go", "--as", person, "--key", pair.key(person))


def freeze(pair: Pair) -> None:
    """From now on dev is frozen for everybody."""
    publish(pair, freeze=f"    freeze: [{{name: party, weekly: [{', '.join(DAYS)}]}}]\n")


def import_feed(pair: Pair) -> None:
    """Import what is known of vulnerabilities anew, with one more of them."""
    feed = pair.folder / "advisories"
    one = json.loads((feed / "GHSA-bbbb-bbbb-bbbb.json").read_text())
    (feed / "GHSA-cccc-cccc-cccc.json").write_text(json.dumps({**one, "id": "GHSA-cccc-cccc-cccc"}))
    pair.done("watch", "import", feed)


@pytest.mark.parametrize(
    ("step", "stop"),
    [(Step.COPY, freeze), (Step.SEAL, hold_web), (Step.ATTACH, hold_worker)]
    + [(Step.POINT, stop) for stop in (freeze, hold_web, hold_worker)],
)
def test_what_stops_one_part_before_the_last_look_keeps_every_tag_where_it_is(
    pair: Pair, step: Step, stop: Happening
) -> None:
    pair.release("dev")

    def stops(moment: Moment) -> None:
        if (moment.step, moment.number) == (step, 0) and not done:
            done.append(moment)
            stop(pair)

    done: list[Moment] = []
    work(pair, stops)
    assert done
    assert pair.tags("dev") == NOTHING
    assert not {"pointing", "promoted"} & {one["state"] for one in pair.done("status", "--json").value["open"]}


@pytest.mark.parametrize("change", [freeze, import_feed, hold_web, hold_worker])
def test_what_changes_between_two_tags_comes_too_late(pair: Pair, change: Happening) -> None:
    parts = half_way(pair)
    change(pair)
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert pair.states(parts) == ("promoted", "promoted")


def test_a_held_release_goes_on_by_itself_once_people_let_it_go(pair: Pair) -> None:
    parts = pair.release("dev")
    work(pair, rounds=3)
    hold_worker(pair)
    work(pair)
    assert pair.tags("dev") == NOTHING
    lift(pair)
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert pair.states(parts) == ("promoted", "promoted")
    assert drift(pair) == ()
