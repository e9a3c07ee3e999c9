"""The full form holds exactly what follows from the core form: nothing is missing, and nothing is added."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.proof.builders import REVIEWERS, Story, founded, promoted_story, trust_root
from tests.proof.shelves import (
    Files,
    MemoryShelf,
    files_of,
    layers,
    manifest_name,
    name_of,
    opened,
    spoilt,
    with_manifest,
    without,
)
from tests.proof.waived import waived_story

from pratique.errors import Malformed, PratiqueError, Unverified
from pratique.promotion.record_form import build_record
from pratique.proof.full import layers_of, open_full, report_layer
from pratique.proof.layout import (
    EMPTY,
    INDEX_FILE,
    MARK_FILE,
    MAX_LAYER_BYTES,
    MAX_LAYERS,
    MAX_MANIFEST_BYTES,
    MAX_TOTAL_BYTES,
    Role,
    blob_name,
    build_index,
    build_manifest,
    check_name,
    check_sizes,
    parse_index,
    parse_manifest,
)
from pratique.proof.rejudge import rejudge
from pratique.proof.verify import verify_promotion
from pratique.values.canonical import canonical
from pratique.values.digest import Digest

PAGE = b"<!doctype html>"


@cache
def story() -> Story:
    return promoted_story()


@cache
def written() -> Files:
    return files_of(story(), (report_layer(PAGE), PAGE))


def whole() -> Files:
    """Return the files of a full form with a page, which one may spoil."""
    return dict(written())


def test_the_full_form_holds_the_core_and_everything_that_it_rests_on() -> None:
    full = opened(whole())
    assert verify_promotion(full.core, trust_root())
    roles = [layer.role for layer in full.layers]
    assert roles[0] is Role.CORE
    assert roles[-1] is Role.REPORT
    assert set(roles) == {
        Role.CORE,
        Role.EVIDENCE,
        Role.FEED,
        Role.POLICY,
        Role.DIRECTORY,
        Role.RECORD,
        Role.REPORT,
    }


def test_the_grants_of_waivers_are_among_it() -> None:
    told = waived_story()
    told.copy()
    told.seal()
    full = opened(files_of(told))
    assert Role.WAIVER in [layer.role for layer in full.layers]
    assert len(rejudge(full.core, lambda digest: told.book.objects[full.layer(digest).digest])) == 1


def test_it_is_judged_again_from_its_layers_alone() -> None:
    files = whole()
    full = opened(files)
    records = rejudge(full.core, lambda digest: files[blob_name(full.layer(digest).digest)])
    assert [one.digest for one in records] == [verify_promotion(full.core, trust_root()).record]


def test_no_more_than_one_layer_is_held_at_a_time() -> None:
    shelf = MemoryShelf(whole())
    open_full(shelf.sizes, shelf.read)
    assert shelf.most == max(map(len, shelf.files.values()))


def renamed(files: Files, name: str, to: str) -> Files:
    return {**without(files, name), to: files[name]}


def one_more(files: Files, role: str) -> Files:
    """Return the files with a layer that nothing needs, in its place before the report."""
    body = b"nobody asked for this"
    layer = {
        "annotations": {"example.pratique.role": role},
        "digest": str(Digest.of(body)),
        "mediaType": "text/plain",
        "size": len(body),
    }
    return {
        **with_manifest(files, lambda document: document["layers"].insert(1, layer)),
        blob_name(Digest.of(body)): body,
    }


def swapped_policy(files: Files) -> Files:
    body = canonical({"looser": True})

    def swap(document: dict[str, Any]) -> None:
        (layer,) = [one for one in document["layers"] if "policy" in one["annotations"].values()]
        layer.update(digest=str(Digest.of(body)), size=len(body))

    return {**with_manifest(files, swap), blob_name(Digest.of(body)): body}


def duplicate_key(files: Files) -> Files:
    name = manifest_name(files)
    content = files[name].replace(b'"schemaVersion":2', b'"schemaVersion":2,"schemaVersion":2')
    return {**without(files, name), INDEX_FILE: build_index(content), blob_name(Digest.of(content)): content}


def index(files: Files, change: Callable[[dict[str, Any]], object]) -> Files:
    document = json.loads(files[INDEX_FILE])
    change(document)
    return {**files, INDEX_FILE: canonical(document)}


ATTACKS: tuple[tuple[str, Callable[[Files], Files], str], ...] = (
    ("missing evidence", lambda files: without(files, name_of(files, "evidence")), "expected the evidence sha256"),
    ("a missing feed", lambda files: without(files, name_of(files, "feed")), "expected the feed sha256"),
    ("a missing core", lambda files: without(files, name_of(files, "core")), "expected the core form sha256"),
    ("a missing manifest", lambda files: without(files, manifest_name(files)), "expected the manifest sha256"),
    ("a missing index", lambda files: without(files, INDEX_FILE), "expected index.json, found none; it was cut off"),
    ("a missing mark", lambda files: without(files, MARK_FILE), "expected oci-layout, found none"),
    ("a missing config", lambda files: without(files, blob_name(Digest.of(EMPTY))), "expected the empty config"),
    ("a flipped bit in evidence", lambda files: spoilt(files, name_of(files, "evidence")), "layout, the evidence: ex"),
    ("a flipped bit in a feed", lambda files: spoilt(files, name_of(files, "feed")), "layout, the feed: expected"),
    ("a flipped bit in the core", lambda files: spoilt(files, name_of(files, "core")), "layout, the core form: exp"),
    ("a flipped bit in the page", lambda files: spoilt(files, name_of(files, "report")), "layout, the report: exp"),
    ("evidence cut short",
     lambda files: {**files, name_of(files, "evidence"): files[name_of(files, "evidence")][:-1]},
     r"expected \d+ bytes of the evidence sha256"),
    ("evidence that nothing needs", lambda files: one_more(files, "evidence"), "the evidence .* does not belong"),
    ("two pages", lambda files: one_more(files, "report"), "the report .* does not belong here: nothing needs it"),
    ("a swapped policy", swapped_policy, r"expected the policy sha256:\w+ \(application/vnd"),
    ("a blob that no layer names", lambda files: {**files, blob_name(Digest.of(b"x")): b"x"}, "no layer names it"),
    ("a name that leads elsewhere", lambda files: {**files, "blobs/sha256/../../../etc/passwd": b""}, "'blobs/sha256/"),
    ("an absolute name", lambda files: {**files, "/etc/passwd": b""}, "the name '/etc/passwd' does not belong here"),
    ("a name in capitals", lambda files: renamed(files, INDEX_FILE, "Index.json"), "the name 'Index.json'"),
    ("a name with a dot before it", lambda files: renamed(files, INDEX_FILE, "./index.json"), r"'\./index.json'"),
    ("an evidence layer told as a feed",
     lambda files: with_manifest(
         files, lambda document: document["layers"][1].update(annotations={"example.pratique.role": "feed"})),
     r"expected the evidence sha256:\w+ \("),
    ("another media type", lambda files: with_manifest(
        files, lambda document: document["layers"][1].update(mediaType="text/plain")), "found no such layer"),
    ("a role that is none", lambda files: with_manifest(
        files, lambda document: document["layers"][1].update(annotations={"example.pratique.role": "truth"})),
     r"layers\[1\]: expected the annotation example\.pratique\.role to be one of"),
    ("the core in the second place", lambda files: with_manifest(
        files, lambda document: document["layers"].insert(0, document["layers"].pop(1))), "core form first, and once"),
    ("the layers in another order", lambda files: with_manifest(
        files, lambda document: document["layers"].insert(2, document["layers"].pop(1))), "in the order in which"),
    ("a duplicate layer", lambda files: with_manifest(
        files, lambda document: document["layers"].append(document["layers"][1])), "each blob once, found one twice"),
    ("a second meaning in the manifest", lambda files: with_manifest(
        files, lambda document: document.update(subject={})), "manifest: unexpected 'subject'"),
    ("a manifest of another artifact", lambda files: with_manifest(
        files, lambda document: document.update(artifactType="text/plain")), "expected the artifact manifest of"),
    ("a duplicate key", duplicate_key, "manifest: not strict JSON: duplicate key 'schemaVersion'"),
    ("two manifests", lambda files: index(files, lambda one: one["manifests"].append(one["manifests"][0])),
     "expected one manifest, found 2"),
    ("an index of another artifact", lambda files: index(
        files, lambda one: one["manifests"][0].update(artifactType="text/plain")), "expected the artifact type"),
    ("another version of the index", lambda files: index(files, lambda one: one.update(schemaVersion=1)),
     "index.json: expected the index of a proof"),
    ("another layout", lambda files: {**files, MARK_FILE: b'{"imageLayoutVersion":"2.0.0"}'}, "oci-layout: expected"),
)  # fmt: skip


@pytest.mark.parametrize(("harm", "message"), [one[1:] for one in ATTACKS], ids=[one[0] for one in ATTACKS])
def test_every_attack_on_the_layout_is_refused_for_its_own_reason(
    harm: Callable[[Files], Files], message: str
) -> None:
    with pytest.raises((Unverified, Malformed), match=message):
        opened(harm(whole()))


def test_no_two_have_one_message() -> None:
    assert len({message for _, _, message in ATTACKS}) == len(ATTACKS)


@given(st.data())
def test_a_layout_with_any_bit_flipped_is_refused(data: st.DataObject) -> None:
    files = whole()
    name = data.draw(st.sampled_from(sorted(files)))
    body = bytearray(files[name])
    place = data.draw(st.integers(0, len(body) - 1))
    body[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(PratiqueError):
        opened({**files, name: bytes(body)})


@given(st.data())
def test_a_layout_without_any_of_its_files_is_refused(data: st.DataObject) -> None:
    files = whole()
    gone = data.draw(st.sets(st.sampled_from(sorted(files)), min_size=1))
    with pytest.raises(PratiqueError):
        opened(without(files, *gone))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({blob_name(Digest.of(b"x")): MAX_LAYER_BYTES + 1}, f"expected at most {MAX_LAYER_BYTES} bytes in blobs"),
        ({INDEX_FILE: MAX_MANIFEST_BYTES + 1}, f"expected at most {MAX_MANIFEST_BYTES} bytes in index.json"),
        (
            {blob_name(Digest.of(str(at).encode())): MAX_LAYER_BYTES for at in range(9)},
            f"expected at most {MAX_TOTAL_BYTES} bytes, found",
        ),
        (
            {blob_name(Digest.of(str(at).encode())): 1 for at in range(MAX_LAYERS + 5)},
            f"at most {MAX_LAYERS} layers",
        ),
    ],
)
def test_what_is_too_large_is_not_read(sizes: dict[str, int], message: str) -> None:
    with pytest.raises(Malformed, match=message):
        check_sizes(sizes)


def test_what_was_judged_by_another_engine_is_not_reproducible_here() -> None:
    told = promoted_story_by("pratique-engine/99")
    full = opened(files_of(told))
    with pytest.raises(Unverified, match="not reproducible here: pratique-engine/99 judged"):
        rejudge(full.core, lambda digest: told.book.objects[digest])


def promoted_story_by(engine: str) -> Story:
    told = founded()
    told.ask()
    told.gather()
    told.judge(build_record(replace(told.decide().decision, engine=engine)))
    for name in REVIEWERS:
        told.review(name)
    told.approve()
    told.copy()
    told.seal()
    return told


def test_manifest_and_index_are_written_and_read_back() -> None:
    every = layers_of(story().proof())
    assert parse_manifest(build_manifest(every)) == every
    manifest = build_manifest(every)
    assert parse_index(build_index(manifest)) == (Digest.of(manifest), len(manifest))
    assert [str(one.digest) for one in every] == [one["digest"] for one in layers(files_of(story()))]


@given(st.text(max_size=100))
def test_a_name_belongs_or_is_refused(name: str) -> None:
    try:
        check_name(name)
    except Malformed:
        return
    assert name in (MARK_FILE, INDEX_FILE) or name == blob_name(Digest(name[-64:]))


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(content: bytes) -> None:
    for parse in (parse_manifest, parse_index):
        with pytest.raises(Malformed):
            parse(content)
