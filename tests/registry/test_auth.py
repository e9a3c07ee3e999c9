"""Tokens and passwords: who gets to see them, and who does not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.opened import BLOB, SECRET, at
from tests.registry.scripted_server import Asked, Reply, scripted_server

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.blob import fetch_blob
from pratique.registry.challenge import parse_challenges
from pratique.registry.open import Settings, open_repository
from pratique.values.reference import parse_repository


def token_registry(asked: Asked, host: str, service: str, *, scheme: str = "Bearer") -> Reply:
    """A registry whose tokens are at ``service``."""
    if asked.headers.get("authorization") == "Bearer good":
        return Reply(body=BLOB)
    challenge = f'{scheme} realm="http://{service}/token",service="{host}",scope="repository:shop:pull"'
    return Reply(401, (("WWW-Authenticate", "Negotiate abc=="), ("WWW-Authenticate", challenge)))


def test_a_token_is_fetched_once_and_used_for_every_question() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.target.startswith("/token"):
            return Reply(body=b'{"access_token":"good","expires_in":300}')
        return token_registry(asked, server.host, server.host)

    with scripted_server(answer) as server:
        registry = at(server, credentials=SECRET)
        for _ in range(3):
            assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB

        tokens = [asked for asked in server.asked if asked.target.startswith("/token")]
        assert len(tokens) == 1
        assert "scope=repository%3Ashop%3Apull" in tokens[0].target
        assert tokens[0].headers["authorization"] == SECRET.basic


def test_credentials_do_not_go_to_a_token_service_that_is_not_known() -> None:
    with (
        scripted_server(lambda asked: Reply(body=b'{"token":"good"}')) as elsewhere,
        scripted_server(lambda asked: token_registry(asked, server.host, elsewhere.host)) as server,
    ):
        with pytest.raises(Refused, match="credentials go there only once"):
            fetch_blob(at(server, elsewhere, credentials=SECRET), blob_of(BLOB), 100)
        assert elsewhere.asked == []


def test_credentials_go_to_a_token_service_that_is_configured() -> None:
    with (
        scripted_server(lambda asked: Reply(body=b'{"token":"good"}')) as elsewhere,
        scripted_server(lambda asked: token_registry(asked, server.host, elsewhere.host)) as server,
    ):
        hosts = frozenset({server.host, elsewhere.host})
        settings = Settings(
            Path("/nowhere"),
            credentials=lambda host: SECRET,
            insecure=hosts,
            private=hosts,
            realms=((server.host, elsewhere.host),),
        )
        registry = open_repository(parse_repository(f"{server.host}/shop"), settings)
        assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB
        assert elsewhere.asked[0].headers["authorization"] == SECRET.basic


def test_a_token_service_at_an_inner_address_is_refused_to_strangers() -> None:
    with (
        scripted_server(lambda asked: Reply(body=b'{"token":"good"}')) as inner,
        scripted_server(lambda asked: token_registry(asked, server.host, inner.host)) as server,
    ):
        with pytest.raises(Refused, match="plain HTTP"):
            fetch_blob(at(server), blob_of(BLOB), 100)
        assert inner.asked == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(401), Refused),
        (Reply(500), Unreachable),
        (Reply(body=b"<html>"), Malformed),
        (Reply(body=b"{}"), Malformed),
        (Reply(body=b'{"token":7}'), Malformed),
        (Reply(body=b'{"token":"a\\r\\nHost: x"}'), Malformed),
        (Reply(body=b'{"token":"' + b"a" * 70_000 + b'"}'), Malformed),
    ],
)
def test_a_token_service_that_answers_nonsense_is_named(reply: Reply, error: type[PratiqueError]) -> None:
    def answer(asked: Asked) -> Reply:
        return reply if asked.target.startswith("/token") else token_registry(asked, server.host, server.host)

    with scripted_server(answer) as server, pytest.raises(error):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_endless_401_ends_after_the_second() -> None:
    with scripted_server(lambda asked: Reply(401, (("WWW-Authenticate", "Basic"),))) as server:
        with pytest.raises(Refused, match="401"):
            fetch_blob(at(server, credentials=SECRET), blob_of(BLOB), 100)
        assert len(server.asked) == 2


def test_a_registry_that_wants_a_password_nobody_gave_is_refused() -> None:
    with (
        scripted_server(lambda asked: Reply(401, (("WWW-Authenticate", "Basic"),))) as server,
        pytest.raises(Refused, match="none is configured"),
    ):
        fetch_blob(at(server), blob_of(BLOB), 100)


def test_a_storage_service_that_asks_who_we_are_is_not_told() -> None:
    def storage(asked: Asked) -> Reply:
        return Reply(401, (("WWW-Authenticate", "Basic"),))

    def registry(asked: Asked) -> Reply:
        return Reply(307, (("Location", f"http://{elsewhere.host}/blob"),))

    with scripted_server(storage) as elsewhere, scripted_server(registry) as server:
        with pytest.raises(Refused, match="401"):
            fetch_blob(at(server, elsewhere, credentials=SECRET), blob_of(BLOB), 100)
        assert all("authorization" not in asked.headers for asked in (*elsewhere.asked, *server.asked))


def test_challenges_are_read_however_they_are_packed() -> None:
    packed = 'Negotiate, Basic realm="a, \\"b\\"", BEARER realm="https://x/t", scope="a:b:pull,push", service=s'
    negotiate, basic, bearer = parse_challenges((packed,))
    assert (negotiate.scheme, basic.scheme, bearer.scheme) == ("negotiate", "basic", "bearer")
    assert basic.parameters == {"realm": 'a, "b"'}
    assert bearer.parameters == {"realm": "https://x/t", "scope": "a:b:pull,push", "service": "s"}


@given(st.lists(st.text(max_size=200), max_size=3))
def test_no_header_makes_the_challenge_reader_fail(headers: list[str]) -> None:
    parse_challenges(tuple(headers))
