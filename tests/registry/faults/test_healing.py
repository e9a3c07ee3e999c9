"""Registries that lost something, and do not know: cases 22 and 23."""

from collections.abc import Callable

import pytest
from tests.registry.builders import BUNDLE, build_image, build_index, build_platforms, build_referrer
from tests.registry.faults.harness import LENIENT, World, store, two_registries
from tests.servers.faulty.faults import Act, after, every, on, once
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.server import Handler
from tests.servers.faulty.wire import Asked, Reply

from pratique.errors import Absent, Unreachable, Unverified

IMAGE = build_platforms("web")
NESTED = build_index((IMAGE, {}), (build_image("tools"), {}))
BUNDLED = build_referrer(IMAGE, BUNDLE, b'{"bundle":1}')
STRICT = Rules(checks_references=True)
SIZES = {f"sha256:{hexed}": len(raw) for hexed, raw in NESTED.files().items()}


def lying(times: int) -> Act:
    """Say of a blob that is not there that it is, so often."""
    told: dict[str, int] = {}

    def act(asked: Asked, handler: Handler) -> Reply:
        reply = handler(asked)
        digest = asked.path.rpartition("/")[2]
        if reply.status != 404 or digest not in SIZES or told.get(digest, 0) >= times:
            return reply
        told[digest] = told.get(digest, 0) + 1
        return Reply(200, (("Content-Length", str(SIZES[digest])),))

    return act


@pytest.mark.parametrize("rules", [STRICT, LENIENT], ids=["the registry notices", "the registry does not notice"])
def test_what_head_only_said_was_there_is_sent_after_all(rules: Rules) -> None:
    """Case 22: MANIFEST_BLOB_UNKNOWN, or a gap when reading back, though HEAD said present: healed."""
    with two_registries(
        destination=(every(on("HEAD", "/blobs/"), lying(1)),),
        destination_rules=rules,
        holding=(NESTED, BUNDLED),
    ) as world:
        world.carry(NESTED)

        world.arrived(NESTED, BUNDLED)


def test_a_registry_that_goes_on_lying_gets_no_tag_it_knows_to_be_broken() -> None:
    """Case 22: HEAD says present for ever, and the manifest is refused for ever: no tag, and no endless try.

    Where a registry that lies also takes the manifest, nobody can see it but by reading every byte: verify --deep.
    """
    with two_registries(
        destination=(every(on("HEAD", "/blobs/"), lying(1000)),), destination_rules=STRICT, holding=(NESTED,)
    ) as world:
        world.arrives_whole_or_not_at_all(NESTED, (Absent, Unreachable))


def losing(world: Callable[[], World], *digests: str) -> Callable[[], None]:
    def lose() -> None:
        for digest in digests:
            world().prod.blobs.pop(digest, None)
            world().prod.manifests.pop(digest, None)

    return lose


CHILD = str(IMAGE.parts[0].digest)
LAYER = str(IMAGE.parts[0].manifest.layers[1].digest)
CONFIG = str(IMAGE.parts[1].manifest.blobs[0].digest)
INNER = str(IMAGE.digest)


@pytest.mark.parametrize("rules", [STRICT, LENIENT], ids=["strict", "lenient"])
@pytest.mark.parametrize(
    "lost", [(CHILD,), (LAYER,), (CONFIG,), (INNER,), (CHILD, LAYER, INNER), (BUNDLED.digest,)]
)
def test_a_child_that_the_destination_lost_is_put_back(rules: Rules, lost: tuple[object, ...]) -> None:
    """Case 23: parent present, child deleted by garbage collection: put back."""
    with two_registries(destination_rules=rules, holding=(NESTED, BUNDLED)) as world:
        store(world.prod, NESTED)
        store(world.prod, BUNDLED)
        losing(lambda: world, *(str(digest) for digest in lost))()

        world.carry(NESTED)

        world.arrived(NESTED, BUNDLED)


@pytest.mark.parametrize("lost", [CHILD, LAYER, INNER, str(NESTED.digest)])
def test_what_is_collected_during_the_copy_never_gets_a_tag(lost: str) -> None:
    """Case 23: garbage collection runs while we copy: healed, or no tag.

    Between the last look and the tag nobody can look: that is what anchoring by tags is for.
    """
    root = on("PUT", f"/manifests/{NESTED.digest}")

    def lose() -> None:
        losing(lambda: world, lost)()

    with two_registries(destination=(once(root, after(lose)),), holding=(NESTED,)) as world:
        world.arrives_whole_or_not_at_all(NESTED, (Absent, Unverified))


@pytest.mark.parametrize("lost", [CHILD, LAYER, INNER])
def test_a_child_that_the_source_lost_is_named_and_nothing_is_pointed_at(lost: str) -> None:
    """Case 23: parent present at the source, child deleted there."""
    with two_registries(holding=(NESTED,)) as world:
        world.shop.manifests.pop(lost, None)
        world.shop.blobs.pop(lost, None)
        with world.fails(Absent, lost):
            world.carry(NESTED)

        assert world.prod.tags == {}
