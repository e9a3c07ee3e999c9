"""What a registry may do to an upload, a mount, a tag or a list of referrers."""

import itertools
from collections.abc import Callable

import pytest
from tests.registry.builders import blob_of, build_image, build_referrer, no_lock, to_json
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import BLOB, SECRET, at
from tests.registry.scripted_server import Asked, Reply, Script, scripted_server

from pratique.errors import Conflict, Malformed, Refused, Unreachable, Unverified
from pratique.registry.blob import holding
from pratique.registry.manifest import OCI_INDEX
from pratique.registry.referrers import fallback_tag
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository


def redirect(target: Callable[[], str], status: int = 307) -> Script:
    return lambda asked: Reply(status, (("Location", target()),))


def test_an_upload_to_another_host_carries_no_credentials() -> None:
    def registry(asked: Asked) -> Reply:
        if "authorization" not in asked.headers:
            return Reply(401, (("WWW-Authenticate", "Basic"),))
        return Reply(202, (("Location", f"http://{storage.host}/put?state=1"),))

    with scripted_server(lambda asked: Reply(201)) as storage, scripted_server(registry) as server:
        at(server, storage, credentials=SECRET).put_blob(blob_of(BLOB), holding(BLOB))

        assert storage.asked[0].target == f"/put?state=1&digest=sha256%3A{Digest.of(BLOB).hex}"
        assert storage.asked[0].body == BLOB
        assert "authorization" not in storage.asked[0].headers


def test_an_upload_whose_answer_was_lost_is_found_done() -> None:
    memory = MemoryRegistry()

    def registry(asked: Asked) -> Reply:
        reply = memory.answer(asked)
        return Reply(500) if asked.method == "PUT" else reply

    with scripted_server(registry) as server:
        at(server).put_blob(blob_of(BLOB), holding(BLOB))
        assert [asked.method for asked in server.asked] == ["POST", "PUT", "HEAD"]


def test_an_upload_that_fails_begins_again_from_the_start() -> None:
    memory = MemoryRegistry()
    failures = iter([Reply(500), Reply(502)])

    def registry(asked: Asked) -> Reply:
        return (next(failures, None) if asked.method == "PUT" else None) or memory.answer(asked)

    with scripted_server(registry) as server:
        at(server).put_blob(blob_of(BLOB), holding(BLOB))
        assert [asked.body for asked in server.asked if asked.method == "PUT"] == [BLOB] * 3


def test_the_last_bytes_of_a_wrong_blob_are_never_sent() -> None:
    with scripted_server(MemoryRegistry().answer) as server:
        with pytest.raises(Unverified):
            at(server).put_blob(blob_of(BLOB * 200_000), holding(BLOB * 199_999 + b"wrong"))

        assert all(len(asked.body) < len(BLOB) * 200_000 for asked in server.asked)


def test_a_registry_where_deleting_is_switched_off_is_told_by_its_setting() -> None:
    with (
        scripted_server(lambda asked: Reply(405)) as server,
        pytest.raises(Refused, match=r"storage\.delete\.enabled"),
    ):
        at(server).delete_manifest(Digest("0" * 64))


def test_an_upload_without_a_place_is_malformed() -> None:
    with scripted_server(lambda asked: Reply(202)) as server, pytest.raises(Malformed, match="did not say where"):
        at(server).put_blob(blob_of(BLOB), holding(BLOB))


@pytest.mark.parametrize("status", [201, 400, 401, 405, 500])
def test_a_mount_that_did_not_happen_is_no_failure(status: int) -> None:
    with scripted_server(lambda asked: Reply(status if asked.method == "POST" else 404)) as server:
        assert not at(server).mount_blob(blob_of(BLOB), parse_repository(f"{server.host}/other"))


def test_a_mount_from_another_registry_is_not_tried() -> None:
    with scripted_server(lambda asked: Reply(201)) as server:
        assert not at(server).mount_blob(blob_of(BLOB), parse_repository("other.example/shop"))
        assert server.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        *(Reply(status) for status in (400, 401, 404, 405, 406)),
        Reply(303, (("Location", "https://elsewhere.example/login"),)),
        Reply(headers=(("Content-Type", "text/html"),), body=b"<html>"),
    ],
    ids=lambda reply: str(reply.status),
)
def test_a_registry_without_the_referrers_api_has_the_fallback_tag_alone(reply: Reply) -> None:
    memory = MemoryRegistry()
    image = build_image("a")
    referrer = build_referrer(image, "application/x", b"{}")

    with scripted_server(lambda asked: reply if "/referrers/" in asked.target else memory.answer(asked)) as server:
        registry = at(server)
        assert registry.referrers(image.digest) == ()
        registry.put_referrer(referrer.manifest, no_lock)
        assert [listed.digest for listed in registry.referrers(image.digest)] == [referrer.digest]


@pytest.mark.parametrize("status", [500, 502, 503, 429, 403])
def test_a_list_of_referrers_that_could_not_be_fetched_is_never_an_empty_one(status: int) -> None:
    with (
        scripted_server(lambda asked: Reply(status if "/referrers/" in asked.target else 404)) as server,
        pytest.raises((Unreachable, Refused)),
    ):
        at(server).referrers(Digest("0" * 64))


def test_a_registry_that_says_it_listed_a_referrer_and_did_not_gets_a_fallback_list() -> None:
    memory = MemoryRegistry()
    image = build_image("a")
    referrer = build_referrer(image, "application/x", b"{}")

    def forgetful(asked: Asked) -> Reply:
        if "/referrers/" in asked.target:
            return Reply(headers=(("Content-Type", OCI_INDEX),), body=b'{"schemaVersion":2,"manifests":[]}')
        return memory.answer(asked)

    with scripted_server(forgetful) as server:
        at(server).put_referrer(referrer.manifest, no_lock)
        assert [listed.digest for listed in at(server).referrers(image.digest)] == [referrer.digest]


def test_others_who_keep_overwriting_the_list_are_named() -> None:
    memory = MemoryRegistry()
    image = build_image("a")

    def contested(asked: Asked) -> Reply:
        if "/referrers/" in asked.target:
            return Reply(404)
        reply = memory.answer(asked)
        memory.manifests.pop(("shop", fallback_tag(image.digest)), None)
        return reply

    with scripted_server(contested) as server, pytest.raises(Conflict, match="keep overwriting"):
        at(server).put_referrer(build_referrer(image, "application/x", b"{}").manifest, no_lock)


def test_a_list_that_never_ends_is_refused() -> None:
    page = b'{"schemaVersion":2,"manifests":[]}'
    count = itertools.count()

    def endless(asked: Asked) -> Reply:
        link = ("Link", f'</v2/shop/referrers/more?{next(count)}>; rel="next"')
        reply = Reply(headers=(("Content-Type", OCI_INDEX), link), body=page)
        return reply if "/referrers/" in asked.target else Reply(404)

    with scripted_server(endless) as server, pytest.raises(Malformed, match="more than 32 pages"):
        at(server).referrers(Digest("0" * 64))


def test_a_list_whose_pages_lead_in_a_circle_is_refused() -> None:
    link = ("Link", '</v2/shop/referrers/more>; rel="next"')
    page = b'{"schemaVersion":2,"manifests":[]}'
    reply = Reply(headers=(("Content-Type", OCI_INDEX), link), body=page)

    def circle(asked: Asked) -> Reply:
        return reply if "/referrers/" in asked.target else Reply(404)

    with scripted_server(circle) as server, pytest.raises(Malformed, match="circle"):
        at(server).referrers(Digest("0" * 64))


def test_a_next_page_at_another_host_is_refused() -> None:
    link = ("Link", '<http://127.0.0.1:1/v2/>; rel="next"')
    reply = Reply(headers=(("Content-Type", OCI_INDEX), link), body=b'{"schemaVersion":2,"manifests":[]}')

    def elsewhere(asked: Asked) -> Reply:
        return reply if "/referrers/" in asked.target else Reply(404)

    with scripted_server(elsewhere) as server, pytest.raises(Malformed, match="another host"):
        at(server).referrers(Digest("0" * 64))


def test_a_tag_that_another_moved_while_we_did_is_a_conflict() -> None:
    memory = MemoryRegistry()
    image, other = build_image("a"), build_image("b")

    def contested(asked: Asked) -> Reply:
        reply = memory.answer(asked)
        if asked.method == "PUT" and asked.target.endswith("/v1"):
            memory.manifests["shop", "v1"] = (other.media_type, other.raw)
        return reply

    with scripted_server(contested) as server:
        at(server).put_manifest(image.manifest)
        with pytest.raises(Conflict, match="though"):
            at(server).put_tag("v1", image.digest, None)


def test_a_registry_that_does_not_state_digests_is_read_by_hashing() -> None:
    image = build_image("a")

    def silent(asked: Asked) -> Reply:
        return Reply(headers=(("Content-Type", image.media_type),), body=image.raw)

    with scripted_server(silent) as server:
        assert at(server).resolve("v1") == image.digest


def test_a_connection_that_was_closed_while_idle_is_replaced() -> None:
    with scripted_server(lambda asked: Reply(404, (("Connection", "keep-alive"),), cut=0)) as server:
        registry = at(server)
        for _ in range(3):
            assert registry.blob_size(Digest("0" * 64)) is None


@pytest.mark.parametrize("name", ["v1\x1b[2J", "v1\nv2", "", "a/b", "x" * 129])
def test_a_list_with_what_no_tag_can_be_is_refused(name: str) -> None:
    listed = to_json({"name": "shop", "tags": ["v1", name]})
    with (
        scripted_server(lambda asked: Reply(body=listed)) as server,
        pytest.raises(Malformed, match="as tags have"),
    ):
        at(server).tags()


def test_tags_without_end_are_refused() -> None:
    pages = itertools.count()

    def endless(asked: Asked) -> Reply:
        page = next(pages)
        tags = [f"{page}-{number}-{'x' * 100}" for number in range(30_000)]
        return Reply(headers=(("Link", f'<?n=1000&last={page}>; rel="next"'),), body=to_json({"tags": tags}))

    with scripted_server(endless) as server, pytest.raises(Refused, match="at most 500000 tags"):
        at(server).tags()
    assert next(pages) < 20


def test_a_gateway_that_repeats_our_credentials_does_not_bring_them_into_a_message() -> None:
    def echoing(asked: Asked) -> Reply:
        sent = asked.headers.get("authorization")
        if sent is None:
            return Reply(401, (("WWW-Authenticate", "Basic"),))
        said = f"not for you, with Authorization: {sent} and eyJhbGciOi.eyJzdWIi.c2ln"
        return Reply(403, body=to_json({"errors": [{"code": "DENIED", "message": said}]}))

    with scripted_server(echoing) as server, pytest.raises(Refused, match="not for you") as told:
        at(server, credentials=SECRET).manifest(Digest("0" * 64))
    assert SECRET.basic.removeprefix("Basic ") not in str(told.value)
    assert "eyJzdWIi" not in str(told.value)
