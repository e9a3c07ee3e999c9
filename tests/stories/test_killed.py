"""kill -9 in every step of a promotion, then a restart: the same end, and every step recorded once."""

import random
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from tests.listening import Heard
from tests.stories.interrupted import Killed, Moment, work
from tests.stories.processes import ends, start_module
from tests.stories.shop import Shop, drift
from tests.stories.test_fast_track import WHOLE_LIFE

from pratique.promotion.plan import Step
from pratique.registry.closure import plan
from pratique.values.digest import Digest

WORKER = "tests.stories.dying_worker"


def attached(shop: Shop, environment: str, image: Digest) -> int:
    """How many things hang on an image."""
    return len(plan(shop.repository(environment), image).edges)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_in_every_step_changes_nothing(shop: Shop, when: str) -> None:
    undisturbed = shop.bring("middling", "dev")
    there = attached(shop, "dev", Digest.parse(shop.show(undisturbed)["image"]))

    promotion = shop.request("clean", "dev").promotion
    for step in Step:
        code, _, err = ends(start_module(shop, WORKER, shop.workspace, step, when))
        assert code == -signal.SIGKILL, f"{step}: {err}"
    assert ends(start_module(shop, WORKER, shop.workspace, "none", "never"))[0] == 0

    shown = shop.show(promotion)
    assert shown["state"] == "promoted"
    assert shop.types(promotion) == shop.types(undisturbed) == WHOLE_LIFE
    assert all(effect["state"] == "done" and effect["attempt"] > 1 for effect in shown["effects"])
    assert attached(shop, "dev", Digest.parse(shown["image"])) == there
    assert shop.repository("dev").resolve("clean") == Digest.parse(shown["image"])
    assert drift(shop) == ()


def test_killed_while_people_are_waited_for_nobody_has_to_sign_again(shop: Shop) -> None:
    shop.bring("middling", "dev", "staging")
    promotion = shop.bring("middling", "prod", actor="person:cai")
    shop.approve(promotion, "person:bea")
    shop.approve(promotion, "person:eve")
    for step in (Step.COPY, Step.SEAL, Step.POINT):
        assert ends(start_module(shop, WORKER, shop.workspace, step, "after"))[0] == -signal.SIGKILL
    shop_types = shop.types(promotion)
    assert ends(start_module(shop, WORKER, shop.workspace, "none", "never"))[0] == 0
    assert shop.state(promotion) == "promoted"
    assert shop_types.count("review.given/1") == shop.types(promotion).count("review.given/1") == 2

    proof = shop.folder / "proof.json"
    shop.done("proof", "export", promotion, "--out", proof)
    shop.done("proof", "verify", proof, "--trust-root", shop.trust_root)


def at_work(shop: Shop) -> subprocess.Popen[str]:
    """Start a worker that nothing disturbs, and wait until it has begun: that may take longer than it will live."""
    worker = start_module(shop, WORKER, shop.workspace, "none", "never")
    assert Heard(worker.stdout).at_least(1)
    return worker


def lifetime(shop: Shop) -> float:
    """Return how many seconds a worker needs for one promotion, on this machine and as busy as it is now."""
    shop.deliver("undisturbed")
    shop.request("undisturbed", "dev")
    worker, began = at_work(shop), time.monotonic()
    assert worker.wait(timeout=300) == 0
    return time.monotonic() - began


def test_a_tag_that_was_moved_before_a_hold_is_recorded_by_the_next_worker(shop: Shop) -> None:
    earlier = shop.show(shop.bring("clean", "dev"))["image"]
    newer = shop.deliver("newer")
    shop.repository("build").put_tag("clean", newer, Digest.parse(earlier))
    promotion = shop.request("clean", "dev").promotion

    def dies(moment: Moment) -> None:
        if (moment.step, moment.number) == (Step.POINT, -1):
            raise Killed

    with pytest.raises(Killed):
        work(shop, dies)
    assert shop.repository("dev").resolve("clean") == newer
    fay = ("--as", "person:fay", "--key", shop.key("person:fay"))
    shop.done("hold", "place", "--image", newer, *fay, "--comment", "wait")
    work(shop)
    assert shop.state(promotion) == "promoted"
    pointed = next(one for one in shop.events(promotion=promotion) if one["type"] == "promotion.pointed/1")
    assert pointed["data"]["previous"] == earlier
    assert drift(shop) == ()


@pytest.mark.soak
def test_a_worker_killed_at_any_moment_changes_nothing(shop: Shop, account: Callable[[str], None]) -> None:
    chance, kills, longest = random.Random(20261124), 0, lifetime(shop)
    for number in range(20):
        image = shop.deliver(f"image-{number}")
        promotion = shop.request(f"image-{number}", "dev").promotion
        while shop.state(promotion) != "promoted":
            worker = at_work(shop)
            time.sleep(chance.uniform(0, longest))
            worker.kill()
            worker.wait()
            kills += 1
        assert shop.types(promotion) == WHOLE_LIFE
        assert shop.repository("dev").resolve(f"image-{number}") == image
    assert drift(shop) == ()
    account(f"20 promotions ended well and recorded every step once, through {kills} workers that were killed")
