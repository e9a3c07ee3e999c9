"""Uploads that do not end as they should: cases 8, 9, 10, 16, 18 and 41."""

from collections.abc import Callable

import pytest
from tests.registry.builders import Built, build_image, layer_bytes, no_lock
from tests.registry.faults.harness import store, two_registries
from tests.servers.faulty.faults import (
    HANG_UP,
    RESET,
    Fault,
    at_once,
    changing,
    every,
    instead,
    on,
    once,
    though_done,
    with_header,
    without_header,
)
from tests.servers.faulty.registry import OciRegistry, Rules, error
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.open import open_repository
from pratique.registry.progress import Way
from pratique.values.reference import parse_repository

POST = on("POST", "/blobs/uploads/")
PUT = on("PUT", "/blobs/uploads/")
BLOBS = 3


def image() -> Built:
    return build_image("web", layers=(layer_bytes("big", 700_000), layer_bytes("small")))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize(
    "fault",
    [
        lambda reply: once(POST, instead(reply), at=2),
        lambda reply: once(PUT, instead(reply)),
        lambda reply: once(PUT, at_once(reply, after_bytes=1)),
        lambda reply: once(PUT, though_done(reply)),
    ],
    ids=["at POST", "at PUT", "mid-PUT", "after commit"],
)
def test_a_server_error_of_an_upload_is_healed(fault: Callable[[Reply], Fault], status: int) -> None:
    """Case 9: 5xx at POST, mid-PUT, and after commit."""
    built = image()

    with two_registries(
        destination=(fault(error(status, "UNKNOWN", "unknown error")),), holding=(built,)
    ) as world:
        world.carry(built)

        world.arrived(built)


def test_a_blob_that_is_there_after_a_server_error_is_not_sent_again() -> None:
    """Case 9: PUT 500 but the blob exists, and HEAD says so."""
    built = image()

    with two_registries(destination=(every(PUT, though_done(Reply(500))),), holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)
        assert len(world.destination.server.asked("PUT", "/blobs/uploads/")) == BLOBS


@pytest.mark.parametrize("when", [POST, PUT], ids=["POST", "PUT"])
def test_a_server_error_without_end_is_unreachable(when: Callable[[Asked], bool]) -> None:
    """Case 9: bounded attempts, and then a word about it."""
    built = image()

    with two_registries(destination=(every(when, instead(Reply(500))),), holding=(built,)) as world:
        with world.fails(Unreachable, "500.*again"):
            world.carry(built)

        assert world.prod.tags == {}
        assert len(world.destination.server.asked("PUT", "/blobs/uploads/")) <= 3 * BLOBS


@pytest.mark.parametrize("reply", [HANG_UP, RESET], ids=["FIN", "RST"])
@pytest.mark.parametrize("when", [PUT, on("PUT", "/manifests/sha256"), on("PUT", "/manifests/v1")])
def test_a_lost_201_costs_nothing(reply: Reply, when: Callable[[Asked], bool]) -> None:
    """Case 10: the connection dies after commit, at a blob, a manifest and the tag."""
    built = image()

    with two_registries(destination=(once(when, though_done(reply)),), holding=(built,)) as world:
        try:
            world.carry(built)
        except Unreachable:
            world.carry(built)

        world.arrived(built)
        assert world.prod.tags["v1"] == str(built.digest)


@pytest.mark.parametrize("reply", [HANG_UP, RESET], ids=["FIN", "RST"])
def test_a_connection_that_dies_in_the_middle_of_an_upload_is_healed(reply: Reply) -> None:
    """Case 10: it dies before commit."""
    built = image()
    fault = once(PUT, at_once(reply, after_bytes=1))

    with two_registries(destination=(fault,), holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


@pytest.mark.parametrize(
    "written",
    ["{location}", "{location}&more=x%2Fy&empty=", "../uploads/{last}", "{url}{location}"],
    ids=["with a query", "further parameters", "relative", "absolute"],
)
def test_an_upload_goes_where_the_registry_says(written: str) -> None:
    """Case 16: Location relative or absolute, and with a query of its own, which is kept as it is."""
    built = image()

    def change(reply: Reply) -> Reply:
        location = reply.header("location") or ""
        last = location.rpartition("/")[2]
        url = world.destination.server.url
        return with_header("Location", written.format(location=location, last=last, url=url))(reply)

    with two_registries(destination=(every(POST, changing(change)),), holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)
        assert all("state=a%2Bb&" in seen.target for seen in world.destination.server.asked("PUT", "/blobs/"))


def test_an_absolute_location_without_a_query_is_used() -> None:
    """Case 16: Location absolute, no query."""
    built = image()

    def change(reply: Reply) -> Reply:
        location = (reply.header("location") or "").partition("?")[0]
        return with_header("Location", f"{world.destination.server.url}{location}")(reply)

    with two_registries(destination=(every(POST, changing(change)),), holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


def test_a_location_at_another_host_is_told_no_secret() -> None:
    """Case 16: Location at another host, as storage services have it."""
    built = image()
    storage = OciRegistry(Rules())

    def change(reply: Reply) -> Reply:
        location = (reply.header("location") or "").replace("/v2/prod/", "/v2/bucket/")
        session = location.rpartition("/")[2].partition("?")[0]
        storage.open_session(session)
        return with_header("Location", f"{bucket.url}{location}")(reply)

    def keep(asked: Asked, handler: Handler) -> Reply:
        reply = handler(asked)
        world.prod.blobs.update(storage.store["bucket"].blobs)
        return reply

    with two_registries(destination=(every(POST, changing(change)),), holding=(built,)) as world:
        bucket = world.other(lambda asked: keep(asked, storage.answer))
        world.carry(built)

        world.arrived(built)
        assert len(bucket.asked("PUT")) == BLOBS
        assert all("authorization" not in seen.headers for seen in bucket.seen)


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/upload",
        "https://10.0.0.1/upload",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/upload",
        "https://[::ffff:169.254.169.254]/upload",
        "http://public.example/upload",
        "https://127.0.0.2:1/upload",
    ],
)
def test_a_location_at_an_inner_address_is_refused(location: str) -> None:
    """Case 16: Location at a private or link-local address, or over plain http."""
    built = image()
    fault = every(POST, changing(with_header("Location", location)))

    with two_registries(destination=(fault,), holding=(built,)) as world:
        with world.fails(Refused, "public|plain HTTP"):
            world.carry(built)

        assert world.prod.blobs == {}
        assert world.prod.tags == {}


@pytest.mark.parametrize("location", ["http://[", "ftp://x/", "http://a b/", "http://user:pass@127.0.0.1/"])
def test_a_location_that_is_no_url_is_malformed(location: str) -> None:
    """Case 16: Location is rubbish."""
    built = image()
    fault = every(POST, changing(with_header("Location", location)))

    with two_registries(destination=(fault,), holding=(built,)) as world, world.fails(Malformed, "URL"):
        world.carry(built)


def test_a_missing_location_is_malformed() -> None:
    """Case 16: Location missing."""
    built = image()
    fault = every(POST, changing(without_header("Location")))

    with two_registries(destination=(fault,), holding=(built,)) as world, world.fails(Malformed, "where"):
        world.carry(built)


MOUNT = on("POST", "mount=")


def unmounted(status: int) -> Reply:
    return error(status, "UNSUPPORTED", "no mounting")


@pytest.mark.parametrize(
    "act",
    [
        *(pytest.param(instead(unmounted(status)), id=str(status)) for status in (400, 401, 403, 404, 405, 500)),
        pytest.param(instead(Reply(201)), id="201 but absent"),
    ],
)
def test_a_mount_that_fails_becomes_an_upload(act: Callable[[Asked, Handler], Reply]) -> None:
    """Case 18: mount answered 400, 401, 403, 404, 405, 500, and 201 though the blob is absent."""
    built = image()

    with two_registries(destination=(every(MOUNT, act),)) as world:
        near = open_repository(parse_repository(f"{world.destination.host}/near"), world.settings)
        store(world.destination.store["near"], built)
        found = plan(near, built.digest)

        report = copy(found, near, world.at_destination(), frozenset(), no_lock)

        world.arrived(built)
        assert {way for _, way in report.blobs} == {Way.MOVED}


def test_a_mount_answered_202_is_no_failure_and_leaves_no_upload_open() -> None:
    """Case 18: mount answered with an upload session; it is used, or closed."""
    built = image()

    with two_registries(destination_rules=Rules(mounts=False)) as world:
        near = open_repository(parse_repository(f"{world.destination.host}/near"), world.settings)
        store(world.destination.store["near"], built)

        copy(plan(near, built.digest), near, world.at_destination(), frozenset(), no_lock)

        world.arrived(built)
        begun = [seen for seen in world.destination.server.asked("POST") if seen.status == 202]
        ended = [seen for seen in world.destination.server.seen if seen.status in (201, 204)]
        ended = [seen for seen in ended if "/blobs/uploads/upload" in seen.target]
        assert len(begun) == len(ended)


def test_a_mount_never_names_a_repository_of_another_registry() -> None:
    """Case 18: mount without source rights: some registries fail on a ``from`` that they do not know."""
    built = image()

    with two_registries(holding=(built,)) as world:
        world.carry(built)

        assert world.destination.server.asked("POST", "from=") == []


@pytest.mark.parametrize("when", [POST, PUT, on("PUT", "/manifests/")], ids=["POST", "PUT", "manifest"])
@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (error(413, "SIZE_INVALID", "too large"), Refused, "413"),
        (Reply(413, body=b"<html>413"), Refused, "413"),
        (Reply(507), Unreachable, "507"),
        (error(500, "UNKNOWN", "no space left on device"), Unreachable, "no space left"),
    ],
    ids=["413", "413 in HTML", "507", "500 no space"],
)
def test_a_destination_without_room_is_said_in_one_line(
    when: Callable[[Asked], bool], reply: Reply, kind: type[PratiqueError], said: str
) -> None:
    """Case 41: the destination's disk is full, or it takes nothing so large."""
    built = image()

    with two_registries(destination=(every(when, instead(reply)),), holding=(built,)) as world:
        with world.fails(kind, said):
            world.carry(built)

        assert world.prod.tags == {}


def test_a_413_in_the_middle_of_an_upload_is_heard() -> None:
    """Case 41: it is answered before the body has been sent."""
    built = build_image("web", layers=(layer_bytes("big", 5_000_000),))
    fault = every(PUT, at_once(error(413, "SIZE_INVALID", "too large"), after_bytes=1))

    with two_registries(destination=(fault,), holding=(built,)) as world, world.fails(Refused, "413"):
        world.carry(built)


def test_a_disk_that_has_room_again_is_filled_from_where_it_was() -> None:
    """Case 41: what arrived before the disk was full is not sent again."""
    built = build_image("web", layers=tuple(layer_bytes(str(at), 50_000) for at in range(8)))
    full = [Reply(507)]

    def act(asked: Asked, handler: Handler) -> Reply:
        if full and len(world.prod.blobs) >= 4:
            asked.body()
            return full[0]
        return handler(asked)

    with two_registries(destination=(every(PUT, act),), holding=(built,)) as world:
        with world.fails(Unreachable, "507"):
            world.carry(built)
        held = set(world.prod.blobs)
        full.clear()
        sent = len(world.destination.server.asked("PUT", "/blobs/"))
        world.carry(built)

        world.arrived(built)
        assert len(world.destination.server.asked("PUT", "/blobs/")) - sent == len(world.prod.blobs) - len(held)
