"""Certificates: who is believed where, and to whom ours is shown."""

import ssl
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from tests.registry.builders import blob_of
from tests.registry.opened import BLOB, SECRET, serve_blob
from tests.registry.scripted_server import Asked, Reply, Server, scripted_server
from tests.servers.authority import Authority

from pratique.errors import Absent, Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.address import Origin
from pratique.registry.blob import fetch_blob
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.tls import Contexts, Tls
from pratique.values.reference import parse_repository

NOWHERE = Path("/nowhere")


def at(server: Server, tls: Tls) -> Registry:
    settings = Settings(NOWHERE, tls=((server.host, tls),), private=frozenset({server.host}))
    return open_repository(parse_repository(f"{server.host}/shop"), settings)


def test_an_authority_of_one_registry_is_not_believed_for_another_host(tmp_path: Path) -> None:
    own, tls = Origin("https", "registry.example", 443), Tls(Authority(tmp_path).file)
    contexts = Contexts(own, "tokens.example", tls, None)

    def believes(host: str, port: int = 443) -> bool:
        names = [str(known["subject"]) for known in contexts.towards(Origin("https", host, port)).get_ca_certs()]
        return any("test authority" in name for name in names)

    assert believes("registry.example")
    assert believes("registry.example", 5000)
    assert believes("tokens.example")
    assert not believes("storage.example")


def test_an_authority_of_everywhere_is_believed_everywhere(tmp_path: Path) -> None:
    contexts = Contexts(Origin("https", "registry.example", 443), "", Tls(), Authority(tmp_path).file)
    known = contexts.towards(Origin("https", "storage.example", 443)).get_ca_certs()
    assert any("test authority" in str(one["subject"]) for one in known)


def test_what_holds_for_one_origin_is_read_once(tmp_path: Path) -> None:
    contexts = Contexts(Origin("https", "registry.example", 443), "", Tls(Authority(tmp_path).file), None)
    first = contexts.towards(Origin("https", "a.example", 443))
    assert contexts.towards(Origin("https", "b.example", 443)) is first
    assert contexts.towards(Origin("https", "registry.example", 443)) is not first
    assert first.minimum_version is ssl.TLSVersion.TLSv1_2
    assert first.check_hostname


def test_our_certificate_is_shown_to_the_registry_and_not_to_its_storage(tmp_path: Path) -> None:
    """Both ask for one; a redirect leads from the one to the other."""
    authority = Authority(tmp_path)
    ours = authority.client()
    tls = Tls(authority.file, ours.certificate, ours.key)
    wanting = authority.server().for_server()
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.load_verify_locations(authority.file)
    with ExitStack() as stack:
        storage = stack.enter_context(scripted_server(serve_blob, wanting))
        away = Reply(307, (("Location", f"https://{storage.host}/blob"),))
        registry = stack.enter_context(scripted_server(lambda _: away, wanting))
        settings = Settings(
            NOWHERE,
            tls=((registry.host, tls),),
            authorities=authority.file,
            private=frozenset({registry.host, storage.host}),
        )
        repository = open_repository(parse_repository(f"{registry.host}/shop"), settings)
        with pytest.raises(Unreachable, match=storage.host):
            fetch_blob(repository, blob_of(BLOB), 100)
        assert len(registry.asked) >= 1
        assert storage.asked == []


def test_our_certificate_may_be_in_one_file_with_its_key(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    ours, both = authority.client(), tmp_path / "both.pem"
    both.write_bytes(ours.certificate.read_bytes() + ours.key.read_bytes())
    wanting = authority.server().for_server()
    wanting.verify_mode = ssl.CERT_REQUIRED
    wanting.load_verify_locations(authority.file)
    with scripted_server(serve_blob, wanting) as server:
        assert fetch_blob(at(server, Tls(authority.file, both)), blob_of(BLOB), 100) == BLOB


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with scripted_server(serve_blob, authority.server().for_server()) as server:
        host = f"localhost:{server.host.rpartition(':')[2]}"
        settings = Settings(NOWHERE, tls=((host, Tls(authority.file)),))
        with pytest.raises(Unreachable, match=r"TLS.*[Hh]ostname"):
            open_repository(parse_repository(f"{host}/shop"), settings).resolve("v1")
        assert server.asked == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_older_than_1_2_is_not_spoken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old = authority.server().for_server()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    with scripted_server(serve_blob, old) as server, pytest.raises(Unreachable, match="TLS"):
        at(server, Tls(authority.file)).resolve("v1")


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ("no authority", Absent, "authority.pem cannot be read"),
        ("no PEM", Malformed, "expected certificate authorities"),
        ("no certificate", Absent, "cannot be read"),
        ("no key", Malformed, "its own private key"),
        ("another key", Malformed, "its own private key"),
        ("encrypted key", Malformed, "not encrypted"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    change: str, error: type[PratiqueError], said: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    ours = authority.client()
    file, certificate, key = authority.file, ours.certificate, ours.key
    if change == "no authority":
        file.unlink()
    elif change == "no PEM":
        file.write_text("no certificate")
    elif change == "no certificate":
        certificate.unlink()
    elif change == "no key":
        key.write_text("no key")
    elif change == "another key":
        key.write_bytes(authority.client().key.read_bytes())
    else:
        form = serialization.PrivateFormat.PKCS8
        hidden = serialization.BestAvailableEncryption(b"hunter2")
        key.write_bytes(authority.key.private_bytes(serialization.Encoding.PEM, form, hidden))
    with scripted_server(serve_blob, authority.server().for_server()) as server, pytest.raises(error, match=said):
        at(server, Tls(file, certificate, key)).resolve("v1")


def test_credentials_do_not_follow_a_token_service_that_is_spoken_to_in_the_clear(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with ExitStack() as stack:
        tokens = stack.enter_context(scripted_server(lambda _: Reply(body=b'{"token":"good"}')))

        def registry(asked: Asked) -> Reply:
            return Reply(401, (("WWW-Authenticate", f'Bearer realm="http://{tokens.host}/token"'),))

        server = stack.enter_context(scripted_server(registry, authority.server().for_server()))
        settings = Settings(NOWHERE, credentials=lambda _: SECRET, tls=((server.host, Tls(authority.file)),))
        with pytest.raises(Refused):
            open_repository(parse_repository(f"{server.host}/shop"), settings).resolve("v1")
        assert tokens.asked == []
