"""Redirects, TLS and answers: the cases that cost other clients an advisory."""

import datetime
import ipaddress
import os
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.registry.builders import blob_of, build_image
from tests.registry.opened import BLOB, SECRET, at, serve_blob
from tests.registry.scripted_server import Asked, Reply, Script, scripted_server

from pratique.errors import Absent, Conflict, Malformed, PratiqueError, Refused, Unreachable, Unverified
from pratique.registry.blob import fetch_blob, holding
from pratique.registry.open import Settings, open_repository
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository


def redirect(target: Callable[[], str], status: int = 307) -> Script:
    return lambda asked: Reply(status, (("Location", target()),))


def test_plain_http_is_spoken_only_where_it_is_allowed() -> None:
    with scripted_server(serve_blob) as server:
        registry = open_repository(parse_repository(f"{server.host}/shop"), Settings(Path("/nowhere")))
        with pytest.raises(Unreachable, match="TLS"):
            registry.resolve("v1")
        assert server.asked == []


def test_a_redirect_to_an_inner_host_is_refused() -> None:
    with (
        scripted_server(serve_blob) as inner,
        scripted_server(redirect(lambda: f"http://{inner.host}/x")) as server,
    ):
        with pytest.raises(Refused, match="plain HTTP"):
            fetch_blob(at(server), blob_of(BLOB), 100)
        assert inner.asked == []


def test_a_redirect_to_the_metadata_service_is_refused() -> None:
    with (
        scripted_server(redirect(lambda: "https://169.254.169.254/latest/meta-data")) as server,
        pytest.raises(Refused, match="not a public address"),
    ):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_a_redirect_of_a_blob_to_a_storage_service_is_followed_without_credentials() -> None:
    def registry(asked: Asked) -> Reply:
        if "authorization" not in asked.headers:
            return Reply(401, (("WWW-Authenticate", 'Basic realm="x"'),))
        return Reply(307, (("Location", f"http://{storage.host}/bucket?signature=abc"),))

    with scripted_server(serve_blob) as storage, scripted_server(registry) as server:
        assert fetch_blob(at(server, storage, credentials=SECRET), blob_of(BLOB), 100) == BLOB

        assert storage.asked[0].target == "/bucket?signature=abc"
        assert "authorization" not in storage.asked[0].headers
        assert server.asked[-1].headers["authorization"] == SECRET.basic


@pytest.mark.parametrize(
    "location", ["http://[", "http://x y/", "http://x/\xe9", "ftp://x/", "http://u@127.0.0.1/"]
)
def test_a_redirect_to_what_is_no_url_is_malformed(location: str) -> None:
    with scripted_server(redirect(lambda: location)) as server, pytest.raises(Malformed, match="URL"):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_redirects_end_somewhere() -> None:
    with scripted_server(redirect(lambda: "/again")) as server:
        with pytest.raises(Unreachable, match="more than 5 redirects"):
            fetch_blob(at(server), blob_of(BLOB), 100)
        assert len(server.asked) == 6


def test_a_redirect_of_a_write_is_not_followed() -> None:
    with (
        scripted_server(redirect(lambda: "/elsewhere")) as server,
        pytest.raises(Unreachable, match="not followed"),
    ):
        at(server).put_blob(blob_of(BLOB), holding(BLOB))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test registry")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(built.public_bytes(encoding) + private)
    return path


@pytest.fixture(scope="session")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_registry_with_a_certificate_we_trust_is_read(tls: ssl.SSLContext, certificate: Path) -> None:
    with scripted_server(serve_blob, tls) as server:
        settings = Settings(Path("/nowhere"), authorities=certificate)
        registry = open_repository(parse_repository(f"{server.host}/shop"), settings)
        assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB


def test_a_registry_with_a_certificate_nobody_signed_is_unreachable(tls: ssl.SSLContext) -> None:
    with scripted_server(serve_blob, tls) as server:
        registry = open_repository(parse_repository(f"{server.host}/shop"), Settings(Path("/nowhere")))
        with pytest.raises(Unreachable, match=r"TLS.*certificate"):
            registry.resolve("v1")
        assert server.asked == []


def test_a_registry_that_speaks_no_tls_is_called_that() -> None:
    with scripted_server(serve_blob) as server:
        registry = open_repository(parse_repository(f"{server.host}/shop"), Settings(Path("/nowhere")))
        with pytest.raises(Unreachable, match="if it speaks plain HTTP, list it as insecure"):
            registry.resolve("v1")
        assert server.asked == []


def test_a_redirect_from_https_to_http_is_refused(tls: ssl.SSLContext, certificate: Path) -> None:
    with (
        scripted_server(serve_blob) as plain,
        scripted_server(redirect(lambda: f"http://{plain.host}/"), tls) as server,
    ):
        settings = Settings(Path("/nowhere"), insecure=frozenset({plain.host}), authorities=certificate)
        registry = open_repository(parse_repository(f"{server.host}/shop"), settings)
        with pytest.raises(Refused, match="https to http"):
            fetch_blob(registry, blob_of(BLOB), 100)
        assert plain.asked == []


def test_an_upload_from_https_to_http_is_refused(tls: ssl.SSLContext, certificate: Path) -> None:
    with (
        scripted_server(serve_blob) as plain,
        scripted_server(redirect(lambda: f"http://{plain.host}/", 202), tls) as server,
    ):
        settings = Settings(Path("/nowhere"), insecure=frozenset({plain.host}), authorities=certificate)
        registry = open_repository(parse_repository(f"{server.host}/shop"), settings)
        with pytest.raises(Refused, match="plain HTTP"):
            registry.put_blob(blob_of(BLOB), holding(BLOB))
        assert plain.asked == []


def test_a_busy_registry_is_asked_again_after_the_time_it_names() -> None:
    replies = iter([Reply(429, (("Retry-After", "0"),), b"slow down"), Reply(503), Reply(body=BLOB)])
    with scripted_server(lambda asked: next(replies)) as server:
        assert fetch_blob(at(server), blob_of(BLOB), 100) == BLOB


@pytest.mark.parametrize("wait", ["1000000000", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_an_absurd_wait_is_not_waited(wait: str) -> None:
    with scripted_server(lambda asked: Reply(429, (("Retry-After", wait),))) as server:
        with pytest.raises(Unreachable, match="asks to wait"):
            fetch_blob(at(server), blob_of(BLOB), 100)
        assert len(server.asked) == 1


@pytest.mark.parametrize("wait", ["", "soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_registry_that_stays_busy_is_unreachable(wait: str) -> None:
    with scripted_server(lambda asked: Reply(429, (("Retry-After", wait),))) as server:
        with pytest.raises(Unreachable, match="busy each of 3 times"):
            fetch_blob(at(server), blob_of(BLOB), 100)
        assert len(server.asked) == 3


@pytest.mark.parametrize("body", [BLOB[:3], BLOB + b"!", b"hallo"], ids=["short", "long", "other"])
def test_a_blob_that_is_not_what_was_asked_for_is_unverified(body: bytes) -> None:
    with scripted_server(lambda asked: Reply(body=body)) as server, pytest.raises(Unverified):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_a_blob_that_breaks_off_is_unreachable() -> None:
    with (
        scripted_server(lambda asked: Reply(body=BLOB, cut=3)) as server,
        pytest.raises(Unreachable, match="after 3 of 5 bytes"),
    ):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_a_compressed_answer_is_not_decoded_but_refused() -> None:
    reply = Reply(headers=(("Content-Encoding", "gzip"),), body=BLOB)
    with scripted_server(lambda asked: reply) as server, pytest.raises(Unverified, match="gzip"):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_a_manifest_that_is_too_long_is_malformed() -> None:
    with (
        scripted_server(lambda asked: Reply(body=b" " * (4 * 1024 * 1024 + 1))) as server,
        pytest.raises(Malformed, match="at most 4194304 bytes"),
    ):
        at(server).manifest(Digest("0" * 64))


def test_a_manifest_with_other_bytes_is_unverified() -> None:
    image = build_image("a")
    reply = Reply(headers=(("Content-Type", image.media_type),), body=image.raw)
    with scripted_server(lambda asked: reply) as server, pytest.raises(Unverified, match="expected sha256:0000"):
        at(server).manifest(Digest("0" * 64))


def test_a_manifest_delivered_as_another_type_is_malformed() -> None:
    image = build_image("a")
    reply = Reply(headers=(("Content-Type", "application/vnd.oci.image.index.v1+json; x=y"),), body=image.raw)
    with scripted_server(lambda asked: reply) as server, pytest.raises(Malformed, match="ambiguous"):
        at(server).manifest(image.digest)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Refused), (403, Refused), (404, Absent), (409, Conflict), (413, Refused), (500, Unreachable)],
)
def test_what_the_registry_says_is_shown_in_one_line(status: int, error: type[PratiqueError]) -> None:
    said = b'{"errors":[{"code":"DENIED","message":"line one\\nline two\\u001b[31m"}]}'
    with scripted_server(lambda asked: Reply(status, body=said)) as server:
        with pytest.raises(error) as caught:
            at(server).put_blob(blob_of(BLOB), holding(BLOB))
        assert "\n" not in str(caught.value)
        assert "\x1b" not in str(caught.value)
        assert "DENIED: line oneline two" in str(caught.value)


def test_a_manifest_that_the_registry_calls_otherwise_is_unverified() -> None:
    def registry(asked: Asked) -> Reply:
        return (
            Reply(201, (("Docker-Content-Digest", f"sha256:{'0' * 64}"),)) if asked.method == "PUT" else Reply(404)
        )

    with scripted_server(registry) as server, pytest.raises(Unverified, match="calls it"):
        at(server).put_manifest(build_image("a").manifest)


def test_a_registry_that_sends_each_time_elsewhere_does_not_gather_connections() -> None:
    with ExitStack() as stack:
        storages = [stack.enter_context(scripted_server(serve_blob)) for _ in range(60)]
        ways = iter(storages)
        server = stack.enter_context(scripted_server(redirect(lambda: f"http://{next(ways).host}/x")))
        registry, before = at(server, *storages), len(os.listdir("/proc/self/fd"))
        for _ in storages:
            assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB
        ends = 2  # of each connection, as the servers are in this process
        assert len(os.listdir("/proc/self/fd")) - before < 30 * ends
        assert server.connections == 1
