"""Blobs that lie elsewhere: case 17."""

from collections.abc import Callable

import pytest
from tests.registry.builders import build_image, layer_bytes
from tests.registry.faults.harness import World, two_registries
from tests.servers.faulty.faults import every, on
from tests.servers.faulty.registry import OciRegistry
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Malformed, Refused, Unreachable

IMAGE = build_image("web", layers=(layer_bytes("big", 300_000), layer_bytes("small")))
BLOBS = on("GET", "/v2/shop/blobs/")
STATUSES = [301, 302, 303, 307, 308]


def redirecting(to: Callable[[], str], status: int = 307) -> Callable[[Asked, Handler], Reply]:
    return lambda asked, _: Reply(status, (("Location", to()), ("Set-Cookie", "session=abc")))


def storage_of(world: World) -> Handler:
    """A storage service that serves the same blobs to anybody who has the signed URL."""
    behind = OciRegistry(store=world.source.store)

    def answer(asked: Asked) -> Reply:
        assert asked.one("signature") == "s/i=g"
        return behind.answer(asked)

    return answer


@pytest.mark.parametrize("status", STATUSES)
def test_a_blob_elsewhere_is_fetched_without_credentials(status: int) -> None:
    """Case 17: redirect of a blob to another origin: no Authorization, no cookie."""

    def to_storage(asked: Asked, _: Handler) -> Reply:
        signed = f"{storage.url}{asked.path}?signature=s%2Fi%3Dg"
        return Reply(status, (("Location", signed), ("Set-Cookie", "session=abc")))

    with two_registries(source=(every(BLOBS, to_storage),), holding=(IMAGE,)) as world:
        storage = world.other(storage_of(world))
        world.carry(IMAGE)

        world.arrived(IMAGE)
        assert len(storage.seen) == 3
        assert all("authorization" not in seen.headers for seen in storage.seen)


def test_a_signed_address_is_not_logged_and_not_told() -> None:
    """Case 17: the query of a redirect is a secret of the storage service."""

    def to_storage(asked: Asked, _: Handler) -> Reply:
        return Reply(307, (("Location", f"{storage.url}{asked.path}?signature=secret-of-the-storage"),))

    with two_registries(source=(every(BLOBS, to_storage),), holding=(IMAGE,)) as world:
        storage = world.other(lambda asked: Reply(500), "secret-of-the-storage")
        world.secrets.append("secret-of-the-storage")
        with world.fails(Unreachable, "500"):
            world.carry(IMAGE)


def test_credentials_come_back_with_the_way() -> None:
    """Case 17: elsewhere and back to the registry: whoever redirects decides nothing about credentials."""

    def away(asked: Asked, handler: Handler) -> Reply:
        if asked.one("back"):
            return handler(asked)
        return Reply(307, (("Location", f"{middle.url}{asked.path}"),))

    def back(asked: Asked) -> Reply:
        return Reply(307, (("Location", f"{world.source.server.url}{asked.path}?back=1"),))

    with two_registries(source=(every(BLOBS, away),), holding=(IMAGE,)) as world:
        middle = world.other(back)
        world.arrives_whole_or_not_at_all(IMAGE, (Refused, Unreachable))
        assert all("authorization" not in seen.headers for seen in middle.seen)


@pytest.mark.parametrize("status", STATUSES)
def test_a_redirect_loop_ends(status: int) -> None:
    """Case 17: a redirect to itself."""

    def again(asked: Asked, _: Handler) -> Reply:
        return Reply(status, (("Location", asked.target),))

    with two_registries(source=(every(BLOBS, again),), holding=(IMAGE,)) as world:
        with world.fails(Unreachable, "redirect"):
            world.carry(IMAGE)

        assert len(world.source.server.asked("GET", "/blobs/")) <= 4 * 4 * 6


def test_a_redirect_loop_over_two_hosts_ends() -> None:
    """Case 17: a redirect back and forth."""

    def away(asked: Asked, _: Handler) -> Reply:
        return Reply(307, (("Location", f"{other.url}{asked.path}"),))

    with two_registries(source=(every(BLOBS, away),), holding=(IMAGE,)) as world:
        other = world.other(lambda asked: Reply(307, (("Location", f"{world.source.server.url}{asked.path}"),)))
        with world.fails(Unreachable, "redirect"):
            world.carry(IMAGE)


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]:443/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://[fe80::1]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[2002:a9fe:a9fe::]/",
        "http://storage.example/",
        "https://0/",
        "https://127.1/",
    ],
)
def test_a_redirect_inside_is_refused(location: str) -> None:
    """Case 17: redirect to private, link-local and metadata addresses, in every notation."""
    fault = every(BLOBS, redirecting(lambda: location))
    with two_registries(source=(fault,), holding=(IMAGE,)) as world, world.fails(Refused, "public|plain HTTP"):
        world.carry(IMAGE)


@pytest.mark.parametrize(
    "location", ["", "http://[", "file:///etc/passwd", "gopher://x/", "http://u:p@127.0.0.1/"]
)
def test_a_redirect_nowhere_is_named(location: str) -> None:
    """Case 17: redirect to what is no URL of ours."""
    with two_registries(source=(every(BLOBS, redirecting(lambda: location)),), holding=(IMAGE,)) as world:
        with pytest.raises((Malformed, Unreachable)):
            world.carry(IMAGE)

        assert world.prod.tags == {}


@pytest.mark.parametrize("when", [on("GET", "/manifests/"), on("HEAD", "/manifests/")])
def test_a_manifest_elsewhere_is_told_no_secret(when: Callable[[Asked], bool]) -> None:
    """Case 17: "redirects may happen on any request"."""

    def to_other(asked: Asked, _: Handler) -> Reply:
        return Reply(307, (("Location", f"{other.url}{asked.target}"),))

    with two_registries(source=(every(when, to_other),), holding=(IMAGE,)) as world:
        other = world.other(OciRegistry(store=world.source.store).answer)
        world.carry(IMAGE)

        world.arrived(IMAGE)
        assert other.seen
        assert all("authorization" not in seen.headers for seen in other.seen)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("when", [on("POST", "/blobs/"), on("PUT", "/blobs/"), on("PUT", "/manifests/")])
def test_a_write_is_not_sent_elsewhere_by_a_redirect(when: Callable[[Asked], bool], status: int) -> None:
    """Case 17: a redirected write shows nobody a blob, a manifest or a password."""
    with two_registries(
        destination=(every(when, redirecting(lambda: f"{other.url}/", status)),), holding=(IMAGE,)
    ) as world:
        other = world.other(lambda asked: Reply(201))
        world.arrives_whole_or_not_at_all(IMAGE, (Refused, Unreachable))
        assert world.prod.tags == {}
        assert all("authorization" not in seen.headers for seen in other.seen)
