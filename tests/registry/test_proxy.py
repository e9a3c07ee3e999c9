"""Proxies: when one is used, what it is told, and that it opens no way to where nobody may go."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.opened import BLOB, SECRET, serve_blob
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server
from tests.servers.authority import Authority
from tests.servers.http_proxy import RunningProxy, http_proxy

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.address import Origin
from pratique.registry.blob import fetch_blob
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.proxy import Proxies, Proxy
from pratique.registry.tls import Tls
from pratique.values.reference import parse_repository

NAME = "registry.example"
PUBLIC = ("93.184.216.34",)


def nowhere(host: str, port: int) -> tuple[str, ...]:
    raise OSError("the name is not known here")


@dataclass
class Behind:
    """A registry at ``registry.example`` that only a proxy reaches."""

    server: Server
    proxy: RunningProxy
    settings: Settings

    def open(self) -> Registry:
        return open_repository(parse_repository(f"{NAME}/shop"), self.settings)


def proxied(
    stack: ExitStack, tmp_path: Path, scheme: str, resolve: object = nowhere, user: str = "", answer: str = ""
) -> Behind:
    def registry(asked: Asked) -> Reply:
        if asked.headers.get("authorization") != SECRET.basic:
            return Reply(401, (("WWW-Authenticate", "Basic"),))
        return serve_blob(asked)

    assert callable(resolve)
    authority = Authority(tmp_path)
    tls = authority.server(NAME).for_server() if scheme == "https" else None
    server = stack.enter_context(scripted_server(registry, tls))
    port = {"https": 443, "http": 80}[scheme]
    proxy = stack.enter_context(http_proxy({f"{NAME}:{port}": server.host}, answer))
    settings = Settings(
        tmp_path,
        credentials=lambda _: SECRET,
        insecure=frozenset({NAME}) if scheme == "http" else frozenset(),
        tls=((NAME, Tls(authority.file)),),
        proxies=Proxies.of({f"{scheme}_proxy": f"http://{user}{proxy.host}"}),
        resolve=resolve,
    )
    return Behind(server, proxy, settings)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.mark.parametrize("resolve", [nowhere, lambda host, port: PUBLIC])
def test_a_registry_is_reached_through_a_tunnel_that_the_proxy_cannot_look_into(
    resolve: object, stack: ExitStack, tmp_path: Path
) -> None:
    behind = proxied(stack, tmp_path, "https", resolve, user="ann:p%40ss@")
    assert fetch_blob(behind.open(), blob_of(BLOB), 100) == BLOB
    (head,) = behind.proxy.heads
    assert head.splitlines() == [
        f"CONNECT {NAME}:443 HTTP/1.1",
        f"Host: {NAME}:443",
        f"Proxy-Authorization: Basic {base64.b64encode(b'ann:p@ss').decode()}",
    ]
    assert all("proxy-authorization" not in asked.headers for asked in behind.server.asked)


def test_plain_http_goes_through_a_proxy_as_whole_urls(stack: ExitStack, tmp_path: Path) -> None:
    behind = proxied(stack, tmp_path, "http", user="ann:pass@")
    assert fetch_blob(behind.open(), blob_of(BLOB), 100) == BLOB
    assert all(head.startswith(f"GET http://{NAME}:80/v2/shop/blobs/") for head in behind.proxy.heads)
    assert all("Proxy-Authorization: Basic" in head for head in behind.proxy.heads)
    assert all("proxy-authorization" not in asked.headers for asked in behind.server.asked)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "127.0.0.1", "::1"])
def test_a_proxy_is_no_way_to_an_inner_address(
    scheme: str, address: str, stack: ExitStack, tmp_path: Path
) -> None:
    behind = proxied(stack, tmp_path, scheme, lambda host, port: (*PUBLIC, address))
    with pytest.raises(Refused, match="not a public address"):
        behind.open().resolve("v1")
    assert behind.proxy.heads == []


def test_a_redirect_to_the_metadata_service_does_not_reach_the_proxy(stack: ExitStack, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    away = Reply(307, (("Location", "https://169.254.169.254/latest/meta-data/"),))
    server = stack.enter_context(scripted_server(lambda _: away, authority.server(NAME).for_server()))
    proxy = stack.enter_context(http_proxy({f"{NAME}:443": server.host}))
    settings = Settings(
        tmp_path,
        tls=((NAME, Tls(authority.file)),),
        proxies=Proxies.of({"HTTPS_PROXY": proxy.host}),
        resolve=lambda host, port: PUBLIC if host == NAME else (host,),
    )
    with pytest.raises(Refused, match="not a public address"):
        fetch_blob(open_repository(parse_repository(f"{NAME}/shop"), settings), blob_of(BLOB), 100)
    assert len(proxy.heads) == 1


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ("HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n", Refused, "wants a user name"),
        ("HTTP/1.1 403 No\r\n\r\n", Refused, "does not let us reach"),
        ("HTTP/1.1 502 Bad\r\n\r\n", Unreachable, "cannot reach"),
        ("HTTP/1.1 2xx\r\n\r\n", Unreachable, "other than HTTP"),
        ("SSH-2.0-OpenSSH\r\n\r\n", Unreachable, "other than HTTP"),
        ("\r\n\r\n", Unreachable, "other than HTTP"),
        ("HTTP/1.1 200 OK\r\n", Unreachable, "does not end"),
        ("HTTP/1.1 200 OK\r\nX: " + "a" * 20_000, Unreachable, "does not end"),
    ],
)
def test_a_proxy_that_does_not_tunnel_is_named(
    answer: str, error: type[PratiqueError], said: str, stack: ExitStack, tmp_path: Path
) -> None:
    behind = proxied(stack, tmp_path, "https", user="ann:hunter2@", answer=answer)
    with pytest.raises(error, match=said) as raised:
        behind.open().resolve("v1")
    assert "hunter2" not in str(raised.value)
    assert behind.server.asked == []


def test_a_proxy_that_does_not_run_is_named(tmp_path: Path) -> None:
    settings = Settings(
        tmp_path, proxies=Proxies.of({"all_proxy": "http://ann:hunter2@127.0.0.1:1"}), resolve=nowhere
    )
    with pytest.raises(Unreachable, match=r"proxy 127\.0\.0\.1:1: cannot connect") as raised:
        open_repository(parse_repository(f"{NAME}/shop"), settings).resolve("v1")
    assert "hunter2" not in str(raised.value)


# Which proxy


def https(host: str, port: int = 443) -> Origin:
    return Origin("https", host, port)


PROXY = Proxy("proxy.example", 3128)
URL = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("environment", "origin", "proxy"),
    [
        ({"https_proxy": URL}, https(NAME), PROXY),
        ({"HTTPS_PROXY": URL}, https(NAME), PROXY),
        ({"https_proxy": "http://first.example:1", "HTTPS_PROXY": URL}, https(NAME), Proxy("first.example", 1)),
        ({"https_proxy": "proxy.example:3128"}, https(NAME), PROXY),
        ({"https_proxy": "http://proxy.example/"}, https(NAME), Proxy("proxy.example", 80)),
        ({"ALL_PROXY": URL}, https(NAME), PROXY),
        ({"all_proxy": URL}, Origin("http", NAME, 80), PROXY),
        ({"https_proxy": URL}, Origin("http", NAME, 80), None),
        ({"http_proxy": URL}, https(NAME), None),
        ({"HTTP_PROXY": URL}, Origin("http", NAME, 80), PROXY),
        ({"HTTP_PROXY": URL, "REQUEST_METHOD": "GET"}, Origin("http", NAME, 80), None),
        ({"https_proxy": URL}, https("localhost"), None),
        ({"https_proxy": URL}, https("127.0.0.2", 5000), None),
        ({"https_proxy": URL}, https("::1", 5000), None),
        ({"https_proxy": ""}, https(NAME), None),
        ({}, https(NAME), None),
    ],
)
def test_the_environment_names_the_proxy(environment: dict[str, str], origin: Origin, proxy: Proxy | None) -> None:
    assert Proxies.of(environment).towards(origin) == proxy


@pytest.mark.parametrize(
    ("exceptions", "origin", "direct"),
    [
        ("registry.example", https("registry.example"), True),
        ("registry.example", https("a.registry.example"), True),
        ("registry.example", https("aregistry.example"), False),
        ("registry.example", https("example"), False),
        (".example", https("registry.example"), True),
        (".registry.example", https("registry.example"), False),
        ("*.example", https("registry.example"), True),
        ("*.registry.example", https("registry.example"), False),
        ("REGISTRY.Example", https("registry.example"), True),
        (" other.example , registry.example ", https("registry.example"), True),
        ("registry.example:443", https("registry.example"), True),
        ("registry.example:5000", https("registry.example"), False),
        ("registry.example:x", https("registry.example"), False),
        ("192.0.2.7", https("192.0.2.7"), True),
        ("192.0.2.7", https("192.0.2.70"), False),
        ("192.0.2.7:443", https("192.0.2.7"), True),
        ("192.0.2.0/24", https("192.0.2.7"), True),
        ("192.0.2.0/24", https("192.0.3.7"), False),
        ("192.0.2.0/24", https("registry.example"), False),
        ("192.0.2.0/99", https("192.0.2.7"), False),
        ("2001:db8::1", https("2001:db8::1"), True),
        ("[2001:db8::1]:443", https("2001:db8::1"), True),
        ("2001:db8::/32", https("2001:db8::1"), True),
        ("2001:db8::/32", https("192.0.2.7"), False),
        ("*", https("registry.example"), True),
        ("", https("registry.example"), False),
        (",,", https("registry.example"), False),
    ],
)
def test_no_proxy_is_read_in_each_of_its_forms(exceptions: str, origin: Origin, direct: bool) -> None:
    environment = {"https_proxy": URL, "no_proxy": exceptions}
    assert Proxies.of(environment).towards(origin) == (None if direct else PROXY)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://ann:hunter2@proxy.example", "to which TLS is spoken"),
        ("HTTPS://proxy.example:3129", "to which TLS is spoken"),
        ("socks5://ann:hunter2@p.example", "SOCKS proxy"),
        ("socks5h://p.example:1080", "SOCKS proxy"),
        ("SOCKS4://p.example", "SOCKS proxy"),
        ("ftp://p.example", "found none"),
        ("http://", "found none"),
        ("http://p:hunter2/", "found none"),
    ],
)
@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY"])
def test_a_proxy_of_another_kind_is_called_by_its_kind_and_not_quoted(url: str, said: str, variable: str) -> None:
    proxies = Proxies.of({variable: url})
    with pytest.raises(Malformed, match=f"https_proxy .* {said}") as malformed:
        proxies.towards(https(NAME))
    assert "hunter2" not in f"{malformed.value} {proxies!r}"


@pytest.mark.parametrize("url", ["socks5://p.example:1080", "https://p.example"])
def test_no_registry_is_reached_past_a_proxy_that_cannot_be_used(url: str, tmp_path: Path) -> None:
    with scripted_server(serve_blob) as server:
        port = server.host.partition(":")[2]
        host = f"{NAME}:{port}"
        settings = Settings(
            tmp_path,
            insecure=frozenset({host}),
            private=frozenset({host}),
            proxies=Proxies.of({"all_proxy": url}),
            resolve=lambda host, port: ("127.0.0.1",),
        )
        with pytest.raises(Malformed, match="no_proxy"):
            open_repository(parse_repository(f"{host}/shop"), settings).resolve("v1")
        assert not server.connections


@pytest.mark.parametrize("exceptions", [".example", NAME, "*", "*.example"])
def test_a_registry_that_no_proxy_names_is_reached_directly(exceptions: str, tmp_path: Path) -> None:
    with scripted_server(serve_blob) as server:
        host = f"{NAME}:{server.host.partition(':')[2]}"
        settings = Settings(
            tmp_path,
            insecure=frozenset({host}),
            private=frozenset({host}),
            proxies=Proxies.of({"http_proxy": "http://127.0.0.1:1", "no_proxy": exceptions}),
            resolve=lambda host, port: ("127.0.0.1",),
        )
        repository = open_repository(parse_repository(f"{host}/shop"), settings)
        assert fetch_blob(repository, blob_of(BLOB), 100) == BLOB


def test_a_proxy_that_is_not_needed_is_not_judged() -> None:
    assert Proxies.of({"all_proxy": "socks5://p.example", "no_proxy": ".example"}).towards(https(NAME)) is None


def test_no_representation_holds_the_password_of_a_proxy() -> None:
    proxies = Proxies.of({"https_proxy": "http://ann:hunter2@proxy.example"})
    proxy = proxies.towards(https(NAME))
    assert proxy is not None
    hidden = base64.b64encode(b"ann:hunter2").decode()
    assert proxy.authorization == f"Basic {hidden}"
    assert "hunter2" not in f"{proxies!r} {proxy!r} {proxy}"
    assert hidden not in f"{proxies!r} {proxy!r} {proxy}"


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from([NAME, "192.0.2.7", "2001:db8::1"]))
def test_no_environment_makes_the_reader_fail_otherwise(url: str, exceptions: str, host: str) -> None:
    with suppress(Malformed):
        Proxies.of({"all_proxy": url, "no_proxy": exceptions}).towards(https(host))
