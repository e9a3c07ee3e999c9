"""Registries that ask us to wait: case 11."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.registry.builders import build_image
from tests.registry.faults.harness import one_breaks
from tests.servers.faulty.faults import every, first, instead, on
from tests.servers.faulty.wire import Reply

from pratique.errors import Unreachable

BARE_LF = (
    b"HTTP/1.1 429 Too Many Requests\nRetry-After: 0\nContent-Type: text/plain\nContent-Length: 9\n\nslow down"
)
WHERE = {
    "reading the root": ("source", on("GET", "/manifests/sha256")),
    "reading blobs": ("source", on("GET", "/blobs/")),
    "looking for blobs": ("destination", on("HEAD", "/blobs/")),
    "beginning uploads": ("destination", on("POST", "/blobs/uploads/")),
    "sending blobs": ("destination", on("PUT", "/blobs/uploads/")),
    "writing manifests": ("destination", on("PUT", "/manifests/sha256")),
    "pointing the tag": ("destination", on("PUT", "/manifests/v1")),
    "listing referrers": ("source", on("GET", "/referrers/")),
}


def busy(status: int = 429, wait: str | None = None, body: bytes = b"slow down") -> Reply:
    headers = (("Content-Type", "text/plain"), *((("Retry-After", wait),) if wait is not None else ()))
    return Reply(status, headers, body)


def soon() -> str:
    return format_datetime(datetime.now(UTC) - timedelta(seconds=1), usegmt=True)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda: busy(wait="0"), id="seconds"),
        pytest.param(lambda: busy(503, wait="0"), id="503"),
        pytest.param(lambda: busy(wait=soon()), id="date"),
        pytest.param(lambda: busy(body=b"\xff\x00<html>"), id="absent"),
        pytest.param(lambda: Reply(429, raw=BARE_LF), id="bare LF"),
    ],
)
def test_a_busy_registry_is_asked_again(where: str, reply: Callable[[], Reply]) -> None:
    """Case 11: 429 with seconds, with a date, without a word, as text, with bare line feeds."""
    built = build_image("web")
    side, when = WHERE[where]

    with one_breaks(side, first(2, when, instead(reply())), built) as world:
        world.carry(built)

        world.arrived(built)


@pytest.mark.parametrize("where", WHERE)
def test_a_registry_that_stays_busy_is_unreachable(where: str) -> None:
    """Case 11: 429 without end."""
    built = build_image("web")
    side, when = WHERE[where]

    with one_breaks(side, every(when, instead(busy(wait="0"))), built) as world:
        with world.fails(Unreachable, "busy|429"):
            world.carry(built)

        assert len(getattr(world, side).server.seen) < 60
        assert world.prod.tags == {}


@pytest.mark.parametrize(
    "wait",
    ["1000000000", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "1e9", "-1", "\xb2", "0x7", "soon, or later"],
)
@pytest.mark.parametrize("where", ["reading blobs", "sending blobs"])
def test_an_absurd_wait_is_never_waited(where: str, wait: str) -> None:
    """Case 11: Retry-After of thirty years, and what is no time at all."""
    built = build_image("web")
    side, when = WHERE[where]
    begun = time.monotonic()

    fault = every(when, instead(busy(wait=wait)))
    with one_breaks(side, fault, built) as world, world.fails(Unreachable, "busy|again"):
        world.carry(built)

    assert time.monotonic() - begun < 120
    assert len(world.source.server.asked("GET", "/blobs/")) <= 3 * 3, "three tries of each of three blobs"


@pytest.mark.parametrize("where", ["reading blobs", "looking for blobs", "beginning uploads", "writing manifests"])
def test_an_error_body_without_end_is_not_read_to_its_end(where: str) -> None:
    """Case 11: the text of an error may be of any length and kind; the status says enough."""
    built = build_image("web")
    side, when = WHERE[where]
    fault = every(when, instead(Reply(500, body=b"x" * 10_000_000)))

    with one_breaks(side, fault, built) as world, world.fails(Unreachable, "500"):
        world.carry(built)
