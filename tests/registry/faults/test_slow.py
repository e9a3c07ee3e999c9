"""Others who are slow on purpose: case 8."""

import time

import pytest
from tests.registry.builders import build_image, layer_bytes
from tests.registry.faults.harness import PATIENCE, World, carry, two_registries
from tests.servers.faulty.faults import changing, every, on, once, paced, slowly_read
from tests.servers.faulty.server import Handler, Server
from tests.servers.faulty.wire import Asked, Reply
from tests.servers.oci_server import open_door

from pratique.errors import Unreachable
from pratique.registry.address import Dialer, origin_of
from pratique.registry.auth import Authorizer
from pratique.registry.connect import Connector
from pratique.registry.credentials import anonymous
from pratique.registry.flow import SLOWEST, WINDOW_SECONDS, Pace
from pratique.registry.http import HttpRegistry
from pratique.registry.interface import Registry
from pratique.registry.proxy import Proxies
from pratique.registry.session import Session
from pratique.registry.tls import Contexts, Tls
from pratique.registry.transport import Transport
from pratique.values.reference import RegistryRepository

IMAGE = build_image("web", layers=(layer_bytes("big", 9_000_000), layer_bytes("small")))
SILENCE = 0.3  # seconds that a server may say nothing; 60 outside of tests
BIG = IMAGE.manifest.layers[0].digest.hex


def at(server: Server, name: str, idle_seconds: float) -> Registry:
    """A repository at a server, which may be silent for so long."""
    origin = origin_of(server.url)
    own = frozenset({origin.authority})
    connector = Connector(Dialer(own, idle_seconds=idle_seconds), Contexts(origin, "", Tls(), None), Proxies())
    transport = Transport(connector, own)
    session = Session(transport, Authorizer(server.host, origin, transport, anonymous, {}), PATIENCE)
    return HttpRegistry(RegistryRepository(server.host, name), server.url, session)


def carry_impatiently(world: World) -> None:
    carry(IMAGE, at(world.source.server, "shop", SILENCE), at(world.destination.server, "prod", SILENCE))


def test_a_source_that_falls_silent_is_unreachable_in_bounded_time() -> None:
    """Case 8: slow-loris at the source: it sends a little, and then nothing."""
    fault = every(on("GET", BIG), changing(paced(1000, 30)))
    begun = time.monotonic()

    with two_registries(
        source=(fault,), source_guard=open_door, destination_guard=open_door, holding=(IMAGE,)
    ) as world:
        with world.fails(Unreachable, "broke off.*again"):
            carry_impatiently(world)

        assert len(world.source.server.asked("GET", BIG)) <= 4, "a source that gave up is not begun again"
        assert time.monotonic() - begun < 15
        assert world.prod.tags == {}


def test_a_source_that_falls_silent_once_is_asked_for_the_rest() -> None:
    """Case 8: and then it goes on."""
    fault = once(on("GET", BIG), changing(paced(1000, 30)))

    with two_registries(
        source=(fault,), source_guard=open_door, destination_guard=open_door, holding=(IMAGE,)
    ) as world:
        carry_impatiently(world)

        world.arrived(IMAGE)


def test_a_destination_that_takes_nothing_is_unreachable_in_bounded_time() -> None:
    """Case 8: slow-loris at the destination: it reads nothing of what is sent."""
    fault = every(on("PUT", BIG), slowly_read(30))
    begun = time.monotonic()

    with two_registries(
        destination=(fault,), source_guard=open_door, destination_guard=open_door, holding=(IMAGE,)
    ) as world:
        with world.fails(Unreachable, "slow|silent"):
            carry_impatiently(world)

        assert time.monotonic() - begun < 15
        assert world.prod.tags == {}


@pytest.mark.parametrize("what", ["/manifests/sha256", "/referrers/", "/blobs/"])
def test_an_answer_that_never_comes_is_unreachable_in_bounded_time(what: str) -> None:
    """Case 8: headers that never come."""
    fault = every(on("GET", what), slowly_answered)
    begun = time.monotonic()

    with two_registries(
        source=(fault,), source_guard=open_door, destination_guard=open_door, holding=(IMAGE,)
    ) as world:
        with world.fails(Unreachable, "slow|silent"):
            carry_impatiently(world)

        assert time.monotonic() - begun < 15


def slowly_answered(asked: Asked, handler: Handler) -> Reply:
    asked.pause(30)
    return handler(asked)


def test_a_drip_is_no_flow() -> None:
    """Case 8: never silent, and never done: less than a pace over a whole window ends it."""
    dripping, flowing = Pace(), Pace()

    for _ in range(int(WINDOW_SECONDS)):
        dripping.moved(SLOWEST - 1, 1.0)
        flowing.moved(SLOWEST + 1, 1.0)
    flowing.moved(SLOWEST + 1, 1.0)
    with pytest.raises(TimeoutError, match="slower"):
        dripping.moved(SLOWEST - 1, 1.0)


@pytest.mark.soak
@pytest.mark.parametrize("way", ["in", "out"])
def test_a_drip_over_a_connection_ends_after_the_window(way: str) -> None:
    """Case 8: the same over a real connection, both ways; it takes minutes."""
    drip = every(on("GET", BIG), changing(paced(100, 0.2)))
    sip = every(on("PUT", BIG), slowly_read(400))
    begun = time.monotonic()

    with (
        two_registries(
            source=(drip,) if way == "in" else (), destination=(sip,) if way == "out" else (), holding=(IMAGE,)
        ) as world,
        world.fails(Unreachable, "slow|silent|broke off"),
    ):
        world.carry(IMAGE)

    assert time.monotonic() - begun < 6 * 90
