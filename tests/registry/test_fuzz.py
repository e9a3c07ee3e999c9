"""Whatever arrives from outside, only errors of ours come out, and soon.

Readers are given text and bytes directly; everything that is read on the way of a whole question comes from a
server that says it. The long run is the same with more examples, behind ``make soak``.
"""

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.registry.builders import BUNDLE, blob_of, build_image, build_index, build_platforms, build_referrer
from tests.servers.faulty.auth import Person
from tests.servers.faulty.server import Server, serve
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Absent, Conflict, Malformed, PratiqueError, Refused, Unreachable, Unverified
from pratique.registry.address import follow_url, origin_of
from pratique.registry.blob import fetch_blob, holding
from pratique.registry.challenge import parse_challenges
from pratique.registry.closure import plan
from pratique.registry.credentials import Credentials, Secret
from pratique.registry.docker_config import docker_credentials
from pratique.registry.link import next_page
from pratique.registry.manifest import MANIFEST_TYPES, OCI_INDEX, parse_manifest
from pratique.registry.open import Settings, open_repository
from pratique.registry.patience import retry_after
from pratique.registry.referrers import read_list
from pratique.registry.resume import continues
from pratique.registry.session import Patience
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference, parse_repository

ANN = Person("ann", "secret-of-ann")
BLOB = b"hello"
OURS = (Malformed, Refused, Unreachable)
READING = (*OURS, Absent, Unverified)
SECONDS = 30  # nothing here takes one, on a machine that has nothing else to do

LENGTHS = [
    pytest.param(40, id="short"),
    pytest.param(5000, id="long", marks=pytest.mark.soak),
]


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail where the block works for longer, also where it would never end; a busy machine does not count."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {seconds} s of work")

    before = {number: signal.signal(number, late) for number in (signal.SIGPROF, signal.SIGALRM)}
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(60 * seconds)  # for one that waits instead of working
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def explore(strategy: st.SearchStrategy[Any], examples: int, check: Callable[[Any], object]) -> None:
    """Check so many examples of a strategy, each within its time."""

    @settings(
        max_examples=examples, suppress_health_check=list(HealthCheck), database=None, derandomize=examples < 1000
    )
    @given(strategy)
    def law(example: Any) -> None:
        with within(SECONDS):
            check(example)

    law()


# Texts that look like what they should be.

WORDS = st.sampled_from(
    ["Bearer", "Basic", "realm", "service", "scope", "=", ",", '"', "\\", " ", "\t", ";", "rel", "next", "<", ">"]
)
PLACES = st.sampled_from(
    ["http://", "https://", "//", "/", "..", "?", "#", "@", ":", "[::1]", "127.0.0.1", "169.254.169.254", "%", "a"]
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(WORDS, PLACES, st.text(max_size=5)), max_size=40).map("".join),
    st.builds(
        lambda word, count: word * count, st.one_of(WORDS, PLACES, st.text(max_size=3)), st.integers(0, 9000)
    ),
)
HEADERS = TEXTS.map(lambda text: "".join(letter for letter in text if letter.isprintable() and ord(letter) < 256))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=12,
)


# Readers


@pytest.mark.parametrize("examples", LENGTHS)
def test_no_challenge_makes_its_reader_fail(examples: int) -> None:
    explore(st.lists(TEXTS, max_size=4).map(tuple), examples * 5, parse_challenges)


@pytest.mark.parametrize("part", [" ", "\t", 'a="', "a=", ",", "\\", '"\\', "a ,", "=", "a" * 50, ' = "'])
def test_challenges_of_any_length_are_read_at_once(part: str) -> None:
    with within(5):
        parse_challenges(tuple(part * 70_000 for _ in range(10)))


@pytest.mark.parametrize("examples", LENGTHS)
def test_no_link_makes_its_reader_fail(examples: int) -> None:
    explore(st.lists(TEXTS, max_size=4).map(tuple), examples * 5, next_page)


@pytest.mark.parametrize(
    "part", ["<", "<>", "<a>;", '<a>;rel="', "; rel=", '"', " ", "<a>; rel=x, ", ";" + " " * 50]
)
def test_links_of_any_length_are_read_at_once(part: str) -> None:
    with within(5):
        next_page(tuple(part * 70_000 for _ in range(10)))


@pytest.mark.parametrize("examples", LENGTHS)
def test_a_location_leads_to_an_address_or_is_malformed(examples: int) -> None:
    def check(location: str) -> None:
        with suppress(Malformed):
            origin = origin_of(follow_url("https://registry.example/v2/shop/blobs/uploads/", location))
            assert origin.scheme in ("http", "https")
            assert origin.host

    explore(TEXTS, examples * 5, check)


@pytest.mark.parametrize("examples", LENGTHS)
def test_a_content_range_is_the_rest_or_is_not(examples: int) -> None:
    numbers = st.one_of(st.integers(0, 200), st.integers(), TEXTS)
    ranges = st.one_of(TEXTS, st.builds(lambda a, b, c: f"bytes {a}-{b}/{c}", numbers, numbers, numbers))

    def check(text: str) -> None:
        assert continues(text, 5, 100) == (text.strip() in ("bytes 5-99/100", "bytes 5-99/*"))

    explore(ranges, examples * 5, check)
    assert continues("bytes 5-99/100", 5, 100)


@pytest.mark.parametrize("examples", LENGTHS)
def test_a_wait_is_a_number_of_seconds_or_nothing(examples: int) -> None:
    dates = st.datetimes().map(lambda moment: moment.strftime("%a, %d %b %Y %H:%M:%S GMT"))

    def check(text: str) -> None:
        seconds = retry_after(text)
        assert seconds is None or 0 <= seconds < float("inf")

    explore(st.one_of(TEXTS, dates, st.integers().map(str)), examples * 5, check)


@pytest.mark.parametrize("examples", LENGTHS)
def test_a_reference_is_read_or_is_malformed(examples: int) -> None:
    def check(text: str) -> None:
        with suppress(Malformed):
            assert str(parse_reference(text)) == text
        with suppress(Malformed):
            parse_repository(text)
        with suppress(Malformed):
            assert str(Digest.parse(text)) == text

    explore(st.one_of(TEXTS, TEXTS.map(lambda text: f"r.example/a{text}")), examples * 5, check)


# Manifests


def corpus_manifests(corpus: Path) -> list[bytes]:
    """Every small JSON document of the corpus's layouts: manifests, indexes, configs, and what else lies there."""
    files = (path for path in sorted(corpus.glob("oci-*/**/*")) if path.is_file() and path.stat().st_size < 32_000)
    return [raw for path in files if (raw := path.read_bytes()).lstrip()[:1] == b"{"]


BUILT = [
    each.raw
    for each in (
        build_image("web"),
        build_platforms("web"),
        build_image("docker", docker=True),
        build_referrer(build_image("web"), BUNDLE, b"{}", note="x"),
        build_index((build_platforms("inner"), {}), annotations={"a": "b"}),
    )
]


@st.composite
def bent(draw: st.DrawFn, raws: list[bytes]) -> bytes:
    """A real document with some of its values, keys or bytes changed."""
    raw = draw(st.sampled_from(raws))
    if draw(st.booleans()):
        return draw(flipped(raw))
    document = json.loads(raw)
    for _ in range(draw(st.integers(1, 4))):
        change_one(draw, document)
    return json.dumps(document, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def flipped(draw: st.DrawFn, raw: bytes) -> bytes:
    at = draw(st.integers(0, len(raw)))
    much = draw(st.integers(0, 20))
    return raw[:at] + draw(st.one_of(st.binary(max_size=8), st.just(raw[:50]))) + raw[at + much :]


def change_one(draw: st.DrawFn, document: Any) -> None:
    """Change one value somewhere in a document."""
    place = document
    while True:
        keys: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and draw(st.integers(0, 3)):
            place = place[key]
            continue
        match draw(st.integers(0, 3)):
            case 0:
                del place[key]
            case 1 if isinstance(place, dict):
                place[
                    draw(st.sampled_from(["Layers", "manifests", "config", "subject", "data", "size", "urls"]))
                ] = place[key]
            case 2 if isinstance(place[key], str):
                place[key] = draw(st.one_of(st.text(max_size=20), st.just(place[key].upper())))
            case _:
                place[key] = draw(JSON)
        return


@pytest.mark.parametrize("examples", LENGTHS)
@pytest.mark.parametrize("source", ["built", "corpus"])
def test_a_bent_manifest_is_read_exactly_or_is_malformed(
    examples: int, source: str, request: pytest.FixtureRequest
) -> None:
    raws = BUILT if source == "built" else corpus_manifests(request.getfixturevalue("corpus"))

    def check(example: tuple[bytes, str]) -> None:
        raw, stated = example
        with suppress(Malformed):
            found = parse_manifest(raw, stated)
            assert found.raw == raw
            assert found.digest == Digest.of(raw)
            assert found.media_type in MANIFEST_TYPES
            assert not (found.layers and found.children)
        with suppress(Malformed, Refused):
            read_list(raw)

    explore(st.tuples(bent(raws), st.sampled_from(["", *MANIFEST_TYPES, "text/html"])), examples * 5, check)


def test_the_corpus_holds_manifests_to_bend(corpus: Path) -> None:
    def read(raw: bytes) -> bool:
        with suppress(Malformed):
            parse_manifest(raw)
            return True
        return False

    assert sum(read(raw) for raw in corpus_manifests(corpus)) > 30


# docker's configuration


@pytest.mark.parametrize("examples", LENGTHS)
def test_a_configuration_of_docker_is_read_or_is_malformed(examples: int, tmp_path: Path) -> None:
    entries = st.dictionaries(st.sampled_from(["auth", "username", "password", "identitytoken", "x"]), JSON)
    tables = st.dictionaries(
        st.one_of(st.sampled_from(["r.example", "https://r.example/v1/"]), TEXTS), entries | JSON
    )
    configs = st.fixed_dictionaries(
        {}, optional={"auths": tables | JSON, "credHelpers": tables | JSON, "credsStore": JSON}
    )
    path = tmp_path / "config.json"

    def helper(_name: str, _server: str) -> Secret | None:
        return None

    def check(raw: bytes) -> None:
        path.write_bytes(raw)
        with suppress(Malformed):
            found = docker_credentials(path, helper)("r.example")
            assert found is None or "secret" not in repr(found)

    explore(
        st.one_of(configs.map(lambda one: json.dumps(one).encode()), st.binary(max_size=200)), examples * 2, check
    )


# Whole questions


class Saying:
    """A server that says what the example wants, and hangs up: it may have promised more than it sends."""

    def __init__(self) -> None:
        self.answer: Callable[[Asked], Reply] = lambda asked: Reply(404)

    def __call__(self, asked: Asked) -> Reply:
        asked.body()
        reply = self.answer(asked)
        return replace(reply, cut=reply.content.size)


@pytest.fixture(scope="module")
def saying() -> Iterator[tuple[Saying, Server]]:
    handler = Saying()
    with serve(handler) as server:
        yield handler, server


def resolve(host: str, _port: int) -> tuple[str, ...]:
    """Know addresses and no names: nobody outside is asked."""
    if host.replace(".", "").isdigit() or ":" in host:
        return (host,)
    raise OSError("no such name")


def ask_everything(server: Server, expected: tuple[type[PratiqueError], ...]) -> None:
    """Read, list and write at a server; each may fail as expected, and no other way."""
    known = Credentials(ANN.user, ANN.password)
    one_try = Patience(1, longest_wait_seconds=0.01, total_wait_seconds=1)
    registry = open_repository(
        parse_repository(f"{server.host}/shop"),
        Settings(
            Path("/nowhere"), credentials=lambda host: known, insecure=frozenset({server.host}), patience=one_try
        ),
    )
    image = build_image("web")
    for ask in (
        lambda: registry.resolve("v1"),
        lambda: registry.manifest(image.digest),
        registry.tags,
        lambda: registry.referrers(image.digest),
        lambda: registry.blob_size(image.digest),
        lambda: fetch_blob(registry, blob_of(BLOB), 100),
        lambda: registry.put_blob(blob_of(BLOB), holding(BLOB)),
        lambda: registry.put_manifest(image.manifest),
        lambda: registry.mount_blob(blob_of(BLOB), parse_repository(f"{server.host}/other")),
        lambda: plan(registry, image.digest),
    ):
        with suppress(*expected):
            ask()


ANY_OF_OURS = (*READING, Conflict)
WHOLE = [pytest.param(12, id="short"), pytest.param(300, id="long", marks=pytest.mark.soak)]


def said(saying: tuple[Saying, Server], reply: Callable[[Asked], Reply]) -> None:
    handler, server = saying
    handler.answer = reply
    ask_everything(server, ANY_OF_OURS)
    for seen in server.seen:
        assert ANN.password not in seen.target
    server.seen.clear()


@pytest.mark.parametrize("examples", WHOLE)
def test_any_challenge_ends_in_an_error_of_ours(saying: tuple[Saying, Server], examples: int) -> None:
    explore(
        st.lists(HEADERS, max_size=3),
        examples,
        lambda texts: said(
            saying, lambda asked: Reply(401, tuple(("WWW-Authenticate", text.strip()) for text in texts))
        ),
    )


@pytest.mark.parametrize("examples", WHOLE)
def test_any_token_ends_in_an_error_of_ours_or_is_used(saying: tuple[Saying, Server], examples: int) -> None:
    tokens = st.fixed_dictionaries(
        {}, optional={"token": JSON, "access_token": JSON, "expires_in": JSON, "issued_at": JSON}
    )

    def reply(asked: Asked, body: bytes) -> Reply:
        if asked.path == "/token":
            return Reply(body=body)
        realm = f'Bearer realm="{saying[1].url}/token",service="x",scope="repository:shop:pull"'
        return Reply(401, (("WWW-Authenticate", realm),))

    explore(
        st.one_of(tokens.map(lambda one: json.dumps(one).encode()), st.binary(max_size=100)),
        examples,
        lambda body: said(saying, lambda asked: reply(asked, body)),
    )


@pytest.mark.parametrize("examples", WHOLE)
@pytest.mark.parametrize("status", [200, 201, 202, 206, 307, 429])
def test_any_headers_end_in_an_error_of_ours(saying: tuple[Saying, Server], status: int, examples: int) -> None:
    names = st.sampled_from(
        [
            "Location",
            "Link",
            "Content-Range",
            "Content-Length",
            "Content-Type",
            "Content-Encoding",
            "Transfer-Encoding",
            "Docker-Content-Digest",
            "OCI-Subject",
            "Retry-After",
            "ETag",
            "Connection",
            "Set-Cookie",
        ]
    )
    bodies = st.sampled_from([b"", b"{}", BLOB, build_image("web").raw, b'{"tags":["a"]}', b"\xff" * 300])
    explore(
        st.tuples(st.lists(st.tuples(names, HEADERS.map(str.strip)), max_size=5), bodies),
        examples,
        lambda example: said(saying, lambda asked: Reply(status, tuple(example[0]), example[1])),
    )


@pytest.mark.parametrize("examples", WHOLE)
def test_any_bytes_end_in_an_error_of_ours(saying: tuple[Saying, Server], examples: int) -> None:
    starts = st.sampled_from(
        [
            b"",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/0.9 ",
            b"HTTP/2 200",
        ]
    )
    explore(
        st.tuples(starts, st.binary(max_size=200)),
        examples,
        lambda example: said(saying, lambda asked: Reply(200, raw=b"".join(example))),
    )


@pytest.mark.parametrize("examples", WHOLE)
def test_any_list_of_referrers_ends_in_an_error_of_ours(saying: tuple[Saying, Server], examples: int) -> None:
    raws = [raw for raw in BUILT if b"manifests" in raw]

    def reply(asked: Asked, raw: bytes, link: str) -> Reply:
        kind = OCI_INDEX if "/referrers/" in asked.path else MANIFEST_TYPES[1]
        return Reply(200, (("Content-Type", kind), ("Link", link)), raw)

    explore(
        st.tuples(bent(raws), HEADERS.map(str.strip)),
        examples,
        lambda example: said(saying, lambda asked: reply(asked, *example)),
    )
