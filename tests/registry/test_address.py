"""Where connections go: the checked address is the one that is dialled."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.opened import BLOB, serve_blob
from tests.registry.scripted_server import Reply, scripted_server

from pratique.errors import Malformed, Refused, Unreachable
from pratique.registry.address import Dialer, Origin, follow_url, is_literal, origin_of
from pratique.registry.blob import fetch_blob
from pratique.registry.open import Settings, Strangers, open_repository
from pratique.registry.session import Patience
from pratique.values.reference import parse_repository


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "::10.0.0.1",
        "64:ff9b:1::a00:1",
        "192.0.0.192",
        "168.63.129.16",
        "fec0::1",
        "::ffff:0:7f00:1",
        "5f00::1",
    ],
)
def test_a_name_that_resolves_to_an_inner_address_is_not_dialled(address: str) -> None:
    dialer = Dialer(frozenset(), lambda host, port: ("93.184.216.34", address))
    with pytest.raises(Refused, match="not a public address"):
        dialer.dial(Origin("https", "registry.example", 443))


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254", "::1", "0.0.0.0"])
def test_what_is_not_dialled_is_not_reached_through_a_proxy_either(address: str) -> None:
    dialer = Dialer(frozenset(), lambda host, port: ("93.184.216.34", address))
    with pytest.raises(Refused, match="not a public address"):
        dialer.permit(Origin("https", "registry.example", 443))


def test_a_name_that_only_the_proxy_knows_is_left_to_it() -> None:
    def unknown(host: str, port: int) -> tuple[str, ...]:
        raise OSError("not known here")

    Dialer(frozenset(), unknown).permit(Origin("https", "registry.example", 443))
    with pytest.raises(Unreachable, match="does not resolve"):
        Dialer(frozenset(), unknown).dial(Origin("https", "registry.example", 443))


def test_a_typed_registry_may_be_inside_and_yet_leads_nowhere_else_inside() -> None:
    away = Reply(307, (("Location", "https://storage.example/blob"),))
    with scripted_server(lambda _: away) as server:
        port = server.host.rpartition(":")[2]
        host = f"registry.example:{port}"
        settings = Settings(
            Path("/nowhere"), insecure=frozenset({host}), resolve=lambda host, port: ("127.0.0.1",)
        )
        typed = replace(settings, strangers=Strangers.ANYWHERE)
        with pytest.raises(Refused, match=f"http://{host}: 127.0.0.1 is not a public address"):
            fetch_blob(open_repository(parse_repository(f"{host}/shop"), settings), blob_of(BLOB), 100)
        assert server.asked == []
        with pytest.raises(Refused, match=r"https://storage\.example:443: 127\.0\.0\.1 is not a public address"):
            fetch_blob(open_repository(parse_repository(f"{host}/shop"), typed), blob_of(BLOB), 100)
        assert len(server.asked) == 1


def test_a_registry_that_nobody_listed_leads_to_none_of_ours() -> None:
    with scripted_server(serve_blob) as ours:
        away = Reply(307, (("Location", f"http://{ours.host}/v2/shop/blobs/sha256:0"),))
        with scripted_server(lambda _: away) as theirs:
            host = f"registry.example:{theirs.host.rpartition(':')[2]}"
            settings = Settings(
                Path("/nowhere"),
                insecure=frozenset({host, ours.host}),
                private=frozenset({ours.host}),
                strangers=Strangers.ANYWHERE,
                resolve=lambda name, port: ("127.0.0.1",),
            )
            with pytest.raises(Refused, match="is not a public address"):
                fetch_blob(open_repository(parse_repository(f"{host}/shop"), settings), blob_of(BLOB), 100)
            assert len(theirs.asked) == 1
            assert ours.asked == []


@pytest.mark.parametrize(
    "url", ["ftp://h/x?X-Amz-Signature=hush", "https://me:hush@h:port/x", "https://h/x?a=hush b"]
)
def test_a_url_that_is_refused_is_shown_without_what_may_be_secret(url: str) -> None:
    with pytest.raises(Malformed) as refused:
        follow_url("https://registry.example/v2/", url)
    assert "hush" not in str(refused.value)


def test_the_hub_s_registry_is_asked_where_it_is() -> None:
    asked: list[str] = []

    def unknown(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        raise OSError("not known here")

    settings = Settings(Path("/nowhere"), resolve=unknown, patience=Patience(tries=1))
    with pytest.raises(Unreachable):
        open_repository(parse_repository("docker.io/library/debian"), settings).resolve("bookworm")
    assert set(asked) == {"registry-1.docker.io"}


def test_a_trusted_host_may_have_a_private_address_but_no_senseless_one() -> None:
    trusted = frozenset({"registry.example:5000"})
    with pytest.raises(Unreachable, match="cannot connect"):
        Dialer(trusted, lambda host, port: ("127.0.0.1",)).dial(Origin("https", "registry.example", 5000))
    with pytest.raises(Refused, match="not a public address"):
        Dialer(trusted, lambda host, port: ("0.0.0.0",)).dial(Origin("https", "registry.example", 5000))


def test_another_port_of_a_trusted_host_is_not_trusted() -> None:
    dialer = Dialer(frozenset({"registry.example:5000"}), lambda host, port: ("10.0.0.1",))
    with pytest.raises(Refused):
        dialer.dial(Origin("https", "registry.example", 22))


def test_a_name_is_resolved_once_and_that_address_is_dialled() -> None:
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])
    with scripted_server(serve_blob) as server:
        port = int(server.host.rpartition(":")[2])
        dialer = Dialer(frozenset({f"registry.example:{port}"}), lambda host, port: next(answers))
        with dialer.dial(Origin("http", "registry.example", port)) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"


@contextmanager
def over_ipv6(heard: list[bytes]) -> Iterator[int]:
    """Serve the blob on IPv6 loopback, and yield the port; skip where there is no such address."""
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError as error:
        pytest.skip(f"no IPv6 loopback on this machine: {error}")

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n" + BLOB)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


@pytest.mark.parametrize("name", ["registry.example", "[::1]"])
def test_an_ipv6_address_is_checked_and_then_dialled(name: str) -> None:
    heard: list[bytes] = []
    with over_ipv6(heard) as port:
        host = f"{name}:{port}"
        settings = Settings(
            Path("/nowhere"),
            insecure=frozenset({host}),
            private=frozenset({host}),
            resolve=lambda name, port: ("::1",),
        )
        repository = open_repository(parse_repository(f"{host}/shop"), settings)
        assert fetch_blob(repository, blob_of(BLOB), 100) == BLOB
    assert [b"Host: %b\r\n" % host.encode() in asked for asked in heard] == [True]


def test_an_ipv6_loopback_that_nobody_listed_is_not_dialled() -> None:
    heard: list[bytes] = []
    with over_ipv6(heard) as port:
        dialer = Dialer(frozenset(), lambda name, port: ("::1",))
        with pytest.raises(Refused, match="::1 is not a public address"):
            dialer.dial(Origin("http", "registry.example", port))
    assert heard == []


def test_a_name_that_resolves_to_nothing_sensible_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="no address"):
        Dialer(frozenset(), lambda host, port: ("rubbish",)).dial(Origin("https", "x.example", 443))


@pytest.mark.parametrize(
    ("host", "literal"),
    [
        ("127.0.0.1:5000", True),
        ("10.1.2.3", True),
        ("[::1]:5000", True),
        ("localhost:5000", True),
        ("registry.example:5000", False),
        ("127.0.0.1.example", False),
        ("2130706433", False),
    ],
)
def test_only_an_address_is_literal(host: str, literal: bool) -> None:
    assert is_literal(host) is literal


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://x/", "//x/y", "https://", "https://u:p@x/", "http://x:99999/"]
)
def test_a_url_that_is_not_plainly_http_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        origin_of(url)


@given(st.text(max_size=80))
def test_no_text_makes_the_url_reader_fail_otherwise(text: str) -> None:
    try:
        origin_of(text)
        origin_of(f"http://{text}")
    except Malformed:
        pass


def test_of_a_name_with_addresses_without_end_only_a_few_are_tried() -> None:
    with scripted_server(serve_blob) as server:
        host, _, port = server.host.partition(":")
        origin = Origin("http", "registry.example", int(port))
        silent = tuple(f"127.77.0.{number}" for number in range(1, 30))
        trusted = frozenset({origin.authority})
        Dialer(trusted, lambda name, port: (*silent[:3], host)).dial(origin).close()
        with pytest.raises(Unreachable, match="cannot connect"):
            Dialer(trusted, lambda name, port: (*silent, host)).dial(origin)
