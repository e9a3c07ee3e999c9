"""Tokens and passwords: who gets to see them, and who does not."""

import json
import logging
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import blob_of
from tests.registry.opened import BLOB, SECRET, at, serve_blob
from tests.registry.scripted_server import Asked, Reply, Script, Server, scripted_server

from pratique.errors import Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.address import Dialer, origin_of
from pratique.registry.auth import Authorizer
from pratique.registry.blob import fetch_blob, holding
from pratique.registry.challenge import one_for_each_resource, parse_challenges
from pratique.registry.connect import Connector
from pratique.registry.credentials import IdentityToken, Secret
from pratique.registry.messages import Answer
from pratique.registry.open import Settings, open_repository
from pratique.registry.proxy import Proxies
from pratique.registry.tls import Contexts, Tls
from pratique.registry.transport import Transport
from pratique.values.reference import parse_repository

PULL = ("repository:shop:pull",)


def authorizer_at(server: Server, more: str = "", before: str = "") -> tuple[Authorizer, Answer]:
    """An authorizer of a server that sends to itself for tokens, and the 401 that says so."""
    origin = origin_of(f"http://{server.host}")
    dialer = Dialer(frozenset({origin.authority}))
    connector = Connector(dialer, Contexts(origin, "", Tls(), None), Proxies())
    transport = Transport(connector, frozenset({origin.authority}))
    challenge = f'{before}Bearer realm="{origin}/token",service="s"{more}'
    answer = Answer(f"{origin}/v2/", 401, (("www-authenticate", challenge),), b"")
    return Authorizer(server.host, origin, transport, lambda _: SECRET, {}), answer


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


# What is kept, and for how long


def counting(lifetime: int, *, good: int = 10**9) -> tuple[list[Asked], Script]:
    """A registry with numbered tokens, each good for so many questions; and the questions to its token service."""
    tokens: list[Asked] = []
    used: dict[str, int] = {}

    def answer(asked: Asked) -> Reply:
        if asked.target.startswith("/token"):
            tokens.append(asked)
            body = {"token": f"t{len(tokens)}", "expires_in": lifetime}
            return Reply(body=json.dumps(body).encode())
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        used[token] = used.get(token, 0) + 1
        if token and used[token] <= good:
            return Reply(body=BLOB)
        realm = f"http://{asked.headers['host']}/token"
        return Reply(401, (("WWW-Authenticate", f'Bearer realm="{realm}",service="s"'),))

    return tokens, answer


def test_a_token_is_renewed_before_it_ends_and_without_asking_the_registry_in_vain() -> None:
    tokens, answer = counting(lifetime=4)
    with scripted_server(answer) as server:
        registry = at(server, credentials=SECRET)
        assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB
        time.sleep(2.2)
        assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB
        assert len(tokens) == 2
        refused = [asked for asked in server.asked if "authorization" not in asked.headers]
        assert len(refused) == 1


def test_a_token_must_outlive_what_it_is_needed_for_unless_it_is_fresh() -> None:
    tokens, answer = counting(lifetime=8)
    with scripted_server(answer) as server:
        authorizer, challenge = authorizer_at(server)
        assert authorizer.known(PULL, needed_seconds=3600) is None, "nobody has asked yet"
        first = authorizer.meet(challenge, PULL, None)
        assert authorizer.known(PULL) == authorizer.known(PULL, needed_seconds=3600) == first
        time.sleep(1)
        assert authorizer.known(PULL, needed_seconds=0.1) == first
        assert authorizer.known(PULL, needed_seconds=3600) != first
        assert len(tokens) == 2


def test_another_repository_needs_no_second_refusal() -> None:
    tokens, answer = counting(lifetime=300)
    with scripted_server(answer) as server:
        authorizer, challenge = authorizer_at(server)
        authorizer.meet(challenge, PULL, None)
        assert authorizer.known(("repository:other:pull",)) is not None
        assert [parse_qs(urlsplit(asked.target).query)["scope"] for asked in tokens] == [
            ["repository:shop:pull"],
            ["repository:other:pull"],
        ]


def test_a_token_that_is_refused_early_is_replaced() -> None:
    tokens, answer = counting(lifetime=300, good=1)
    with scripted_server(answer) as server:
        registry = at(server, credentials=SECRET)
        for _ in range(3):
            assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB
        assert len(tokens) == 3


def test_sixteen_threads_that_are_refused_at_once_fetch_one_token() -> None:
    tokens, answer = counting(lifetime=300)
    with scripted_server(answer) as server, ThreadPoolExecutor(16) as pool:
        authorizer, challenge = authorizer_at(server)
        found = list(pool.map(lambda _: authorizer.meet(challenge, PULL, None), range(16)))
        assert len(set(found)) == len(tokens) == 1
        renewed = list(pool.map(lambda _: authorizer.meet(challenge, PULL, found[0]), range(16)))
        assert len(set(renewed)) == 1
        assert len(tokens) == 2


def test_a_service_that_understands_one_way_of_asking_for_two_scopes_is_asked_in_each() -> None:
    tokens, answer = counting(lifetime=300)
    with scripted_server(answer) as server:
        authorizer, challenge = authorizer_at(server)
        both = ("repository:shop:pull,push", "repository:build:pull")
        refused = None
        for _ in range(3):
            refused = authorizer.meet(challenge, both, refused)
        assert [parse_qs(urlsplit(asked.target).query)["scope"] for asked in tokens] == [
            ["repository:shop:pull,push", "repository:build:pull"],
            ["repository:shop:pull,push repository:build:pull"],
            ["repository:shop:pull,push"],
        ]


def test_what_the_registry_demands_is_asked_for_first() -> None:
    tokens, answer = counting(lifetime=300)
    with scripted_server(answer) as server:
        authorizer, challenge = authorizer_at(server, ',scope="repository:b:pull repository:a:push"')
        authorizer.meet(challenge, ("repository:a:pull", "repository:c:pull"), None)
        asked = parse_qs(urlsplit(tokens[0].target).query)["scope"]
        assert asked == ["repository:b:pull", "repository:a:push,pull", "repository:c:pull"]


def test_a_bearer_token_is_preferred_to_showing_the_password() -> None:
    _, answer = counting(lifetime=300)
    with scripted_server(answer) as server:
        authorizer, challenge = authorizer_at(server, before="Basic realm=x, ")
        authorization = authorizer.meet(challenge, PULL, None)
        assert authorization is not None
        assert authorization.value == "Bearer t1"


def test_a_challenge_of_an_unknown_kind_is_not_met() -> None:
    with scripted_server(serve_blob) as server:
        authorizer, _ = authorizer_at(server)
        unknown = Answer(f"http://{server.host}/v2/", 401, (("www-authenticate", "Negotiate, Digest a=b"),), b"")
        assert authorizer.meet(unknown, PULL, None) is None


def test_whoever_has_no_password_may_still_read_what_is_open() -> None:
    def half_open(asked: Asked) -> Reply:
        closed = Reply(401, (("WWW-Authenticate", "Basic"),))
        return closed if asked.method == "POST" else Reply(body=BLOB)

    with scripted_server(half_open) as server:
        registry = at(server)
        with pytest.raises(Refused, match="none is configured"):
            registry.put_blob(blob_of(b"new"), holding(b"new"))
        assert fetch_blob(registry, blob_of(BLOB), 100) == BLOB


# OAuth2


def oauth2(asked: Asked, methods: str) -> Reply:
    """A registry whose token service knows only some methods."""
    if not asked.target.startswith("/token"):
        return token_registry(asked, asked.headers["host"], asked.headers["host"])
    return Reply(body=b'{"access_token":"good"}') if asked.method in methods else Reply(404)


def test_an_identity_token_is_posted_and_never_in_a_url() -> None:
    with scripted_server(lambda asked: oauth2(asked, "POST")) as server:
        assert fetch_blob(at(server, credentials=IdentityToken("refresh-me")), blob_of(BLOB), 100) == BLOB
        (asked,) = [asked for asked in server.asked if asked.target.startswith("/token")]
        assert (asked.method, asked.target) == ("POST", "/token")
        assert dict(parse_qsl(asked.body.decode())) == {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-me",
            "client_id": "pratique",
            "service": server.host,
            "scope": "repository:shop:pull",
        }
        assert "authorization" not in asked.headers


def test_where_nothing_can_be_posted_an_identity_token_is_a_password() -> None:
    token = IdentityToken("refresh-me", "ann")
    with scripted_server(lambda asked: oauth2(asked, "GET")) as server:
        assert fetch_blob(at(server, credentials=token), blob_of(BLOB), 100) == BLOB
        asked = [asked for asked in server.asked if asked.target.startswith("/token")]
        assert [one.method for one in asked] == ["POST", "GET"]
        assert asked[1].headers["authorization"] == token.basic
        assert "refresh-me" not in asked[1].target


def test_where_nothing_can_be_got_a_password_is_posted() -> None:
    with scripted_server(lambda asked: oauth2(asked, "POST")) as server:
        assert fetch_blob(at(server, credentials=SECRET), blob_of(BLOB), 100) == BLOB
        asked = [asked for asked in server.asked if asked.target.startswith("/token")]
        assert [one.method for one in asked] == ["GET", "POST"]
        form = dict(parse_qsl(asked[1].body.decode()))
        assert (form["grant_type"], form["username"], form["password"]) == (
            "password",
            SECRET.user,
            SECRET.password,
        )


@pytest.mark.parametrize("secret", [SECRET, IdentityToken("secret-of-the-robot")])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_service_that_redirects_is_not_followed_with_credentials(status: int, secret: Secret) -> None:
    with scripted_server(serve_blob) as elsewhere:

        def answer(asked: Asked) -> Reply:
            if asked.target.startswith("/token"):
                return Reply(status, (("Location", f"http://{elsewhere.host}/token"),))
            return token_registry(asked, server.host, server.host)

        with scripted_server(answer) as server, pytest.raises(Refused, match="redirects"):
            fetch_blob(at(server, elsewhere, credentials=secret), blob_of(BLOB), 100)
        assert elsewhere.asked == []


@pytest.mark.parametrize("secret", [SECRET, IdentityToken("secret-of-the-robot")])
@pytest.mark.parametrize("reply", [Reply(401), Reply(403), Reply(400), Reply(500), Reply(body=b"{"), Reply(0)])
def test_no_failure_and_no_log_shows_a_password(
    reply: Reply, secret: Secret, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(asked: Asked) -> Reply:
        return reply if asked.target.startswith("/token") else token_registry(asked, server.host, server.host)

    with (
        caplog.at_level(logging.DEBUG),
        scripted_server(answer) as server,
        pytest.raises(PratiqueError) as raised,
    ):
        fetch_blob(at(server, credentials=secret), blob_of(BLOB), 100)
    said = f"{raised.value} {raised.value.__cause__!r} {caplog.text}"
    assert "secret-of-the-robot" not in said
    assert secret.basic.removeprefix("Basic ") not in said


# Reading


def test_challenges_are_read_however_they_are_packed() -> None:
    packed = 'Negotiate, Basic realm="a, \\"b\\"", BEARER realm="https://x/t", scope="a:b:pull,push", service=s'
    negotiate, basic, bearer = parse_challenges((packed,))
    assert (negotiate.scheme, basic.scheme, bearer.scheme) == ("negotiate", "basic", "bearer")
    assert basic.parameters == {"realm": 'a, "b"'}
    assert bearer.parameters == {"realm": "https://x/t", "scope": "a:b:pull,push", "service": "s"}


@given(st.lists(st.text(max_size=200), max_size=3))
def test_no_header_makes_the_challenge_reader_fail(headers: list[str]) -> None:
    parse_challenges(tuple(headers))


SCHEMES = st.sampled_from(["Basic", "Bearer", "Negotiate", "Digest", "x-own"])
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
CHALLENGES = st.lists(
    st.tuples(SCHEMES, st.dictionaries(st.sampled_from(["realm", "a", "b"]), VALUES)), max_size=4
)


@given(CHALLENGES, st.integers(0, 4))
def test_what_is_written_by_the_rules_is_read_as_it_was_meant(
    meant: list[tuple[str, dict[str, str]]], cut: int
) -> None:
    def quoted(value: str) -> str:
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'

    parts = [
        f"{name} " + ", ".join(f"{key}={quoted(value)}" for key, value in said.items()) for name, said in meant
    ]
    headers = (", ".join(parts[:cut]), ", ".join(parts[cut:]))
    found = [(challenge.scheme, dict(challenge.parameters)) for challenge in parse_challenges(headers)]
    assert found == [(name.lower(), said) for name, said in meant]


def test_a_token68_is_no_challenge() -> None:
    assert [one.scheme for one in parse_challenges(("Negotiate Basic, Bearer realm=x",))] == [
        "negotiate",
        "bearer",
    ]


ACTIONS = st.lists(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1, max_size=3)
SCOPES = st.lists(
    st.builds(lambda name, actions: f"repository:{name}:{','.join(actions)}", st.sampled_from("abc"), ACTIONS),
    max_size=6,
)


@given(SCOPES)
def test_joining_scopes_neither_loses_nor_adds_and_names_each_resource_once(scopes: list[str]) -> None:
    def flat(scopes: Iterable[str]) -> set[tuple[str, str]]:
        parts = [scope.rpartition(":") for scope in scopes]
        return {(resource, action) for resource, _, actions in parts for action in actions.split(",")}

    joined = one_for_each_resource(tuple(scopes))
    assert flat(joined) == flat(scopes)
    assert len({scope.rpartition(":")[0] for scope in joined}) == len(joined)
    assert one_for_each_resource(joined) == joined
