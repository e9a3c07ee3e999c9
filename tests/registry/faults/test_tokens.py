"""Tokens, and where we are sent for them: cases 12 to 15."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.registry.builders import BUNDLE, build_image, build_referrer, layer_bytes, no_lock
from tests.registry.faults.harness import LENIENT, READER, WRITER, World, store, two_registries
from tests.servers.faulty.auth import TokenService, bearer_guard
from tests.servers.faulty.faults import Fault, at_once, before, every, instead, on, once
from tests.servers.faulty.server import Handler, Server
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.credentials import CredentialSource
from pratique.registry.open import open_repository
from pratique.values.reference import parse_repository

PUT = on("PUT", "/blobs/uploads/")
TOKEN = on("GET", "^/token")


def own_tokens(service: TokenService, world: Callable[[], World]) -> Callable[[Handler], Handler]:
    """A guard of the destination that issues its own tokens, and those of nobody else."""
    return issuing(service, lambda: world().destination.server, world)


def issuing(
    service: TokenService, server: Callable[[], Server], world: Callable[[], World]
) -> Callable[[Handler], Handler]:
    """A guard of a server that issues its own tokens."""

    def guard(handler: Handler) -> Handler:
        registry = bearer_guard(service, lambda: f"{server().url}/token", handler)

        def answer(asked: Asked) -> Reply:
            if asked.path != "/token":
                return registry(asked)
            world().issuers[server().host] = service
            return service.answer(asked)

        return answer

    return guard


def sent_to(realm: Callable[[], str], service: TokenService) -> Callable[[Handler], Handler]:
    """A guard of the destination that sends elsewhere for tokens."""
    return lambda handler: bearer_guard(service, realm, handler)


IMAGE = build_image("web", layers=(layer_bytes("big", 600_000), layer_bytes("small")))


@pytest.mark.parametrize("at", range(1, 16))
def test_a_token_that_expires_at_any_moment_is_renewed(at: int) -> None:
    """Case 12: it expires between GET and PUT, before the manifest, before the tag: anywhere."""
    service = TokenService(WRITER)
    expires = once(lambda asked: asked.path != "/token", before(service.revoke), at=at)

    with two_registries(
        destination=(expires,), destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)
    ) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE)


@pytest.mark.parametrize("times", [1, 2])
def test_a_401_in_the_middle_of_the_closing_put_is_met_with_another_token(times: int) -> None:
    """Case 12: 401 on the closing PUT, before the body was read; a second one ends it."""
    service = TokenService(WRITER)
    left = [times]

    def expired(asked: Asked, handler: Handler) -> Reply:
        if asked.headers.get("authorization") and left[0]:
            left[0] -= 1
            service.revoke()
            asked.swallow(1)
        return handler(asked)

    with two_registries(
        destination=(Fault(on("PUT", IMAGE.manifest.layers[0].digest.hex), expired),),
        destination_guard=own_tokens(service, lambda: world),
        holding=(IMAGE,),
    ) as world:
        world.arrives_whole_or_not_at_all(IMAGE, (Refused, Unreachable))
        assert times > 1 or world.prod.tags


@pytest.mark.parametrize("when", [PUT, on("POST", "/blobs/"), on("PUT", "/manifests/"), on("HEAD", "/blobs/")])
@pytest.mark.parametrize(
    "challenge", ["", "Basic", "Bearer", 'Bearer realm="{url}/token",scope="x"', "Negotiate a=="]
)
def test_endless_401_ends(when: Callable[[Asked], bool], challenge: str) -> None:
    """Case 12: an endless 401 loop."""

    def deny(asked: Asked, _: Handler) -> Reply:
        stated = challenge.format(url=world.destination.server.url)
        return Reply(401, (("WWW-Authenticate", stated),) if stated else ())

    service = TokenService(WRITER)
    with two_registries(
        destination=(every(when, deny),), destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)
    ) as world:
        with (
            world.fails(Refused, "credentials|401|configured|realm")
            if challenge != "Bearer"
            else pytest.raises(PratiqueError)
        ):
            world.carry(IMAGE)

        assert len(world.destination.server.seen) < 60
        assert world.prod.tags == {}


@pytest.mark.parametrize(
    "grant",
    [lambda scopes: [scope for scope in scopes if "push" not in scope], lambda scopes: []],
    ids=["pull alone", "nothing"],
)
def test_a_token_for_less_than_was_asked_is_refused_in_one_line(grant: Callable[[list[str]], list[str]]) -> None:
    """Case 13: the service grants a subset, and does not say so."""
    service = TokenService(WRITER, grant)

    with two_registries(destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)) as world:
        with world.fails(Refused, "401"):
            world.carry(IMAGE)

        assert len(service.issued) < 40
        assert world.prod.tags == {}


@pytest.mark.parametrize(
    "grant",
    [lambda scopes: scopes[:1], lambda scopes: scopes[-1:], lambda scopes: " ".join(scopes).split()[:1]],
    ids=["the first", "the last", "the first word"],
)
def test_a_service_that_honours_one_scope_alone_is_lived_with(grant: Callable[[list[str]], list[str]]) -> None:
    """Case 13: only the first or the last scope honoured, where a mount needs two."""
    service = TokenService(WRITER, grant)

    with two_registries(destination_guard=own_tokens(service, lambda: world)) as world:
        near = open_repository(parse_repository(f"{world.destination.host}/near"), world.settings)
        store(world.destination.store["near"], IMAGE)
        copy(plan(near, IMAGE.digest), near, world.at_destination(), frozenset(), no_lock)

        world.arrived(IMAGE)


@pytest.mark.parametrize(
    "render",
    [
        lambda token: {"access_token": token},
        lambda token: {"token": token},
        lambda token: {"token": token, "access_token": token, "expires_in": 300, "refresh_token": "x"},
        lambda token: {"token": token, "expires_in": 0},
        lambda token: {"token": token, "expires_in": -5},
        lambda token: {"token": token, "expires_in": 10**15},
        lambda token: {"token": token, "expires_in": "300"},
        lambda token: {"token": token, "expires_in": None},
        lambda token: {"token": token, "expires_in": True},
        lambda token: {"token": token, "expires_in": 60, "issued_at": "2001-01-01T00:00:00Z"},
        lambda token: {"token": token, "expires_in": 60, "issued_at": "2199-01-01T00:00:00Z"},
        lambda token: {"token": token, "expires_in": 60, "issued_at": "yesterday"},
    ],
    ids=[
        "access_token only",
        "no expires_in",
        "both",
        "expires_in 0",
        "negative",
        "huge",
        "text",
        "null",
        "true",
        "clock behind",
        "clock ahead",
        "no time",
    ],
)
def test_a_token_in_any_usual_shape_is_used(render: Callable[[str], dict[str, object]]) -> None:
    """Case 14: access_token only, no expires_in, clock skew."""
    service = TokenService(WRITER, render=render)

    with two_registries(destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE)


@pytest.mark.parametrize(
    "body",
    [
        b'{"token":"' + b"t" * 5 * 1024 * 1024 + b'"}',
        b'{"token":"t","padding":"' + b" " * 5 * 1024 * 1024 + b'"}',
        b"",
        b"[]",
        b'"token"',
        b'{"token":"a","token":"b"}',
        b'{"token":null,"access_token":7}',
        b'{"token":"line\\r\\nX-Injected: yes"}',
        b'{"token":"t","expires_in":NaN}',
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
    ],
    ids=["5 MiB", "5 MiB beside", "empty", "list", "text", "twice", "no text", "two lines", "NaN", "BOM", "deep"],
)
def test_a_token_body_that_is_none_is_malformed(body: bytes) -> None:
    """Case 14: a 5 MiB token body, and others that are none."""
    service = TokenService(WRITER)
    fault = every(TOKEN, instead(Reply(body=body)))

    with two_registries(
        destination=(fault,), destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)
    ) as world:
        with world.fails(Malformed, "token|bytes"):
            world.carry(IMAGE)

        assert all("x-injected" not in seen.headers for seen in world.destination.server.seen)


INNER = "169.254.169.254"


def resolve(host: str, port: int) -> tuple[str, ...]:
    return (INNER,) if host.endswith(".example") or host.isdigit() else (host,)


@pytest.mark.parametrize("known", [True, False], ids=["with credentials", "anonymous"])
@pytest.mark.parametrize(
    "realm",
    [
        "http://tokens.example/token",
        "https://tokens.example/token",
        f"http://{INNER}/token",
        f"https://{INNER}/token",
        "https://[::ffff:169.254.169.254]/token",
        "https://2852039166/token",
        "https://10.1.2.3/token",
        "https://0.0.0.0/token",
    ],
)
def test_a_realm_elsewhere_sees_no_password(realm: str, known: bool) -> None:
    """Case 15: realm over http, at another host, at the metadata address, at a name that resolves to it."""
    service = TokenService(WRITER)

    with two_registries(destination_guard=sent_to(lambda: realm, service), holding=(IMAGE,)) as world:
        world.settings = replace(world.settings, resolve=resolve)
        if not known:
            world.settings = replace(world.settings, credentials=reader_alone(world))
        with world.fails(Refused, "token service|public|plain HTTP"):
            world.carry(IMAGE)


def reader_alone(world: World) -> CredentialSource:
    find = world.settings.credentials
    return lambda host: find(host) if host == world.source.host else None


@pytest.mark.parametrize("realm", ["", "token", "/token", "https://", "ftp://x/", "https://u:p@x/", "https://[/"])
def test_a_realm_that_is_no_url_is_named(realm: str) -> None:
    """Case 15: realm is rubbish."""
    guard = sent_to(lambda: realm, TokenService(WRITER))

    with (
        two_registries(destination_guard=guard, holding=(IMAGE,)) as world,
        pytest.raises((Malformed, Refused)),
    ):
        world.carry(IMAGE)


def test_a_realm_at_another_port_of_the_same_host_sees_no_password() -> None:
    """Case 15: credentials belong to scheme, host and port."""
    service = TokenService(WRITER)

    with two_registries(
        destination_guard=sent_to(lambda: f"{elsewhere.url}/token", service), holding=(IMAGE,)
    ) as world:
        elsewhere = world.other(service.answer)
        with world.fails(Refused, "token service"):
            world.carry(IMAGE)

        assert elsewhere.seen == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("known", [True, False], ids=["with credentials", "anonymous"])
def test_a_token_service_that_redirects_inside_is_refused(status: int, known: bool) -> None:
    """Case 15: realm redirecting to the metadata address."""
    service = TokenService(WRITER)
    fault = every(TOKEN, instead(Reply(status, (("Location", f"https://{INNER}/token"),))))

    with two_registries(
        destination=(fault,), destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)
    ) as world:
        if not known:
            world.settings = replace(world.settings, credentials=reader_alone(world))
        with world.fails(Refused, "redirect|public"):
            world.carry(IMAGE)


def test_a_token_service_that_redirects_elsewhere_shows_no_password_there() -> None:
    """Case 15: realm redirecting to another origin: neither password nor scope secrets follow."""
    service = TokenService(WRITER)

    def redirect(_asked: Asked, _: Handler) -> Reply:
        return Reply(307, (("Location", f"{elsewhere.url}/token"),))

    with two_registries(
        destination=(every(TOKEN, redirect),),
        destination_guard=own_tokens(service, lambda: world),
        holding=(IMAGE,),
    ) as world:
        elsewhere = world.other(lambda asked: Reply(body=b'{"token":"stolen"}'))
        with pytest.raises(Refused):
            world.carry(IMAGE)

        assert all("authorization" not in seen.headers for seen in elsewhere.seen)


def test_tokens_of_one_registry_never_reach_the_other() -> None:
    """Case 12 and Case 15 together: two registries with tokens, and evidence between them."""
    bundle = build_referrer(IMAGE, BUNDLE, b"{}")
    theirs, ours = TokenService(READER), TokenService(WRITER)

    with two_registries(
        source_guard=issuing(theirs, lambda: world.source.server, lambda: world),
        destination_guard=own_tokens(ours, lambda: world),
        destination_rules=LENIENT,
        holding=(IMAGE, bundle),
    ) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE, bundle)
        assert set(world.issuers) == {world.source.host, world.destination.host}
        assert theirs.used
        assert ours.used


def test_a_busy_token_service_is_asked_again_and_its_failure_is_named() -> None:
    """Case 12: no token to be had."""
    service = TokenService(WRITER)
    fault = every(TOKEN, at_once(Reply(503)))

    with (
        two_registries(
            destination=(fault,), destination_guard=own_tokens(service, lambda: world), holding=(IMAGE,)
        ) as world,
        world.fails(Unreachable, "token service|busy"),
    ):
        world.carry(IMAGE)
