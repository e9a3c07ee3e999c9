"""A copy that is killed at any step, and run again: case 39."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from tests.registry.builders import BUNDLE, DSSE, build_legacy, build_platforms, build_referrer
from tests.registry.faults.harness import FALLBACK, LENIENT, World, store, two_registries
from tests.servers.faulty.faults import Fault, every
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

from pratique.registry.edges import EdgeKind, legacy_tag

IMAGE = build_platforms("web")
BUNDLED = build_referrer(IMAGE, BUNDLE, b'{"bundle":1}')
LEGACY = build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"}))


@dataclass
class Executioner:
    """Kills a process (-9) at the n-th request of it that a server sees, before or after it is carried out."""

    at: int
    late: bool
    asked: int = 0
    victim: int = 0
    ready: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def fault(self) -> Fault:
        return every(lambda asked: True, self.act)

    def act(self, asked: Asked, handler: Handler) -> Reply:
        with self.guard:
            self.asked += 1
            now = self.asked == self.at
        if not now:
            return handler(asked)
        self.ready.wait(60)
        if not self.late:
            os.kill(self.victim, signal.SIGKILL)
            asked.body()
            return Reply(0)
        handler(asked)
        os.kill(self.victim, signal.SIGKILL)
        return Reply(0)

    def watch(self, work: Callable[[], object]) -> bool:
        """Do the work in a child; tell whether it was killed."""
        child = os.fork()
        if not child:
            try:
                work()
            finally:
                os._exit(0)
        self.victim = child
        self.ready.set()
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def prepare(world: World) -> None:
    store(world.shop, LEGACY, legacy_tag(IMAGE.digest, EdgeKind.ATT))


def straight(rules: Rules) -> tuple[dict[str, str], int, int]:
    """Return the tags after a copy that nobody disturbed, and how many requests each side saw."""
    with two_registries(destination_rules=rules, holding=(IMAGE, BUNDLED)) as world:
        prepare(world)
        world.carry(IMAGE)
        return dict(world.prod.tags), len(world.source.server.seen), len(world.destination.server.seen)


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("late", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("rules", [LENIENT, FALLBACK], ids=["referrers API", "fallback tag"])
def test_a_copy_killed_at_any_request_ends_the_same_when_it_is_run_again(
    rules: Rules, late: bool, stride: int
) -> None:
    """Case 39: kill -9 at every step, then again: the same in the end, and no blob that arrived is sent twice."""
    tags, _, requests = straight(rules)
    first = 1 + stride // 2 + late  # so that the strides of both kinds see different steps
    killed = 0

    for at in range(first, requests + 1, stride):
        executioner = Executioner(at, late)
        with two_registries(
            destination=(executioner.fault(),), destination_rules=rules, holding=(IMAGE, BUNDLED)
        ) as world:
            prepare(world)
            killed += executioner.watch(partial(world.carry, IMAGE))
            held = dict(world.prod.blobs)
            before = len(world.destination.server.seen)

            world.carry(IMAGE)

            world.arrived(IMAGE, BUNDLED, LEGACY)
            assert world.prod.tags == tags
            again = [seen.target for seen in world.destination.server.seen[before:] if seen.method == "PUT"]
            hexed = [digest.partition(":")[2] for digest in held]
            assert not [target for target in again for each in hexed if "/uploads/" in target and each in target]

    assert requests > 20
    assert killed > (requests // stride) // 2


@pytest.mark.parametrize("stride", [6, pytest.param(1, marks=pytest.mark.soak)])
def test_a_copy_killed_while_it_reads_ends_the_same_when_it_is_run_again(stride: int) -> None:
    """Case 39: kill -9 at every request to the source."""
    tags, requests, _ = straight(LENIENT)

    for at in range(1, requests + 1, stride):
        executioner = Executioner(at, late=False)
        with two_registries(source=(executioner.fault(),), holding=(IMAGE, BUNDLED)) as world:
            prepare(world)
            executioner.watch(partial(world.carry, IMAGE))
            world.carry(IMAGE)

            world.arrived(IMAGE, BUNDLED, LEGACY)
            assert world.prod.tags == tags
