"""What every implementation promises.

One test, run on a layout directory, on Debian's docker-registry, and on a registry that has the referrers API.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    blob_of,
    build_image,
    build_platforms,
    build_referrer,
    no_lock,
    push,
)
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.scripted_server import scripted_server
from tests.servers.docker_registry import docker_registry

from pratique.errors import Absent, Conflict, Refused, Unreachable, Unverified
from pratique.registry.attach import Body, attach_legacy, attach_referrer
from pratique.registry.blob import fetch_blob, holding
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import ANY, Registry
from pratique.registry.manifest import Descriptor
from pratique.registry.open import Settings, open_repository
from pratique.registry.referrers import fallback_tag
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, parse_repository

NOWHERE = Digest("0" * 64)
Open = Callable[[str], Registry]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry") / "files") as address:
        yield address


@pytest.fixture(scope="module")
def host_with_referrers_api() -> Iterator[str]:
    with scripted_server(MemoryRegistry().answer) as server:
        yield server.host


@pytest.fixture(params=["layout", "host", "host_with_referrers_api"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    if request.param == "layout":
        return open_repository(parse_repository("oci:images/shop"), Settings(tmp_path))
    address = request.getfixturevalue(request.param)
    name = f"{address}/{Digest.of(str(tmp_path).encode()).hex}/shop"
    return open_repository(parse_repository(name), Settings(tmp_path, insecure=frozenset({address})))


def test_a_repository_nobody_wrote_to_is_empty(registry: Registry) -> None:
    assert registry.resolve("v1") is None
    assert registry.manifest_of("v1") is None
    assert registry.tags() == ()
    assert registry.blob_size(NOWHERE) is None
    assert not registry.has_manifest(NOWHERE)
    assert registry.referrers(NOWHERE) == ()
    with pytest.raises(Absent, match="no manifest"):
        registry.manifest(NOWHERE)
    with pytest.raises(Absent, match="no blob"), registry.open_unverified(Descriptor("x", NOWHERE, 1)):
        pass


@pytest.mark.parametrize("content", [b"", b"{}", b"hello" * 100_000], ids=["empty", "tiny", "large"])
def test_a_blob_comes_back_as_it_was_put(registry: Registry, content: bytes) -> None:
    blob = blob_of(content)

    registry.put_blob(blob, holding(content))
    registry.put_blob(blob, holding(content))

    assert registry.blob_size(blob.digest) == len(content)
    assert fetch_blob(registry, blob, 10**6) == content


@pytest.mark.parametrize(
    "wrong", [b"hellp", b"hello!", b"hell", b""], ids=["flipped", "longer", "shorter", "empty"]
)
def test_a_blob_of_wrong_bytes_is_never_there(registry: Registry, wrong: bytes) -> None:
    blob = blob_of(b"hello")

    with pytest.raises((Unverified, Unreachable), match=str(blob.digest)):
        registry.put_blob(blob, holding(wrong))

    assert registry.blob_size(blob.digest) is None


def test_a_manifest_keeps_its_exact_bytes(registry: Registry) -> None:
    image = build_image("a", annotations={"unusual ": "key"}, futureField={"kept": [1, 2]})

    push(registry, image)
    push(registry, image)

    assert registry.manifest(image.digest).raw == image.raw
    assert registry.tags() == ()


def test_a_docker_image_keeps_its_exact_bytes(registry: Registry) -> None:
    image = build_image("a", docker=True)

    push(registry, image, "v1")

    assert registry.manifest(image.digest) == image.manifest


def test_a_tag_is_made_only_if_there_is_none(registry: Registry) -> None:
    first, second = build_image("first"), build_image("second")
    push(registry, first, "v1")
    push(registry, second)

    with pytest.raises(Conflict, match="expected nothing"):
        registry.put_tag("v1", second.digest, None)

    assert registry.resolve("v1") == first.digest


def test_a_tag_moves_only_from_where_it_is_expected(registry: Registry) -> None:
    first, second, third = (build_image(name) for name in ("first", "second", "third"))
    push(registry, first, "v1")
    push(registry, second)
    push(registry, third)

    with pytest.raises(Conflict, match=str(first.digest)):
        registry.put_tag("v1", third.digest, second.digest)
    registry.put_tag("v1", second.digest, first.digest)

    assert registry.resolve("v1") == second.digest
    assert registry.manifest(first.digest) == first.manifest, "a rollback needs the earlier image"


def test_a_tag_moves_from_anywhere_when_that_is_said(registry: Registry) -> None:
    first, second = build_image("first"), build_image("second")
    push(registry, first, "v1")
    push(registry, second)

    registry.put_tag("v1", second.digest, ANY)

    assert registry.resolve("v1") == second.digest
    assert registry.tags() == ("v1",)


def test_a_tag_that_is_right_already_is_left_alone_whatever_was_expected(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image, "v1")

    registry.put_tag("v1", image.digest, NOWHERE)

    assert registry.resolve("v1") == image.digest


def test_a_tag_cannot_point_to_what_is_not_there(registry: Registry) -> None:
    with pytest.raises(Absent):
        registry.put_tag("v1", NOWHERE, ANY)

    assert registry.resolve("v1") is None


def test_a_tag_is_read_as_the_manifest_it_points_to(registry: Registry) -> None:
    first, second = build_image("first"), build_image("second")
    push(registry, first, "v1")
    push(registry, second)
    assert registry.manifest_of("v1") == first.manifest

    registry.put_tag("v1", second.digest, first.digest)
    assert registry.manifest_of("v1") == second.manifest


def test_a_deleted_manifest_is_gone_and_its_tags_lead_to_nothing(registry: Registry) -> None:
    image, other = build_image("a"), build_image("b")
    push(registry, image, "v1")
    push(registry, image, "v2")
    push(registry, other, "other")

    registry.delete_manifest(image.digest)
    registry.delete_manifest(image.digest)

    assert not registry.has_manifest(image.digest)
    assert registry.manifest_of("v1") is None
    assert registry.manifest_of("v2") is None
    assert registry.manifest_of("other") == other.manifest
    assert registry.blob_size(image.manifest.layers[0].digest) is not None
    push(registry, image, "v1")
    assert registry.manifest_of("v1") == image.manifest


@pytest.mark.parametrize("registry", ["layout", "host_with_referrers_api"], indirect=True)
def test_a_deleted_tag_leaves_its_manifest(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image, "v1")
    push(registry, image, "v2")

    for tag in ("v1", "v1", "v2"):
        registry.delete_tag(tag)

    assert registry.tags() == ()
    assert registry.manifest(image.digest) == image.manifest


@pytest.mark.parametrize("registry", ["host"], indirect=True)
def test_a_registry_that_deletes_manifests_only_keeps_the_tag_and_says_why(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image, "v1")

    registry.delete_tag("another")
    with pytest.raises(Refused, match="deletes manifests only"):
        registry.delete_tag("v1")

    assert registry.resolve("v1") == image.digest


def test_referrers_are_listed_once_each(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image)
    sbom = build_referrer(image, CYCLONEDX, b'{"components":[]}', note="first")
    bundle = build_referrer(image, BUNDLE, b"{}")

    others = [build_referrer(image, CYCLONEDX, b'{"more":%d}' % number) for number in range(4)]

    for built in (sbom, bundle, sbom, *others):
        push(registry, built)

    listed = registry.referrers(image.digest)
    assert sorted(each.digest for each in listed) == sorted(each.digest for each in (sbom, bundle, *others))
    assert {each.artifact_type for each in listed} == {CYCLONEDX, BUNDLE}
    assert set(registry.tags()) <= {fallback_tag(image.digest)}


def test_a_manifest_without_subject_is_no_referrer(registry: Registry) -> None:
    image = build_image("a")
    with pytest.raises(Conflict, match="no subject"):
        registry.put_referrer(image.manifest, no_lock)


@pytest.mark.parametrize("registry", ["layout", "host"], indirect=True)
def test_a_fallback_tag_that_holds_an_image_is_not_overwritten(registry: Registry) -> None:
    image, other = build_image("a"), build_image("other")
    push(registry, image)
    push(registry, other, fallback_tag(image.digest))

    with pytest.raises(Conflict, match="something else"):
        push(registry, build_referrer(image, BUNDLE, b"{}"))

    assert registry.referrers(image.digest) == ()
    assert registry.resolve(fallback_tag(image.digest)) == other.digest


def test_an_index_is_put_after_its_parts(registry: Registry) -> None:
    index = build_platforms("web")

    push(registry, index, "v1")

    assert registry.manifest(index.digest).raw == index.raw
    assert registry.resolve("v1") == index.digest


def test_attaching_the_same_body_twice_attaches_it_once(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image)
    body = Body(BUNDLE, b'{"seal":1}', (("dev.sigstore.bundle.content", "dsse-envelope"),))

    first = attach_referrer(registry, image.digest, body, no_lock)
    second = attach_referrer(registry, image.digest, body, no_lock)

    assert first == second
    assert [listed.digest for listed in registry.referrers(image.digest)] == [first]
    assert registry.manifest(first).effective_artifact_type == BUNDLE


def test_a_legacy_layer_is_added_once_after_those_already_there(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image)
    one = Body(DSSE, b'{"one":1}', (("predicateType", "a"),))
    two = Body(DSSE, b'{"two":2}', (("predicateType", "b"),))

    for body in (one, two, one):
        digest = attach_legacy(registry, image.digest, EdgeKind.ATT, body, no_lock)

    layers = registry.manifest(digest).layers
    assert registry.resolve(legacy_tag(image.digest, EdgeKind.ATT)) == digest
    assert [fetch_blob(registry, layer, 100) for layer in layers] == [one.content, two.content]
    assert [layer.annotation("predicateType") for layer in layers] == ["a", "b"]


def test_writers_that_attach_at_once_under_the_lock_lose_nothing(registry: Registry) -> None:
    image = build_image("web")
    push(registry, image)
    bodies = [Body(BUNDLE, b'{"number":%d}' % number) for number in range(12)]
    guard = threading.Lock()

    @contextmanager
    def lock(_name: str) -> Iterator[None]:
        with guard:
            yield

    with ThreadPoolExecutor(6) as pool:
        referrers = list(pool.map(lambda body: attach_referrer(registry, image.digest, body, lock), bodies))
        list(pool.map(lambda body: attach_legacy(registry, image.digest, EdgeKind.ATT, body, lock), bodies))

    tag = registry.resolve(legacy_tag(image.digest, EdgeKind.ATT))
    assert tag is not None
    assert sorted(listed.digest for listed in registry.referrers(image.digest)) == sorted(referrers)
    assert len(registry.manifest(tag).layers) == 12


def test_a_manifest_is_stored_under_a_tag_in_one_step_wherever_that_pointed(registry: Registry) -> None:
    first, second = build_image("first"), build_image("second")
    push(registry, first, "kept")
    push(registry, second)

    registry.put_tagged(second.manifest, "kept")

    assert registry.resolve("kept") == second.digest
    assert registry.manifest(first.digest).raw == first.raw
    assert registry.manifest(second.digest).raw == second.raw


def test_only_a_registry_that_lists_referrers_keeps_what_has_no_tag(registry: Registry) -> None:
    image = build_image("a")
    push(registry, image)
    push(registry, build_referrer(image, BUNDLE, b"{}"))

    assert registry.keeps_untagged() == (fallback_tag(image.digest) not in registry.tags()) or isinstance(
        registry.repository, LayoutRepository
    )
