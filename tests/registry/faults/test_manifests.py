"""Manifests that two readers could read in two ways, and names that are none: cases 34 to 37."""

import json
from contextlib import suppress

import pytest
from tests.registry.builders import (
    Built,
    blob_descriptor,
    build_image,
    build_index,
    on,
    to_json,
)
from tests.registry.faults.harness import store, two_registries
from tests.servers.faulty.faults import changing, every, instead, with_header
from tests.servers.faulty.faults import on as asked_for
from tests.servers.faulty.wire import Reply

from pratique.errors import Absent, Malformed, Unverified
from pratique.registry.manifest import DOCKER_LIST, DOCKER_MANIFEST, MAX_MANIFEST_BYTES, OCI_INDEX, OCI_MANIFEST
from pratique.values.digest import Digest
from pratique.values.reference import parse_reference, parse_repository

SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
SIGNED_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"


def raw_manifest(raw: bytes, media_type: str = OCI_MANIFEST) -> Built:
    """Bytes as a manifest, whatever they are; the blobs are those of a small image."""
    return Built(raw, media_type, build_image("web").blobs)


def document(**fields: object) -> dict[str, object]:
    return {**json.loads(build_image("web").raw), **fields}


def test_docker_schema_2_travels_byte_for_byte() -> None:
    """Case 34: docker schema 2, alone and in a list."""
    image = build_image("web", docker=True)
    listed = build_index((image, on("amd64")), docker=True)

    with two_registries(holding=(listed,)) as world:
        world.carry(listed)
        world.carry(image, "v2")

        world.arrived(listed, image)


@pytest.mark.parametrize(
    "media_type", [SCHEMA1, SIGNED_SCHEMA1, OCI_MANIFEST, DOCKER_MANIFEST, "application/json", ""]
)
def test_docker_schema_1_is_refused(media_type: str) -> None:
    """Case 34: schema 1, under its own name and under others."""
    raw = to_json(
        {"schemaVersion": 1, "name": "web", "tag": "v1", "fsLayers": [], "history": [], "signatures": []}
    )

    with two_registries(holding=(raw_manifest(raw, media_type),)) as world, world.fails(Malformed, "manifest"):
        world.carry(Digest.of(raw))


def sized(size: int) -> Built:
    plain = to_json(document(annotations={"padding": ""}))
    return raw_manifest(to_json(document(annotations={"padding": "x" * (size - len(plain))})))


def test_a_manifest_of_exactly_four_mebibytes_travels() -> None:
    """Case 35: exactly 4 MiB."""
    built = sized(MAX_MANIFEST_BYTES)
    assert len(built.raw) == 4 * 1024 * 1024

    with two_registries(holding=(built,)) as world:
        world.carry(built)

        world.arrived(built)


def test_a_manifest_of_one_byte_more_is_refused() -> None:
    """Case 35: 4 MiB and one byte."""
    built = sized(MAX_MANIFEST_BYTES + 1)

    with two_registries(holding=(built,)) as world, world.fails(Malformed, "4194304"):
        world.carry(built)


def test_a_manifest_without_end_is_not_read_to_its_end() -> None:
    """Case 35: 64 MiB of blanks."""
    built = raw_manifest(b" " * 64 * 1024 * 1024)

    with two_registries(holding=(built,)) as world, world.fails(Malformed, "4194304"):
        world.carry(built)


IMAGE = build_image("web")
LISTED = [IMAGE.descriptor()]
AMBIGUOUS = {
    "a manifest with manifests": (to_json(document(manifests=LISTED)), OCI_MANIFEST),
    "an index with layers": (
        to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": LISTED, "layers": []}),
        OCI_INDEX,
    ),
    "an index with config": (
        to_json(
            {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [], "config": blob_descriptor("a/b", b"")}
        ),
        OCI_INDEX,
    ),
    "a manifest delivered as an index": (IMAGE.raw, OCI_INDEX),
    "an index delivered as a manifest": (build_index((IMAGE, on("amd64"))).raw, OCI_MANIFEST),
    "no mediaType and both": (
        to_json({**{k: v for k, v in document(manifests=LISTED).items() if k != "mediaType"}}),
        OCI_MANIFEST,
    ),
    "an OCI manifest delivered as Docker's": (IMAGE.raw, DOCKER_MANIFEST),
    "a list delivered as an OCI index": (build_index((IMAGE, on("amd64")), docker=True).raw, OCI_INDEX),
    "duplicate keys": (IMAGE.raw[:-1] + b',"layers":[]}', OCI_MANIFEST),
    "duplicate keys below": (IMAGE.raw.replace(b'"size":', b'"size":1,"size":', 1), OCI_MANIFEST),
    "other case": (IMAGE.raw.replace(b'"layers"', b'"Layers"'), OCI_MANIFEST),
    "other case besides": (IMAGE.raw[:-1] + b',"Manifests":[]}', OCI_MANIFEST),
    "escaped key besides": (IMAGE.raw[:-1] + b',"\\u006cayers":[]}', OCI_MANIFEST),
    "fsLayers besides": (IMAGE.raw[:-1] + b',"fsLayers":[]}', OCI_MANIFEST),
    "BOM": (b"\xef\xbb\xbf" + IMAGE.raw, OCI_MANIFEST),
    "trailing bytes": (IMAGE.raw + b"{}", OCI_MANIFEST),
    "a second document": (IMAGE.raw + b"\n" + IMAGE.raw, OCI_MANIFEST),
    "NaN": (IMAGE.raw[:-1] + b',"x":NaN}', OCI_MANIFEST),
    "deep": (IMAGE.raw[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", OCI_MANIFEST),
    "UTF-16": (IMAGE.raw.decode().encode("utf-16"), OCI_MANIFEST),
    "not UTF-8": (IMAGE.raw[:-1] + b',"x":"\xff"}', OCI_MANIFEST),
    "no JSON": (b"<html></html>", OCI_MANIFEST),
    "nothing": (b"", OCI_MANIFEST),
    "a list": (b"[]", OCI_MANIFEST),
    "schemaVersion as text": (to_json(document(schemaVersion="2")), OCI_MANIFEST),
    "schemaVersion true": (to_json(document(schemaVersion=True)), OCI_MANIFEST),
    "negative size": (IMAGE.raw.replace(b'"size":', b'"size":-', 1), OCI_MANIFEST),
    "layers null": (to_json(document(layers=None)), OCI_MANIFEST),
    "inline data that lies": (
        to_json(document(config={**blob_descriptor("a/b", b"{}"), "data": "W10="})),
        OCI_MANIFEST,
    ),
}


@pytest.mark.parametrize("what", AMBIGUOUS)
@pytest.mark.parametrize("where", ["root", "child"])
def test_what_two_readers_read_in_two_ways_is_malformed(what: str, where: str) -> None:
    """Case 36: CVE-2021-41190 in both directions, duplicate keys, BOM, trailing bytes."""
    hostile, image = raw_manifest(*AMBIGUOUS[what]), build_image("good")
    parent = raw_manifest(index_of(stated(hostile), image.descriptor()), OCI_INDEX)

    with two_registries(holding=(IMAGE, image, parent)) as world:
        world.shop.manifests[str(hostile.digest)] = (hostile.media_type, hostile.raw)
        with world.fails(Malformed, f"^{world.source.host}/shop: {hostile.digest}: (manifest|index|digest)"):
            world.carry(hostile.digest if where == "root" else parent)

        assert world.prod.manifests == {}
        assert world.prod.tags == {}


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_what_two_readers_read_in_two_ways_is_no_evidence(what: str) -> None:
    """Case 36: as a referrer it neither counts nor stops what it claims to be about."""
    hostile, image = raw_manifest(*AMBIGUOUS[what]), build_image("good")
    listed = Reply(200, (("Content-Type", OCI_INDEX),), index_of(stated(hostile)))

    with two_registries(
        source=(every(asked_for("GET", f"/referrers/{image.digest}"), instead(listed)),), holding=(IMAGE, image)
    ) as world:
        world.shop.manifests[str(hostile.digest)] = (hostile.media_type, hostile.raw)
        world.carry(image)

        world.arrived(image)
        assert str(hostile.digest) not in world.prod.manifests


def stated(built: Built) -> dict[str, object]:
    return {"mediaType": built.media_type, "digest": str(built.digest), "size": len(built.raw)}


def index_of(*entries: dict[str, object]) -> bytes:
    return to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})


@pytest.mark.parametrize("said", [OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, "text/html", "application/json"])
def test_a_manifest_under_another_content_type_is_refused(said: str) -> None:
    """Case 36: Content-Type and mediaType must agree; parameters do not count."""
    fault = every(asked_for("GET", "/manifests/"), changing(with_header("Content-Type", said)))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world, world.fails(Malformed, "ambiguous"):
        world.carry(IMAGE)


@pytest.mark.parametrize("said", [f"{OCI_MANIFEST}; charset=utf-8", f"{OCI_MANIFEST} ;x=y"])
def test_parameters_of_a_content_type_do_not_count(said: str) -> None:
    """Case 36: "clients SHOULD ignore parameters"."""
    fault = every(asked_for("GET", "/manifests/"), changing(with_header("Content-Type", said)))

    with two_registries(source=(fault,), holding=(IMAGE,)) as world:
        world.carry(IMAGE)

        world.arrived(IMAGE)


DIGESTS = {
    "sha512": "sha512:" + "a" * 128,
    "uppercase hex": "sha256:" + "A" * 64,
    "uppercase name": "SHA256:" + "a" * 64,
    "short": "sha256:" + "a" * 63,
    "long": "sha256:" + "a" * 65,
    "traversal": "sha256:../../../../etc/passwd",
    "traversal in the name": "../sha256:" + "a" * 64,
    "a slash": "sha256:" + "a" * 31 + "/" + "a" * 32,
    "a percent": "sha256:" + "%2e" * 21 + "a",
    "a new line": "sha256:" + "a" * 63 + "\n",
    "other digits": "sha256:" + "\u0661" * 64,
    "nothing": "",
    "no name": "a" * 64,
}


@pytest.mark.parametrize("digest", DIGESTS.values(), ids=list(DIGESTS))
@pytest.mark.parametrize("where", ["config", "layer", "subject", "child"])
def test_a_digest_that_is_none_of_ours_is_malformed(digest: str, where: str) -> None:
    """Case 37: sha512 digests, uppercase hex, traversal in a digest."""
    bad = {**blob_descriptor("application/x", b"x"), "digest": digest}
    raw = {
        "config": to_json(document(config=bad)),
        "layer": to_json(document(layers=[bad])),
        "subject": to_json(document(subject={**bad, "mediaType": OCI_MANIFEST})),
        "child": to_json({"schemaVersion": 2, "manifests": [{**bad, "mediaType": OCI_MANIFEST}]}),
    }[where]
    built = raw_manifest(raw, OCI_INDEX if where == "child" else OCI_MANIFEST)

    with two_registries(holding=(IMAGE,)) as world:
        world.shop.manifests[str(built.digest)] = (built.media_type, raw)
        with world.fails(Malformed, "digest"):
            world.carry(built.digest)

        assert all(".." not in seen.target and "%2e" not in seen.target for seen in world.source.server.seen)
        assert world.prod.manifests == {}


@pytest.mark.parametrize("stated", DIGESTS.values(), ids=list(DIGESTS))
def test_a_digest_that_a_registry_states_is_read_as_strictly(stated: str) -> None:
    """Case 37: in Docker-Content-Digest."""
    if not stated.isprintable():
        pytest.skip("no header can hold it")
    fault = every(
        asked_for("HEAD", "/manifests/"),
        changing(with_header("Docker-Content-Digest", stated.encode("utf-8").decode("latin-1"))),
    )

    with two_registries(source=(fault,), holding=(IMAGE,)) as world:
        store(world.shop, IMAGE, "v1")
        with suppress(Malformed, Unverified):
            assert world.at_source().resolve("v1") == IMAGE.digest


@pytest.mark.parametrize(
    "name",
    [
        "r.example/../etc",
        "r.example/a/../b",
        "r.example/./a",
        "r.example/a//b",
        "r.example/A",
        "r.example/a%2fb",
        "r.example/a?x=y",
        "r.example/a b",
        "r.example/a\\b",
        "r.example/\u0430",
        "r.example/a\n",
        "r.example/" + "a" * 300,
        "r.example@evil.example/a",
    ],
)
def test_a_name_that_is_none_is_malformed(name: str) -> None:
    """Case 37: traversal in a name."""
    with pytest.raises(Malformed):
        parse_repository(name)


@pytest.mark.parametrize(
    "tag", ["../v1", "v1/..", ".v1", "-v1", "v1%2f", "v 1", "v1?x", "a" * 129, "v1\n", "", "\u0663"]
)
def test_a_tag_that_is_none_is_malformed_and_never_asked_for(tag: str) -> None:
    """Case 37: traversal in a tag."""
    with pytest.raises(Malformed):
        parse_reference(f"r.example/shop:{tag}")


@pytest.mark.parametrize(
    "tag", ["../../other/manifests/v1", "v1?digest=x", "v1#x", "v1\r\nX-Injected: yes", "v 1", "é"]
)
def test_a_tag_never_becomes_more_than_a_tag_in_a_request(tag: str) -> None:
    """Case 37: even where a caller did not parse it, it is one segment of the path, or refused."""
    with two_registries(holding=(IMAGE,)) as world:
        with suppress(Malformed, Absent):
            assert world.at_source().resolve(tag) is None
        for seen in world.source.server.seen:
            assert seen.path.startswith("/v2/shop/manifests/")
            assert "/" not in seen.path.removeprefix("/v2/shop/manifests/")
            assert "x-injected" not in seen.headers
