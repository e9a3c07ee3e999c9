"""Faults by chance: the same seed gives the same ones, each of which strikes once and is over."""

import random
from collections.abc import Callable

from tests.servers.faulty.faults import (
    HANG_UP,
    RESET,
    Act,
    Fault,
    at_once,
    changing,
    cut_after,
    flipped,
    instead,
    on,
    once,
    paced,
    though_done,
    with_header,
    without_header,
    without_length,
)
from tests.servers.faulty.registry import error
from tests.servers.faulty.wire import Reply

_READS = ("/manifests/sha256:", "/blobs/", "/referrers/", r"/manifests/sha256-\w+")
_WRITES = ("/blobs/uploads/", "/manifests/sha256:", "/manifests/v1")


def random_faults(seed: int, count: int) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """Return faults for a source and for a destination, so many altogether."""
    chance = random.Random(seed)
    sides: tuple[list[Fault], list[Fault]] = ([], [])
    for _ in range(count):
        side = chance.randrange(2)
        writes = side == 1 and chance.random() < 0.7
        method = chance.choice(("PUT", "POST|PUT")) if writes else chance.choice(("GET", "HEAD|GET"))
        act = chance.choice(_ANYWHERE + (_WHEN_WRITING if writes else _WHEN_READING))
        when = on(method, chance.choice(_WRITES if writes else _READS))
        sides[side].append(once(when, act(chance), at=chance.randint(1, 5)))
    return tuple(sides[0]), tuple(sides[1])


def _busy(chance: random.Random) -> Act:
    wait = chance.choice(((), (("Retry-After", "0"),), (("Retry-After", "soon"),)))
    return instead(Reply(chance.choice((429, 503)), wait, b"slow down"))


def _failing(chance: random.Random) -> Act:
    status = chance.choice((500, 502, 504, 408, 403, 404, 400))
    return chance.choice((instead, though_done))(error(status, "UNKNOWN", "by chance"))


def _hanging_up(chance: random.Random) -> Act:
    reply = chance.choice((HANG_UP, RESET))
    return chance.choice((instead, though_done, at_once))(reply)


def _breaking_off(chance: random.Random) -> Act:
    return changing(cut_after(chance.randint(0, 400), reset=chance.random() < 0.5))


def _in_the_middle(chance: random.Random) -> Act:
    return at_once(chance.choice((HANG_UP, RESET, Reply(500), Reply(429))), after_bytes=chance.randint(1, 500))


def _always(act: Act) -> Callable[[random.Random], Act]:
    return lambda _: act


_ANYWHERE = (_busy, _failing, _hanging_up)
_WHEN_READING = (
    _breaking_off,
    _always(changing(flipped)),
    _always(changing(without_length)),
    _always(changing(without_header("Docker-Content-Digest"))),
    _always(changing(with_header("Content-Type", "text/html"))),
    _always(changing(with_header("Content-Length", "1"))),
    _always(changing(paced(200, 0.005))),
)
_WHEN_WRITING = (
    _in_the_middle,
    _always(changing(without_header("Location"))),
    _always(changing(with_header("Location", "https://10.0.0.1/"))),
    _always(changing(with_header("Docker-Content-Digest", f"sha256:{'0' * 64}"))),
)
