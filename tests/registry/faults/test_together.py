"""Copies that run at once: case 40."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.registry.builders import build_image, layer_bytes
from tests.registry.faults.harness import LENIENT, two_registries
from tests.servers.faulty.faults import Fault, on
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

SHARED = tuple(layer_bytes(f"shared {at}", 150_000) for at in range(3))
ONE = build_image("one", layers=(*SHARED, layer_bytes("one")))
TWO = build_image("two", layers=(*SHARED, layer_bytes("two")))


def slow_uploads() -> Fault:
    def act(asked: Asked, handler: Handler) -> Reply:
        asked.pause(0.03)
        return handler(asked)

    return Fault(on("PUT|HEAD|POST", "/blobs/"), act)


@pytest.mark.parametrize("rules", [LENIENT, Rules(checks_references=True)], ids=["lenient", "strict"])
def test_two_copies_at_once_move_what_they_share_once(rules: Rules) -> None:
    """Case 40: two promotions of images that share layers, in one process: one upload per digest at a time."""
    with (
        two_registries(destination=(slow_uploads(),), destination_rules=rules, holding=(ONE, TWO)) as world,
        ThreadPoolExecutor(2) as pool,
    ):
        first = pool.submit(world.carry, ONE, "one")
        second = pool.submit(world.carry, TWO, "two")
        first.result()
        second.result()

        world.arrived(ONE, TWO)
        assert world.prod.tags == {"one": str(ONE.digest), "two": str(TWO.digest)}
        for layer in ONE.manifest.layers[:3]:
            assert len(world.destination.server.asked("PUT", layer.digest.hex)) == 1


def test_two_processes_that_copy_at_once_both_arrive() -> None:
    """Case 40: two processes know nothing of each other; both end well."""
    with two_registries(destination=(slow_uploads(),), holding=(ONE, TWO)) as world:
        children = []
        for image, tag in ((ONE, "one"), (TWO, "two")):
            child = os.fork()
            if not child:
                status = 1
                try:
                    world.carry(image, tag)
                    status = 0
                finally:
                    os._exit(status)
            children.append(child)

        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
        world.arrived(ONE, TWO)
        assert world.prod.tags == {"one": str(ONE.digest), "two": str(TWO.digest)}


def test_the_same_image_copied_twice_at_once_arrives_once() -> None:
    """Case 40: the same promotion, twice."""
    with two_registries(destination=(slow_uploads(),), holding=(ONE,)) as world, ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(world.carry, ONE) for _ in range(2)]
        for run in runs:
            run.result()

        world.arrived(ONE)
        for layer in ONE.manifest.layers:
            assert len(world.destination.server.asked("PUT", layer.digest.hex)) == 1
