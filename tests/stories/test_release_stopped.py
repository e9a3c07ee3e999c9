"""A release that is disturbed: no tag moves before all may, and then every one does, whatever fails or dies."""

import os
import signal
from datetime import timedelta

import pytest
from tests.stories.interrupted import Fault, Killed, Moment, work
from tests.stories.pair import NAMES, Pair
from tests.stories.processes import ends, start_module
from tests.stories.shop import drift
from tests.stories.test_fast_track import WHOLE_LIFE
from tests.stories.test_release import NOTHING

from pratique.errors import Refused, Unreachable
from pratique.promotion.plan import Step


def test_a_worker_killed_at_every_moment_of_every_part_changes_nothing(pair: Pair) -> None:
    parts = pair.release("dev")
    died: set[Moment] = set()

    def dies_once(moment: Moment) -> None:
        if moment not in died:
            died.add(moment)
            raise Killed

    for _ in range(200):
        try:
            work(pair, dies_once, tries=100)
            break
        except Killed:
            assert pair.tags("dev") == NOTHING or _released(pair, parts)
    assert {(moment.promotion, moment.step) for moment in died} == {
        *((part, step) for part in parts for step in Step if step is not Step.POINT),
        (parts[0], Step.POINT),
    }
    assert pair.states(parts) == ("promoted", "promoted")
    assert [pair.types(part) for part in parts] == [WHOLE_LIFE, WHOLE_LIFE]
    assert pair.tags("dev") == pair.built()
    assert drift(pair) == ()


def _released(pair: Pair, parts: tuple[str, ...]) -> bool:
    return all("promotion.released/1" in pair.types(part) for part in parts)


def between_the_tags(pair: Pair, happens: Fault) -> Fault:
    """Let something happen at the moment when the first tag of dev has moved and the second is to move."""

    def fault(moment: Moment) -> None:
        if str(moment.repository).endswith("dev-worker") and pair.tags("dev")[0] == pair.built()[0]:
            happens(moment)

    return fault


def dies(_moment: Moment) -> None:
    raise Killed


def is_down(_moment: Moment) -> None:
    raise Unreachable("the registry: connection refused")


def newer_release(pair: Pair) -> tuple[str, str]:
    """Have both images built anew, and ask for them."""
    for name in NAMES:
        pair.build(f"newer-{name}", name)
    return pair.release("dev")


def half_way(pair: Pair) -> tuple[str, str]:
    """Ask for a release, and have the worker die between its two tags."""
    parts = pair.release("dev")
    with pytest.raises(Killed):
        work(pair, between_the_tags(pair, dies))
    assert pair.tags("dev") == (pair.built()[0], None)
    return parts


def test_a_registry_that_is_down_between_two_tags_is_waited_for_however_long(pair: Pair) -> None:
    parts = pair.release("dev")
    work(pair, between_the_tags(pair, is_down), rounds=30)
    assert pair.tags("dev") == (pair.built()[0], None)
    assert pair.states(parts) == ("pointing", "pointing")
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert [pair.types(part) for part in parts] == [WHOLE_LIFE, WHOLE_LIFE]


def test_a_registry_that_is_down_for_one_part_before_any_tag_moves_moves_none(pair: Pair) -> None:
    parts = pair.release("dev")

    def down(moment: Moment) -> None:
        if moment.step is Step.POINT and str(moment.repository).endswith("dev-worker"):
            is_down(moment)

    work(pair, down)
    assert pair.tags("dev") == NOTHING
    assert "released" not in str([pair.types(part) for part in parts])
    assert pair.states(parts)[0] == "failed"
    pair.done("retry", parts[0])
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert pair.states(parts) == ("promoted", "promoted")


def test_a_tag_that_somebody_else_moves_in_between_is_waited_for_and_told(pair: Pair) -> None:
    strange = pair.deliver("strange")
    parts = pair.release("dev")

    def moved(_moment: Moment) -> None:
        if pair.tags("dev")[1] is None:
            pair.put("dev-worker", "worker", strange)

    work(pair, between_the_tags(pair, moved), rounds=30)
    assert pair.tags("dev") == (pair.built()[0], strange)
    assert pair.states(parts) == ("pointing", "pointing")
    told = str(pair.show(parts[0])["effects"])
    assert "1 of 2 tags" in told
    assert "never promoted there" in told
    pair.repository("dev-worker").delete_tag("worker")
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert pair.states(parts) == ("promoted", "promoted")


def test_nobody_takes_back_or_begins_again_what_is_being_pointed(pair: Pair) -> None:
    parts = half_way(pair)
    key = ("--as", "service:ci", "--key", pair.key("service:ci"))
    for part in parts:
        for words in (("withdraw", part, *key), ("retry", part)):
            said = pair.pratique(*words)
            assert said.code == 1
            assert "its tags are being pointed" in said.err
    work(pair)
    assert pair.states(parts) == ("promoted", "promoted")


def test_a_newer_release_waits_for_one_between_its_tags(pair: Pair) -> None:
    older = half_way(pair)
    first = pair.built()
    newer = newer_release(pair)
    work(pair)
    assert pair.states(older) == pair.states(newer) == ("promoted", "promoted")
    assert pair.tags("dev") == pair.built() != first
    assert _index(pair, older[1], "promotion.promoted/1") < _index(pair, newer[0], "promotion.copied/1")


def _index(pair: Pair, promotion: str, kind: str) -> int:
    events = [(event.get("promotion"), event["type"]) for event in pair.events()]
    return len(events) - 1 - events[::-1].index((promotion, kind))


def test_a_worker_that_was_stopped_between_two_tags_moves_none_back_once_it_is_let_go(pair: Pair) -> None:
    older = pair.release("dev")
    stopped = start_module(pair, "tests.stories.dying_worker", pair.workspace, Step.POINT, "stopped")
    try:
        assert os.WIFSTOPPED(os.waitpid(stopped.pid, os.WUNTRACED)[1])
        assert pair.tags("dev") == (pair.built()[0], None)
        newer = newer_release(pair)
        work(pair)
        assert pair.states(older) == pair.states(newer) == ("promoted", "promoted")
        stopped.send_signal(signal.SIGCONT)
        assert ends(stopped)[0] == 0  # it went on where it was, and was told that others had taken over
    finally:
        stopped.kill()
    assert pair.tags("dev") == pair.built()


@pytest.mark.parametrize("step", [Step.COPY, Step.SEAL, Step.ATTACH])
def test_what_fails_for_good_on_the_way_moves_no_tag_and_is_retried(pair: Pair, step: Step) -> None:
    parts = pair.release("dev")

    def fails(moment: Moment) -> None:
        if moment.step is step and moment.promotion == parts[1]:
            raise Unreachable(f"{step} is out of order")

    work(pair, fails)
    assert pair.tags("dev") == NOTHING
    assert pair.states(parts) == ("approved", "failed")
    pair.done("retry", parts[1])
    work(pair)
    assert pair.tags("dev") == pair.built()
    assert drift(pair) == ()


def test_of_two_releases_one_at_a_time_is_on_its_way_to_each_place(pair: Pair) -> None:
    older = pair.release("dev")
    work(pair, rounds=2)
    assert pair.states(older) == ("approved", "approved")
    newer = newer_release(pair)
    failed: list[str] = []
    seen: list[tuple[str, ...]] = []

    def first_fails(moment: Moment) -> None:  # so that the other one waits for it, before it was copied
        if moment.promotion in failed or not failed:
            failed.append(moment.promotion)
            raise Refused("the registry does not want it")

    def meanwhile(_moment: Moment) -> None:  # another worker goes on while this one is about to seal the newer one
        if not seen:
            seen.append(pair.states(older))
            pair.done("retry", failed[0])
            work(pair, rounds=8)
            seen.append(pair.states(older))

    def fault(moment: Moment) -> None:
        for first, second in zip(older, newer, strict=True):
            at(first, Step.COPY, first_fails)(moment)
            at(second, Step.SEAL, meanwhile)(moment)

    work(pair, fault, lease=timedelta(minutes=5))
    assert sorted(seen[0]) == ["approved", "failed"]
    assert seen[1] == ("approved", "approved")
    work(pair)
    assert pair.states(newer) == ("promoted", "promoted")
    assert pair.states(older) == ("review", "review")  # it is now the older one: going back is for people
    assert pair.tags("dev") == pair.built()


def at(promotion: str, step: Step, happens: Fault) -> Fault:
    """Let something happen whenever a promotion begins a step."""

    def fault(moment: Moment) -> None:
        if (moment.promotion, moment.step, moment.number) == (promotion, step, 0):
            happens(moment)

    return fault


def refuses(_moment: Moment) -> None:
    raise Refused("the registry does not want it")
