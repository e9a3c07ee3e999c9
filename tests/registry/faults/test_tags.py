"""Tags that move, stay or are lied about: cases 19, 20, 21 and 42."""

from collections.abc import Callable

import pytest
from tests.registry.builders import build_image, build_platforms
from tests.registry.faults.harness import one_breaks, store, two_registries
from tests.servers.faulty.faults import (
    after,
    changing,
    every,
    on,
    once,
    with_header,
    without_header,
    without_length,
)
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.wire import Reply

from pratique.errors import Conflict, PratiqueError, Refused, Unverified
from pratique.registry.interface import ANY
from pratique.values.digest import Digest

IMAGE = build_platforms("web")
OTHER = build_image("other")
TAG = on("PUT", "/manifests/v1")
ELSE = f"sha256:{'0' * 64}"


def test_a_tag_that_moves_at_the_source_after_it_was_resolved_changes_nothing() -> None:
    """Case 19: tag moved between resolve and copy."""

    def move() -> None:
        store(world.shop, OTHER, "v1")

    with two_registries(
        source=(once(on("HEAD|GET", "/manifests/v1"), after(move), at=2),),  # the first one is a 401
        holding=(IMAGE,),
    ) as world:
        store(world.shop, IMAGE, "v1")
        root = world.at_source().resolve("v1")
        assert root == IMAGE.digest
        world.carry(root)

        world.arrived(IMAGE)
        assert world.prod.tags["v1"] == str(IMAGE.digest)
        assert world.shop.tags["v1"] == str(OTHER.digest)


@pytest.mark.parametrize("expected", [None, Digest("1" * 64)], ids=["none expected", "another expected"])
def test_a_destination_tag_that_is_not_where_it_was_expected_is_not_moved(expected: Digest | None) -> None:
    """Case 19: tag moved at the destination between check and tag, before we compare."""
    with two_registries(holding=(IMAGE,)) as world:
        store(world.prod, OTHER, "v1")
        with world.fails(Conflict, "points to"):
            world.carry(IMAGE) if expected is None else world.at_destination().put_tag(
                "v1", IMAGE.digest, expected
            )

        assert world.prod.tags["v1"] == str(OTHER.digest)


def test_a_destination_tag_that_moves_right_after_we_pointed_it_is_a_conflict() -> None:
    """Case 19: tag moved at the destination between check and tag, after we wrote."""
    with (
        two_registries(
            destination=(once(TAG, after(lambda: store(world.prod, OTHER, "v1"))),), holding=(IMAGE,)
        ) as world,
        world.fails(Conflict, "v1 points to"),
    ):
        world.carry(IMAGE)


def test_a_destination_tag_that_vanishes_right_after_we_pointed_it_is_a_conflict() -> None:
    """Case 19: it is deleted."""

    def vanish() -> None:
        world.prod.tags.clear()

    with (
        two_registries(destination=(once(TAG, after(vanish)),), holding=(IMAGE,)) as world,
        world.fails(Conflict, "points to nothing"),
    ):
        world.carry(IMAGE)


def test_an_immutable_tag_with_the_same_digest_is_a_success() -> None:
    """Case 20: immutable tag, same digest: the registry refuses even this PUT, so it is not sent."""
    with two_registries(destination_rules=Rules(immutable_tags=True), holding=(IMAGE,)) as world:
        world.carry(IMAGE)
        world.carry(IMAGE)

        assert world.prod.tags["v1"] == str(IMAGE.digest)


def test_an_immutable_tag_with_another_digest_is_refused_in_the_registrys_words() -> None:
    """Case 20: immutable tag, another digest."""
    with two_registries(destination_rules=Rules(immutable_tags=True), holding=(IMAGE,)) as world:
        store(world.prod, OTHER, "v1")
        world.carry(IMAGE, "v2")
        with world.fails(Refused, "immutable"):
            world.at_destination().put_tag("v1", IMAGE.digest, ANY)

        assert world.prod.tags["v1"] == str(OTHER.digest)


@pytest.mark.parametrize("stated", [ELSE, "sha512:00", "rubbish", ELSE.upper()])
@pytest.mark.parametrize("where", ["/manifests/sha256", "/manifests/v1"])
def test_a_registry_that_calls_our_manifest_otherwise_is_not_believed(where: str, stated: str) -> None:
    """Case 21: manifest PUT answered with another Docker-Content-Digest."""
    fault = every(on("PUT", where), changing(with_header("Docker-Content-Digest", stated)))

    with two_registries(destination=(fault,), holding=(IMAGE,)) as world, world.fails(Unverified, "calls"):
        world.carry(IMAGE)


@pytest.mark.parametrize("stated", [ELSE, "rubbish", "sha512:" + "0" * 128])
def test_a_registry_that_calls_what_it_serves_otherwise_is_not_believed(stated: str) -> None:
    """Case 21: Docker-Content-Digest of a GET is a claim; the bytes count."""
    fault = every(on("GET", "/manifests/"), changing(with_header("Docker-Content-Digest", stated)))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world:
        world.arrives_whole_or_not_at_all(IMAGE, (PratiqueError,))


@pytest.mark.parametrize(
    "lie",
    [
        without_header("Docker-Content-Digest"),
        without_length,
        lambda reply: without_length(without_header("Docker-Content-Digest")(reply)),
        without_header("Content-Type"),
    ],
    ids=["no digest", "no length", "neither", "no type"],
)
@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_registry_that_does_not_say_everything_is_lived_with(side: str, lie: Callable[[Reply], Reply]) -> None:
    """Case 42: missing Docker-Content-Digest, missing Content-Length on HEAD of a manifest."""
    fault = every(on("HEAD|GET", "/manifests/"), changing(lie))

    with one_breaks(side, fault, IMAGE) as world:
        store(world.shop, IMAGE, "v1")
        assert world.at_source().resolve("v1") == IMAGE.digest
        world.carry(IMAGE)

        world.arrived(IMAGE)


def test_a_blob_of_unknown_length_is_not_taken_for_there() -> None:
    """Case 42: missing Content-Length on HEAD of a blob."""
    fault = every(on("HEAD", "/blobs/"), changing(without_length))

    with two_registries(destination=(fault,), holding=(IMAGE,)) as world:
        world.arrives_whole_or_not_at_all(IMAGE, (PratiqueError,))
