"""What a copy asks for, counted: nothing twice, and two questions where everything is there."""

import pytest
from tests.registry.builders import BUNDLE, Built, build_image, build_platforms, build_referrer, no_lock
from tests.registry.faults.harness import FALLBACK, LENIENT, World, store, two_registries
from tests.servers.faulty.registry import Rules
from tests.servers.oci_server import open_door

from pratique.errors import Conflict
from pratique.registry.progress import SILENT
from pratique.service.image_copy import Copied, Wish, copy_image
from pratique.values.reference import parse_reference

IMAGE = build_platforms("web")
BUNDLED = build_referrer(IMAGE, BUNDLE, b'{"bundle":1}')


def by_hand(world: World) -> Copied:
    """What ``image copy`` does."""
    source = parse_reference(f"{world.source.host}/shop:v1")
    destination = parse_reference(f"{world.destination.host}/prod:v1")
    return copy_image(world.at_source(), world.at_destination(), Wish(source, destination), no_lock, SILENT)


@pytest.mark.parametrize("rules", [LENIENT, FALLBACK], ids=["referrers API", "fallback tag"])
def test_a_copy_of_what_is_there_asks_twice(rules: Rules) -> None:
    """No-op: one question to the source, and one to the destination."""
    with two_registries(
        source_guard=open_door, destination_guard=open_door, destination_rules=rules, holding=(IMAGE, BUNDLED)
    ) as world:
        store(world.shop, IMAGE, "v1")
        by_hand(world)
        world.arrived(IMAGE, BUNDLED)
        before = len(world.source.server.seen), len(world.destination.server.seen)

        by_hand(world)

        assert len(world.source.server.seen) - before[0] == 1
        assert len(world.destination.server.seen) - before[1] == 1


@pytest.mark.parametrize("image", [build_image("one"), IMAGE], ids=["image", "index"])
def test_nothing_is_read_or_written_twice(image: Built) -> None:
    """Every blob is read once and sent once, every manifest written once."""
    with two_registries(source_guard=open_door, destination_guard=open_door, holding=(image,)) as world:
        world.carry(image)

        for server, method, part in (
            (world.source.server, "GET", "/blobs/"),
            (world.destination.server, "PUT", "/blobs/uploads/"),
            (world.destination.server, "PUT", "/manifests/sha256:"),
        ):
            asked = [seen.target.rpartition("digest=")[2] for seen in server.asked(method, part)]
            assert len(asked) == len(set(asked)), f"{method} {part}"


def test_a_tag_that_somebody_else_set_is_found_out_before_anything_moves() -> None:
    """Case 19: compared first, and again last."""
    with two_registries(holding=(IMAGE,)) as world:
        store(world.shop, IMAGE, "v1")
        store(world.prod, build_image("theirs"), "v1")
        with world.fails(Conflict, "points to"):
            by_hand(world)

        assert world.destination.server.asked("POST") == []
