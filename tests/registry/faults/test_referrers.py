"""Lists of referrers, in every way registries get them wrong: cases 24 to 28."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    Built,
    build_image,
    build_legacy,
    build_platforms,
    build_referrer,
    no_lock,
)
from tests.registry.faults.harness import FALLBACK, LENIENT, World, store, two_registries
from tests.servers.faulty.faults import after, every, instead, on, once
from tests.servers.faulty.registry import OCI_INDEX, Rules
from tests.servers.faulty.store import descriptor
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Conflict, Malformed, PratiqueError, Refused, Unreachable
from pratique.registry.closure import plan
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.referrers import fallback_tag

IMAGE = build_platforms("web")
PART = IMAGE.parts[0]
BUNDLED = build_referrer(IMAGE, BUNDLE, b'{"bundle":1}')
SBOM = build_referrer(PART, CYCLONEDX, b'{"components":[]}')
SIGNED = build_referrer(SBOM, BUNDLE, b'{"signs":"sbom"}')
HUNG = (BUNDLED, SBOM, SIGNED)
LIST = on("GET", "/referrers/")
HTML = Reply(200, (("Content-Type", "text/html; charset=utf-8"),), b"<html>not found</html>")
AWAY = Reply(303, (("Location", "https://web.example/packages/sha256:0000"),))
FALLBACK_TAG = fallback_tag(IMAGE.digest)


def entry(built: Built, **fields: object) -> dict[str, Any]:
    return {**descriptor(str(built.digest), built.media_type, built.raw), **fields}


def listing(*entries: object, link: str = "") -> Reply:
    body = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries}).encode()
    return Reply(200, (("Content-Type", OCI_INDEX), *((("Link", link),) if link else ())), body)


def put_fallback(world: World, *built: Built) -> None:
    """Write fallback lists at the source, as a client does where there is no referrers API."""
    for subject in (IMAGE, PART, SBOM):
        about = [
            each for each in built if each.manifest.subject and each.manifest.subject.digest == subject.digest
        ]
        if about:
            raw = listing(*(entry(each) for each in about)).content
            store(world.shop, Built(b"".join(raw.pieces()), OCI_INDEX), fallback_tag(subject.digest))


@pytest.mark.parametrize(
    "reply",
    [*(Reply(status) for status in (400, 401, 404, 405, 406)), AWAY, HTML],
    ids=["400", "401", "404", "405", "406", "303", "200 html"],
)
def test_a_registry_without_referrers_api_loses_no_evidence(reply: Reply) -> None:
    """Case 24: 404, 400, 405, 401, 303 and 200-html all mean: look at the fallback tag."""
    fault = every(LIST, instead(reply))

    with two_registries(
        source=(fault,), destination=(every(LIST, instead(reply)),), holding=(IMAGE, *HUNG)
    ) as world:
        put_fallback(world, *HUNG)
        report = world.carry(IMAGE)

        world.arrived(IMAGE, *HUNG)
        assert {built.digest for built in HUNG} <= set(report.manifests)
        found = plan(world.at_destination(), IMAGE.digest)
        assert {built.digest for built in HUNG} <= {edge.child for edge in found.evidence}


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(502), Reply(503), Reply(504), Reply(429), Reply(403), Reply(0)]
)
@pytest.mark.parametrize("where", ["the list", "the fallback tag", "a second page"])
def test_a_list_that_could_not_be_fetched_stops_the_copy(where: str, reply: Reply) -> None:
    """Case 24: 5xx fails closed: what could not be asked is never taken as none."""
    whens = {
        "the list": LIST,
        "the fallback tag": on("GET", f"/manifests/{FALLBACK_TAG}"),
        "a second page": on("GET", r"/referrers/.*from="),
    }
    rules = Rules(checks_references=False, page=1)
    more = build_referrer(IMAGE, BUNDLE, b'{"bundle":2}')

    with two_registries(
        source=(every(whens[where], instead(reply)),), source_rules=rules, holding=(IMAGE, *HUNG, more)
    ) as world:
        kind = Refused if reply.status == 403 else Unreachable
        with world.fails(kind, r"\S"):
            world.carry(IMAGE)

        assert world.prod.manifests == {}


def test_three_pages_are_read_to_the_end() -> None:
    """Case 24: three pages."""
    many = tuple(build_referrer(IMAGE, BUNDLE, b'{"bundle":%d}' % number) for number in range(5))
    rules = Rules(checks_references=False, page=2)

    with two_registries(source_rules=rules, destination_rules=rules, holding=(IMAGE, *many)) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE, *many)
        found = plan(world.at_destination(), IMAGE.digest)
        assert {built.digest for built in many} <= {edge.child for edge in found.evidence}


@pytest.mark.parametrize(
    "link",
    [
        '<{own}>; rel="next"',
        "<{own}>; rel=next",
        '<{own}?x=1>; rel="next", <{own}>; rel="prev"',
    ],
)
def test_pages_without_end_are_refused(link: str) -> None:
    """Case 24: endless paging."""

    def endless(asked: Asked, _: object) -> Reply:
        return listing(link=link.format(own=asked.path))

    with two_registries(source=(every(LIST, endless),), holding=(IMAGE,)) as world:
        with world.fails(Malformed, "pages|again"):
            world.carry(IMAGE)

        assert len(world.source.server.asked("GET", "/referrers/")) <= 40


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "https://elsewhere.example/", "https://169.254.169.254/"]
)
def test_a_next_page_elsewhere_is_not_asked(target: str) -> None:
    """Case 24: a Link to another origin sees no question, and no password."""
    fault = every(LIST, instead(listing(link=f'<{target}>; rel="next"')))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world, world.fails(Malformed, "another host"):
        world.carry(IMAGE)


def test_lies_in_a_list_count_for_nothing() -> None:
    """Case 24: filter ignored, wrong artifactType, foreign subject, duplicate entries, entries of nothing."""
    foreign = build_referrer(build_image("other"), BUNDLE, b'{"about":"another"}')
    plain = build_image("no subject at all")
    lies = listing(
        entry(BUNDLED, artifactType="application/vnd.oci.empty.v1+json"),
        entry(BUNDLED),
        entry(BUNDLED, size=7),
        entry(foreign),
        entry(plain),
        entry(build_referrer(IMAGE, BUNDLE, b"never pushed")),
        {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": str(IMAGE.digest), "size": 1},
        {"digest": "sha256:xyz"},
        None,
        7,
    )
    fault = every(on("GET", f"/referrers/{IMAGE.digest}"), instead(lies))

    with two_registries(source=(fault,), holding=(IMAGE, BUNDLED, foreign, plain)) as world:
        found = plan(world.at_source(), IMAGE.digest)
        report = world.carry(IMAGE)

        world.arrived(IMAGE, BUNDLED)
        assert {edge.child for edge in found.evidence if edge.kind is EdgeKind.REFERRER} == {BUNDLED.digest}
        assert foreign.digest not in report.manifests
        assert found.node(BUNDLED.digest).effective_artifact_type == BUNDLE, "as the manifest says, not the list"


@pytest.mark.parametrize("count", [1001, 10_000])
def test_a_list_of_thousands_is_refused_before_it_is_followed(count: int) -> None:
    """Case 24: ten thousand entries."""
    entries = [entry(BUNDLED, digest=f"sha256:{number:064x}") for number in range(count)]
    fault = every(LIST, instead(listing(*entries)))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world:
        with world.fails(Refused, "referrers"):
            world.carry(IMAGE)

        assert len(world.source.server.seen) < 30


def test_thousands_of_entries_on_many_pages_are_refused_too() -> None:
    """Case 24: ten thousand entries on pages of five hundred."""

    def page(asked: Asked, _: object) -> Reply:
        at = int(asked.one("from") or 0)
        entries = [entry(BUNDLED, digest=f"sha256:{number:064x}") for number in range(at, at + 500)]
        return listing(*entries, link=f'<{asked.path}?from={at + 500}>; rel="next"' if at < 10_000 else "")

    with two_registries(source=(every(LIST, page),), holding=(IMAGE,)) as world:
        with world.fails(Refused, "referrers"):
            world.carry(IMAGE)

        assert len(world.source.server.seen) < 60


@pytest.mark.parametrize("empty", [instead(listing()), instead(Reply(404))], ids=["empty list", "no API"])
def test_a_registry_that_says_it_listed_and_did_not_gets_a_fallback(empty: Any) -> None:
    """Case 25: OCI-Subject sent but not indexed."""
    with two_registries(destination=(every(LIST, empty),), holding=(IMAGE, *HUNG)) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE, *HUNG)
        for subject in (IMAGE, PART, SBOM):
            assert fallback_tag(subject.digest) in world.prod.tags


def contenders(count: int) -> list[Built]:
    return [build_referrer(IMAGE, BUNDLE, b'{"writer":%d}' % number) for number in range(count)]


def fallback_list(world: World, tag: str = FALLBACK_TAG) -> set[str]:
    raw = world.prod.manifests[world.prod.tags[tag]][1]
    return {item["digest"] for item in json.loads(raw)["manifests"]}


@pytest.mark.parametrize("rules", [FALLBACK, replace(FALLBACK, etag=True)], ids=["without ETag", "with ETag"])
def test_two_writers_under_one_lock_lose_nothing(rules: Rules) -> None:
    """Case 26: two updating the fallback at once, under our lock."""
    guard = threading.Lock()

    @contextmanager
    def lock(_name: str) -> Iterator[None]:
        with guard:
            yield

    with two_registries(destination_rules=rules) as world:
        store(world.prod, IMAGE)
        pushed = contenders(6)
        for built in pushed:
            store(world.prod, built)
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda each: world.at_destination().put_referrer(each.manifest, lock), pushed))

        assert fallback_list(world) == {str(built.digest) for built in pushed}


def test_writers_with_etags_and_no_common_lock_lose_nothing() -> None:
    """Case 26: two processes that share no lock, at a registry with ETag: If-Match decides."""
    with two_registries(destination_rules=replace(FALLBACK, etag=True)) as world:
        store(world.prod, IMAGE)
        pushed = contenders(4)
        for built in pushed:
            store(world.prod, built)

        def put(built: Built) -> None:
            for _ in range(4):  # whoever lost five times in a row is told to attach again
                with suppress(Conflict):
                    world.at_destination().put_referrer(built.manifest, no_lock)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(put, pushed))

        assert fallback_list(world) == {str(built.digest) for built in pushed}


@pytest.mark.parametrize("etag", [True, False], ids=["with ETag", "without ETag"])
@pytest.mark.parametrize("moment", ["before our write", "after our write"])
def test_a_third_party_that_clobbers_the_list_once_is_outlived(moment: str, etag: bool) -> None:
    """Case 26: third-party clobber: ours is there in the end, and theirs is kept where it can be seen."""
    theirs = build_referrer(IMAGE, CYCLONEDX, b'{"theirs":1}')
    raw = b"".join(listing(entry(theirs)).content.pieces())

    def clobber() -> None:
        store(world.prod, theirs)
        store(world.prod, Built(raw, OCI_INDEX), FALLBACK_TAG)

    look = on("GET", f"/manifests/{FALLBACK_TAG}")
    write = on("PUT", f"/manifests/{FALLBACK_TAG}")
    fault = once(look, after(clobber), at=2) if moment == "before our write" else once(write, after(clobber))

    with two_registries(
        destination=(fault,), destination_rules=replace(FALLBACK, etag=etag), holding=(IMAGE, BUNDLED)
    ) as world:
        store(world.prod, IMAGE)
        world.carry(IMAGE)

        assert str(BUNDLED.digest) in fallback_list(world)
        if etag or moment == "after our write":
            assert str(theirs.digest) in fallback_list(world)


def test_a_third_party_that_clobbers_for_ever_is_named() -> None:
    """Case 26: the error says that others keep overwriting, and what to do."""
    raw = b"".join(listing().content.pieces())

    def clobber() -> None:
        store(world.prod, Built(raw, OCI_INDEX), FALLBACK_TAG)

    fault = every(on("PUT", f"/manifests/{FALLBACK_TAG}"), after(clobber))

    with two_registries(destination=(fault,), destination_rules=FALLBACK, holding=(IMAGE, BUNDLED)) as world:
        with world.fails(Conflict, "overwriting.*again"):
            world.carry(IMAGE)

        assert "v1" not in world.prod.tags


OTHER = build_image("somebody else's")


@pytest.mark.parametrize(
    "held",
    [
        OTHER,
        Built(b'{"schemaVersion":2,"manifests":[]}', "application/vnd.docker.distribution.manifest.v2+json"),
        Built(b"not json", OCI_INDEX),
        Built(b'{"schemaVersion":2,"schemaVersion":2,"manifests":[]}', OCI_INDEX),
        Built(b"[]", OCI_INDEX),
        Built(b'{"schemaVersion":2,"manifests":{}}', OCI_INDEX),
    ],
    ids=["an image", "another type", "no JSON", "duplicate keys", "a list", "no list inside"],
)
@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_fallback_tag_that_holds_something_else_is_not_overwritten(side: str, held: Built) -> None:
    """Case 27: fallback tag holds a non-index: at the source it counts for nothing or is named, and it is kept."""
    with two_registries(destination_rules=FALLBACK, source_rules=LENIENT, holding=(IMAGE, BUNDLED)) as world:
        repository = world.shop if side == "source" else world.prod
        if held is OTHER:
            store(repository, held, FALLBACK_TAG)
        else:
            repository.manifests[str(held.digest)] = (held.media_type, held.raw)
            repository.tags[FALLBACK_TAG] = str(held.digest)
        world.arrives_whole_or_not_at_all(IMAGE, (Conflict, Malformed))

        assert repository.tags[FALLBACK_TAG] == str(held.digest) or side == "destination"
        if side == "destination" and "v1" in world.prod.tags:
            assert str(BUNDLED.digest) in fallback_list(world)


def legacies() -> dict[str, Built]:
    """What hangs under each of the three tags, of the index and of two parts."""
    found = {}
    for at, about in enumerate((IMAGE, *IMAGE.parts[:2])):
        for kind in (EdgeKind.SIG, EdgeKind.ATT, EdgeKind.SBOM):
            body = b'{"kind":"%s","of":%d}' % (kind.encode(), at)
            found[legacy_tag(about.digest, kind)] = build_legacy((DSSE, body, {"predicateType": "x"}))
    return found


@pytest.mark.parametrize("rules", [LENIENT, FALLBACK, replace(LENIENT, states_digest=False)])
def test_legacy_tags_of_index_and_children_travel(rules: Rules) -> None:
    """Case 28: legacy .sig, .att and .sbom for the index and its children."""
    with two_registries(source_rules=rules, destination_rules=rules, holding=(IMAGE,)) as world:
        for tag, built in legacies().items():
            store(world.shop, built, tag)
        world.carry(IMAGE)

        world.arrived(IMAGE, *legacies().values())
        assert {tag: world.prod.tags[tag] for tag in legacies()} == {
            tag: str(built.digest) for tag, built in legacies().items()
        }


def test_a_legacy_tag_that_cannot_be_asked_for_stops_the_copy() -> None:
    """Case 28: fails closed, too."""
    fault = every(on("HEAD|GET", r"/manifests/sha256-\w+\.att"), instead(Reply(500)))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world, world.fails(Unreachable, "500"):
        world.carry(IMAGE)


def test_a_legacy_tag_that_holds_rubbish_does_not_stop_the_image() -> None:
    """Case 28: whoever may push can attach rubbish."""
    with two_registries(holding=(IMAGE,)) as world:
        world.shop.manifests["sha256:" + "0" * 64] = (OCI_INDEX, b"rubbish")
        world.shop.tags[legacy_tag(IMAGE.digest, EdgeKind.ATT)] = "sha256:" + "0" * 64
        world.carry(IMAGE)

        world.arrived(IMAGE)
        assert plan(world.at_source(), IMAGE.digest).left_out


def test_a_legacy_tag_that_moves_while_it_is_written_is_a_conflict_or_merged() -> None:
    """Case 28: it is read, merged and written, as the fallback is."""
    theirs = build_legacy((DSSE, b'{"theirs":1}', {"predicateType": "theirs"}))
    ours = build_legacy((DSSE, b'{"ours":1}', {"predicateType": "ours"}))
    tag = legacy_tag(IMAGE.digest, EdgeKind.ATT)

    def move() -> None:
        store(world.prod, theirs, tag)

    fault = once(on("HEAD|GET", f"/manifests/{tag}"), after(move))
    with two_registries(destination=(fault,), holding=(IMAGE,)) as world:
        store(world.shop, ours, tag)
        try:
            world.carry(IMAGE)
        except PratiqueError:
            world.carry(IMAGE)

        document = json.loads(world.prod.manifests[world.prod.tags[tag]][1])
        kinds = [layer["annotations"]["predicateType"] for layer in document["layers"]]
        assert kinds == ["theirs", "ours"]
