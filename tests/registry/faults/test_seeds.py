"""Several faults at once, by chance: whatever a seed breaks, what must hold holds, and running it again ends well."""

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    Built,
    build_legacy,
    build_platforms,
    build_referrer,
    to_json,
)
from tests.registry.faults.harness import FALLBACK, LENIENT, World, readable, store, two_registries
from tests.servers.faulty.registry import OCI_INDEX, Rules
from tests.servers.faulty.seeded import random_faults
from tests.servers.faulty.store import descriptor

from pratique.errors import PratiqueError
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.referrers import fallback_tag

IMAGE = build_platforms("web")
HUNG = (
    build_referrer(IMAGE, BUNDLE, b'{"bundle":1}'),
    build_referrer(IMAGE.parts[0], CYCLONEDX, b'{"components":[]}'),
)
LEGACY = build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"}))
RULES = (LENIENT, FALLBACK, Rules(checks_references=True, page=1, etag=True), Rules(referrers=False, etag=True))
FAULTS = 8
SEEDS = [*range(24), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(24, 1000))]


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_breaks_running_it_again_ends_well(seed: int) -> None:
    """Cases 1 to 11, 16, 21 and 42 in any company: no tag at an incomplete graph, no secret told, and an end."""
    source, destination = random_faults(seed, FAULTS)
    rules = RULES[seed % len(RULES)]

    with two_registries(
        source=source, destination=destination, source_rules=rules, destination_rules=rules, holding=(IMAGE,)
    ) as world:
        world.all_strike = False
        hang(world)
        for _ in range(FAULTS):
            try:
                world.carry(IMAGE)
            except PratiqueError as error:
                readable(error)
        world.carry(IMAGE)

        world.arrived(IMAGE, *HUNG, LEGACY)
        assert world.prod.tags["v1"] == str(IMAGE.digest)


def test_every_seed_gives_the_same_faults_again() -> None:
    """A failure that a seed found can be looked at."""

    def shape(seed: int) -> list[list[object]]:
        return [[sorted(fault.times or ()) for fault in side] for side in random_faults(seed, FAULTS)]

    assert [shape(seed) for seed in range(50)] == [shape(seed) for seed in range(50)]
    assert len({str(shape(seed)) for seed in range(50)}) > 40


def hang(world: World) -> None:
    """Hang evidence on the image at the source, in every way that there is."""
    for built in HUNG:
        store(world.shop, built)
        subject = built.manifest.subject
        assert subject
        entry = descriptor(str(built.digest), built.media_type, built.raw)
        listed = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]})
        store(world.shop, Built(listed, OCI_INDEX), fallback_tag(subject.digest))
    store(world.shop, LEGACY, legacy_tag(IMAGE.digest, EdgeKind.ATT))
