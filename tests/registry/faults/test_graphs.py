"""Images of every shape: cases 29 to 33 and 38."""

import json
from typing import Any

import pytest
from tests.registry.builders import (
    BUNDLE,
    CONFIG,
    LAYER,
    Built,
    blob_descriptor,
    build_buildkit_attestation,
    build_image,
    build_index,
    build_platforms,
    build_referrer,
    layer_bytes,
    on,
    to_json,
)
from tests.registry.faults.harness import LENIENT, store, two_registries
from tests.servers.faulty.registry import Rules

from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.registry.closure import plan
from pratique.registry.manifest import EMPTY_MEDIA, OCI_INDEX, OCI_MANIFEST
from pratique.values.digest import Digest

STRICT = Rules(checks_references=True)


def manifest(config: dict[str, Any], *layers: dict[str, Any], blobs: tuple[bytes, ...] = (), **more: Any) -> Built:
    """A manifest of any descriptors, with the blobs that they need."""
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers, **more}
    return Built(to_json(document), OCI_MANIFEST, {Digest.of(blob).hex: blob for blob in blobs})


def index(*children: dict[str, Any], parts: tuple[Built, ...] = (), **more: Any) -> Built:
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children, **more}
    return Built(to_json(document), OCI_INDEX, {}, parts)


EMPTY = blob_descriptor(EMPTY_MEDIA, b"{}")
CONFIG_BYTES = to_json({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}})
IMAGE_CONFIG = blob_descriptor(CONFIG, CONFIG_BYTES)
ONE = layer_bytes("one")


def typed(media_type: str, content: bytes = ONE, **more: Any) -> dict[str, Any]:
    return {**blob_descriptor(media_type, content), **more}


SHAPES = {
    "29 duplicate layers": manifest(IMAGE_CONFIG, typed(LAYER), typed(LAYER), blobs=(CONFIG_BYTES, ONE)),
    "29 same blob as config and layer": manifest(IMAGE_CONFIG, typed(LAYER, CONFIG_BYTES), blobs=(CONFIG_BYTES,)),
    "29 zero-byte blob": manifest(IMAGE_CONFIG, typed(LAYER, b""), blobs=(CONFIG_BYTES, b"")),
    "29 {} config": manifest(EMPTY, typed("application/x"), blobs=(b"{}", ONE), artifactType="application/x"),
    "29 {} config and layer": manifest(EMPTY, EMPTY, blobs=(b"{}",), artifactType="application/x"),
    "29 no layers": manifest(IMAGE_CONFIG, blobs=(CONFIG_BYTES,)),
    "29 inline data": manifest({**EMPTY, "data": "e30="}, typed("x/y"), blobs=(b"{}", ONE), artifactType="x/y"),
    "30 nested three deep": build_index((build_index((build_index((build_image("deep"), on("amd64"))), {})), {})),
    "30 empty index": index(),
    "31 zstd": manifest(IMAGE_CONFIG, typed(f"{LAYER.removesuffix('gzip')}zstd"), blobs=(CONFIG_BYTES, ONE)),
    "31 uncompressed": manifest(IMAGE_CONFIG, typed(LAYER.removesuffix("+gzip")), blobs=(CONFIG_BYTES, ONE)),
    "31 unknown layer type": manifest(
        IMAGE_CONFIG, typed("application/vnd.nobody.knows"), blobs=(CONFIG_BYTES, ONE)
    ),
    "31 encrypted": manifest(
        IMAGE_CONFIG,
        typed(f"{LAYER}+encrypted", annotations={"org.opencontainers.image.enc.keys.jwe": "e30="}),
        blobs=(CONFIG_BYTES, ONE),
    ),
    "31 unknown config type": manifest(
        typed("application/vnd.nobody.knows.config", CONFIG_BYTES), typed(LAYER), blobs=(CONFIG_BYTES, ONE)
    ),
    "32 artifactType only": manifest(EMPTY, blobs=(b"{}",), artifactType="application/vnd.nobody.knows"),
    "32 index with artifactType": index(artifactType="application/x", annotations={"a": "b"}),
    "32 index with an absent subject": index(subject=typed(OCI_MANIFEST, b"not here")),
    "32 unknown fields": manifest(IMAGE_CONFIG, blobs=(CONFIG_BYTES,), futureField={"a": [1, 2, {"b": None}]}),
    "33 unknown/unknown attestations": build_platforms("web"),
}


@pytest.mark.parametrize("rules", [STRICT, Rules(referrers=False)], ids=["referrers API", "fallback tag"])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_of_this_shape_arrives_byte_for_byte(shape: str, rules: Rules) -> None:
    """Case 29 duplicates and empties, Case 30 nesting, Case 31 layer types, Case 32 artifacts, Case 33 attestations."""
    built = SHAPES[shape]

    with two_registries(source_rules=rules, destination_rules=rules, holding=(built,)) as world:
        world.carry(built)
        world.carry(built)

        world.arrived(built)
        assert set(world.prod.blobs) == {f"sha256:{hexed}" for hexed in all_blobs(built)}


def all_blobs(built: Built) -> set[str]:
    return {*built.blobs, *(hexed for part in built.parts for hexed in all_blobs(part))}


def test_a_blob_that_is_named_twice_moves_once() -> None:
    """Case 29: duplicate layers move once."""
    built = SHAPES["29 duplicate layers"]

    with two_registries(holding=(built,)) as world:
        world.carry(built)

        assert len(world.destination.server.asked("PUT", "/blobs/")) == 2
        assert len(world.source.server.asked("GET", "/blobs/")) == 2


def test_one_blob_with_two_sizes_is_malformed() -> None:
    """Case 29: the same digest stated with two sizes."""
    built = manifest(IMAGE_CONFIG, typed(LAYER), {**typed(LAYER), "size": 7}, blobs=(CONFIG_BYTES, ONE))

    with two_registries(holding=(built,)) as world, world.fails(Malformed, "7 bytes|bytes"):
        world.carry(built)


def deep(levels: int) -> Built:
    built = build_image("bottom")
    for _ in range(levels):
        built = build_index((built, {}))
    return built


def test_an_index_that_nests_seventeen_deep_is_malformed() -> None:
    """Case 30: depth 17 is refused, depth 16 is not."""
    with two_registries(holding=(deep(16), deep(17))) as world:
        with world.fails(Malformed, "deeper than 16"):
            world.carry(deep(17))
        world.carry(deep(16))

        world.arrived(deep(16))


def test_a_loop_over_subjects_ends() -> None:
    """Case 30: an index whose child has the index's own child as subject; a child that is also its referrer."""
    child = build_image("child")
    about = build_referrer(child, BUNDLE, b"{}")
    loop = build_index((child, on("amd64")), (about, {"platform": {"os": "unknown", "architecture": "unknown"}}))
    both = index(about.descriptor(), child.descriptor(), parts=(about, child), subject=child.descriptor())

    with two_registries(holding=(loop, both)) as world:
        world.carry(loop)
        world.carry(both, "v2")

        world.arrived(loop, both)


def test_an_index_that_is_a_referrer_of_its_own_child_ends() -> None:
    """Case 30: cycle by subject: the child's referrer is the index that holds the child."""
    child = build_image("child")
    loop = index(child.descriptor(), parts=(child,), subject=child.descriptor(), artifactType="application/x")

    with two_registries(holding=(loop,)) as world:
        world.carry(loop)
        world.carry(child, "v2")

        world.arrived(loop, child)
        assert loop.digest in plan(world.at_source(), child.digest).by_digest()


@pytest.mark.parametrize("media_type", [LAYER, CONFIG, "application/octet-stream", "text/html"])
def test_an_index_child_that_is_a_blob_is_malformed(media_type: str) -> None:
    """Case 30: an index child that is a blob."""
    built = Built(index(typed(media_type)).raw, OCI_INDEX, {Digest.of(ONE).hex: ONE})

    with two_registries(holding=(built,)) as world, world.fails(Malformed, "media type"):
        world.carry(built)


def test_an_index_child_that_is_a_blob_in_disguise_is_not_copied() -> None:
    """Case 30: a layer stated as a manifest."""
    built = Built(index(typed(OCI_MANIFEST)).raw, OCI_INDEX, {Digest.of(ONE).hex: ONE})

    with two_registries(holding=(built,)) as world:
        with pytest.raises((Absent, Malformed)):
            world.carry(built)

        assert world.prod.manifests == {}


@pytest.mark.parametrize("lie", [{"size": 1}, {"mediaType": OCI_INDEX}])
def test_a_child_that_is_not_what_its_descriptor_says_is_refused(lie: dict[str, Any]) -> None:
    """Case 30: size or media type of a child's descriptor are lies."""
    child = build_image("child")
    built = index({**child.descriptor(), **lie}, parts=(child,))

    with two_registries(holding=(built,)) as world:
        with pytest.raises((Unverified, Malformed)):
            world.carry(built)

        assert world.prod.manifests == {}


def test_an_index_with_a_subject_travels_as_evidence() -> None:
    """Case 32: an index with subject is a referrer like any other."""
    image, body = build_image("web"), build_image("evidence in an index")
    about = index(body.descriptor(), parts=(body,), subject=image.descriptor(), artifactType="application/x")

    with two_registries(holding=(image, about)) as world:
        world.carry(image)

        world.arrived(image, about)


def test_evidence_whose_subject_is_not_there_yet_may_come_first() -> None:
    """Case 32: "MUST accept a subject that does not exist"."""
    image = build_image("web")
    about = build_referrer(image, BUNDLE, b"{}")

    with two_registries(destination_rules=STRICT, holding=(about,)) as world:
        world.carry(about)

        world.arrived(about)


def test_attestations_of_buildkit_are_bound_to_their_platform_however_they_are_named() -> None:
    """Case 33: unknown/unknown children, one about a sibling and one about nothing."""
    image = build_image("web")
    good, fields = build_buildkit_attestation(image, {"good": True})
    stray, stray_fields = build_buildkit_attestation(build_image("elsewhere"), {"stray": True})
    broken = {**fields, "annotations": {**json.loads(json.dumps(fields["annotations"]))}}
    built = build_index((image, on("amd64")), (good, broken), (stray, stray_fields))

    with two_registries(holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)
        found = plan(world.at_source(), built.digest)
        assert [str(each.platform) for each in found.platforms] == ["linux/amd64"]
        assert {(edge.parent, edge.child) for edge in found.evidence} == {(image.digest, good.digest)}


FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
URLS = ["https://169.254.169.254/layer", "http://127.0.0.1:1/layer", "file:///etc/passwd"]


def foreign(*, here: bool) -> Built:
    blobs = (CONFIG_BYTES, ONE) if here else (CONFIG_BYTES,)
    return manifest(IMAGE_CONFIG, typed(FOREIGN, urls=URLS), blobs=blobs)


def test_a_foreign_layer_that_is_in_the_registry_is_copied_from_there() -> None:
    """Case 38: foreign-layer urls are never asked."""
    built = foreign(here=True)

    with two_registries(holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


def test_a_foreign_layer_that_is_elsewhere_only_is_refused_and_not_fetched() -> None:
    """Case 38: foreign-layer urls lead to inner addresses; nobody goes there."""
    built = foreign(here=False)

    with two_registries(holding=(built,)) as world:
        with world.fails(Refused, str(Digest.of(ONE))):
            world.carry(built)

        assert world.prod.tags == {}


def test_rules_of_a_lenient_registry_are_not_needed() -> None:
    """Case 29: the order of what we write satisfies the strictest registry, and so no other rule is relied upon."""
    built = build_platforms("web")

    with two_registries(source_rules=LENIENT, destination_rules=STRICT) as world:
        store(world.shop, built)
        world.carry(built)

        world.arrived(built)
