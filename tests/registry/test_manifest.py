"""Manifests are read so that no two readers can see two images in one."""

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    build_image,
    build_index,
    build_platforms,
    build_referrer,
    on,
    to_json,
)

from pratique.errors import Malformed
from pratique.registry.manifest import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    MAX_MANIFEST_BYTES,
    OCI_INDEX,
    OCI_MANIFEST,
    Kind,
    parse_manifest,
)
from pratique.registry.referrers import extend_list, merge_lists, read_list

IMAGE = build_image("web")
INDEX = build_platforms("web")


def changed(base: bytes, **fields: object) -> bytes:
    """The same document with other fields; ``...`` removes one."""
    document: dict[str, Any] = {**json.loads(base), **fields}
    return to_json({key: value for key, value in document.items() if value is not ...})


def test_bytes_are_kept_and_fields_are_read() -> None:
    manifest = parse_manifest(INDEX.raw)

    assert manifest.raw == INDEX.raw
    assert manifest.kind is Kind.INDEX
    assert [str(child.platform) for child in manifest.children] == [
        "linux/amd64",
        "linux/arm64",
        "unknown/unknown",
    ]
    assert parse_manifest(IMAGE.raw).blobs[0].media_type == "application/vnd.oci.image.config.v1+json"


@pytest.mark.parametrize(
    ("raw", "stated", "found"),
    [
        (changed(IMAGE.raw, mediaType=...), "", OCI_MANIFEST),
        (changed(INDEX.raw, mediaType=...), "", OCI_INDEX),
        (changed(INDEX.raw, mediaType=...), OCI_INDEX, OCI_INDEX),
        (build_image("web", docker=True).raw, DOCKER_MANIFEST, DOCKER_MANIFEST),
        (build_index((IMAGE, on("amd64")), docker=True).raw, DOCKER_LIST, DOCKER_LIST),
    ],
)
def test_a_manifest_without_a_media_type_is_what_it_looks_like(raw: bytes, stated: str, found: str) -> None:
    assert parse_manifest(raw, stated).media_type == found


@pytest.mark.parametrize(
    ("raw", "stated", "message"),
    [
        (changed(IMAGE.raw, manifests=[]), "", "must not have 'manifests'"),
        (changed(INDEX.raw, layers=[]), "", "must not have 'layers'"),
        (changed(INDEX.raw, config={}), "", "must not have 'config'"),
        (changed(IMAGE.raw, fsLayers=[]), "", "must not have 'fsLayers'"),
        (changed(INDEX.raw, fsLayers=[]), "", "must not have 'fsLayers'"),
        (changed(IMAGE.raw, mediaType=..., manifests=[]), "", "must not have 'config'"),
        (IMAGE.raw, OCI_INDEX, "delivered as"),
        (INDEX.raw, OCI_MANIFEST, "delivered as"),
        (changed(IMAGE.raw, mediaType=...), OCI_INDEX, "must not have 'config'"),
        (changed(IMAGE.raw, mediaType=...), DOCKER_MANIFEST, "must say its mediaType"),
        (changed(IMAGE.raw, Layers=[]), "", "'Layers' is not 'layers'"),
        (changed(IMAGE.raw, CONFIG={}), "", "'CONFIG' is not 'config'"),
        (IMAGE.raw[:-1] + b',"layers":[]}', "", "duplicate key 'layers'"),
        (b"\xef\xbb\xbf" + IMAGE.raw, "", "not strict JSON"),
        (IMAGE.raw + b"{}", "", "not strict JSON"),
        (b"[]", "", "expected a JSON object"),
        (b"[" * 100_000, "", "not strict JSON"),
        (changed(IMAGE.raw, schemaVersion=1), "", "schema 1 is refused"),
        (IMAGE.raw, "application/vnd.docker.distribution.manifest.v1+prettyjws", "delivered as"),
        (changed(IMAGE.raw, mediaType="application/vnd.docker.distribution.manifest.v1+json"), "", "schema 1"),
        (changed(IMAGE.raw, schemaVersion=...), "", "schemaVersion 2"),
        (changed(IMAGE.raw, schemaVersion="2"), "", "schemaVersion 2"),
        (changed(IMAGE.raw, mediaType="text/plain"), "", "expected one of"),
        (changed(IMAGE.raw, layers=...), "", "layers: expected a list"),
        (changed(IMAGE.raw, config=None), "", "config: expected a descriptor"),
        (changed(IMAGE.raw, subject=None), "", "subject: expected a descriptor"),
        (changed(IMAGE.raw, annotations={"a": 1}), "", "annotations: expected an object of strings"),
        (changed(IMAGE.raw, annotations=[]), "", "annotations: expected an object of strings"),
        (changed(IMAGE.raw, artifactType=7), "", "artifactType: expected text"),
    ],
)
def test_an_ambiguous_or_broken_manifest_is_refused(raw: bytes, stated: str, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        parse_manifest(raw, stated)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"size": -1}, "size"),
        ({"size": True}, "size"),
        ({"size": "5"}, "size"),
        ({"size": 2**60}, "size"),
        ({"mediaType": ""}, "mediaType is missing"),
        ({"digest": "sha512:" + "0" * 128}, "digest"),
        ({"digest": "sha256:" + "A" * 64}, "digest"),
        ({"digest": "sha256:../../etc"}, "digest"),
        ({"Digest": "x"}, "'Digest' is not 'digest'"),
        ({"data": "e30="}, "inline bytes"),
        ({"data": "!"}, "not base64"),
        ({"data": "e30\u00a1"}, "not base64"),
        ({"platform": "linux"}, "platform"),
    ],
)
def test_a_broken_descriptor_is_refused(fields: dict[str, object], message: str) -> None:
    layer = {**json.loads(IMAGE.raw)["layers"][0], **fields}
    with pytest.raises(Malformed, match=message):
        parse_manifest(changed(IMAGE.raw, layers=[layer]))


def test_inline_data_with_the_right_digest_is_accepted() -> None:
    artifact = build_referrer(IMAGE, CYCLONEDX, b"{}")
    config = {**json.loads(artifact.raw)["config"], "data": base64.b64encode(b"{}").decode()}
    assert parse_manifest(changed(artifact.raw, config=config)).config is not None


def test_a_part_of_an_index_that_is_no_manifest_is_refused() -> None:
    layer = json.loads(IMAGE.raw)["layers"][0]
    with pytest.raises(Malformed, match="expected a manifest or an index"):
        parse_manifest(changed(INDEX.raw, manifests=[layer]))


def test_unknown_types_and_fields_are_no_error() -> None:
    layer = {**json.loads(IMAGE.raw)["layers"][0], "mediaType": "application/x-anything+encrypted", "new": {}}
    raw = changed(IMAGE.raw, layers=[layer], artifactType="x/y", newField=[1])
    assert parse_manifest(raw).layers[0].media_type == "application/x-anything+encrypted"


@pytest.mark.parametrize(("extra", "accepted"), [(0, True), (1, False)])
def test_four_mebibytes_are_accepted_and_one_byte_more_is_not(extra: int, accepted: bool) -> None:
    padding = MAX_MANIFEST_BYTES - len(changed(IMAGE.raw, annotations={"a": ""})) + extra
    raw = changed(IMAGE.raw, annotations={"a": "x" * padding})
    assert len(raw) == MAX_MANIFEST_BYTES + extra
    if accepted:
        parse_manifest(raw)
    else:
        with pytest.raises(Malformed, match="at most 4194304 bytes"):
            parse_manifest(raw)


@given(st.integers(0, len(INDEX.raw) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_another_digest_or_refused(at: int, bit: int) -> None:
    raw = bytearray(INDEX.raw)
    raw[at] ^= 1 << bit
    with contextlib.suppress(Malformed):
        assert parse_manifest(bytes(raw)).digest != INDEX.digest


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["config", "layers", "manifests", "subject", "annotations", "mediaType", "schemaVersion"]),
    JSON,
)
def test_no_value_makes_the_reader_fail_otherwise(field: str, value: object) -> None:
    for base in (IMAGE.raw, INDEX.raw):
        with contextlib.suppress(Malformed):
            parse_manifest(changed(base, **{field: value}))


def test_every_real_manifest_is_read(corpus: Path) -> None:
    layouts = (
        corpus / "oci-layout" / "regclient__regclient" / "testdata" / "testrepo",
        corpus / "oci-image-built" / "multi",
    )
    files = [path.read_bytes() for layout in layouts for path in (layout / "blobs" / "sha256").iterdir()]
    files.append(
        (
            corpus
            / "oci-attestation-manifest"
            / "moby__buildkit"
            / "docs_attestations_attestation-storage_block3.json"
        ).read_bytes()
    )
    manifests = [content for content in files if b'"schemaVersion"' in content[:4096]]

    assert len(manifests) > 40
    assert {parse_manifest(content).kind for content in manifests} == set(Kind)


# Lists of referrers


def test_a_referrer_is_added_once_and_others_keep_their_fields() -> None:
    first, second = build_referrer(IMAGE, CYCLONEDX, b"1"), build_referrer(IMAGE, BUNDLE, b"2", a="b")
    foreign = {**first.descriptor(), "unknown": {"kept": 1}}
    before = to_json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [foreign], "own": "kept"})

    after = extend_list(extend_list(before, second.manifest), second.manifest)

    document = json.loads(after)
    assert document["own"] == "kept"
    assert document["manifests"][0] == foreign
    assert document["manifests"][1] == {**second.descriptor(), "artifactType": BUNDLE, "annotations": {"a": "b"}}
    assert len(document["manifests"]) == 2


@given(st.permutations(range(4)))
def test_the_order_in_which_referrers_arrive_does_not_change_who_is_listed(order: list[int]) -> None:
    raw = None
    built = [build_referrer(IMAGE, BUNDLE, b"%d" % number) for number in range(4)]
    for number in order:
        raw = extend_list(raw, built[number].manifest)
    assert raw is not None
    assert {listed.digest for listed in read_list(raw)} == {each.digest for each in built}


def test_an_unreadable_entry_does_not_hide_the_others() -> None:
    good = build_referrer(IMAGE, BUNDLE, b"{}").descriptor()
    entries = [{"digest": "sha512:x"}, 7, {**good, "size": -1}, good, {**good, "mediaType": "text/plain"}]
    assert len(read_list(to_json({"schemaVersion": 2, "manifests": entries}))) == 1


def test_a_digest_listed_twice_counts_once() -> None:
    listed = read_list(to_json({"manifests": [IMAGE.descriptor(), IMAGE.descriptor(annotations={"a": "b"})]}))
    assert merge_lists(listed, listed) == listed[:1]


@pytest.mark.parametrize("hostile", ["linux\x1b[2J", "linux\n  whole yes", "li\u202enux", "linux\x9b31m"])
@pytest.mark.parametrize("field", ["os", "architecture", "variant"])
def test_what_is_shown_of_a_manifest_cannot_command_a_terminal(field: str, hostile: str) -> None:
    platform = {"os": "linux", "architecture": "amd64", field: hostile}
    with pytest.raises(Malformed, match=f"{field}: expected printable text") as told:
        parse_manifest(build_index((IMAGE, {"platform": platform})).raw)
    assert str(told.value).isprintable()
    with pytest.raises(Malformed, match="artifactType: expected printable text"):
        parse_manifest(changed(IMAGE.raw, artifactType=hostile))
