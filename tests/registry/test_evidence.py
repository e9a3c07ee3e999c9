"""The evidence an image carries comes out as exact bytes, with its subject and its place."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    SIMPLE_SIGNING,
    Built,
    build_image,
    build_index,
    build_legacy,
    build_platforms,
    build_referrer,
    on,
    push,
    to_json,
    write_layout,
)
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import at
from tests.registry.scripted_server import Asked, Reply, scripted_server

from pratique.errors import Unreachable
from pratique.registry.closure import plan
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.evidence import Carried, Collected, Found, collect_evidence
from pratique.registry.open import Settings, open_repository
from pratique.registry.referrers import fallback_tag
from pratique.values.reference import parse_repository

WEB = build_platforms("web")


def collected(folder: Path, root: Built, others: dict[str, Built], **limits: int) -> Collected:
    write_layout(folder, {"v1": root, **others})
    repository = open_repository(parse_repository(f"oci:{folder}"), Settings(folder))
    return collect_evidence(repository, plan(repository, root.digest), **limits)


def listing(*referrers: Built) -> Built:
    return build_index(*((each, {}) for each in referrers))


def on_image(referrer: Built) -> dict[str, Built]:
    return {fallback_tag(WEB.digest): listing(referrer)}


def of(found: Collected, place: Found) -> list[Carried]:
    return [piece for piece in found.pieces if piece.found is place]


def test_a_bundle_is_the_layer_of_its_referrer(tmp_path: Path) -> None:
    bundle = build_referrer(WEB, BUNDLE, b'{"mediaType":"x"}', **{"dev.sigstore.bundle.content": "dsse-envelope"})

    (piece,) = of(collected(tmp_path, WEB, on_image(bundle)), Found.REFERRER)

    assert (piece.subject, piece.media_type, piece.body) == (WEB.digest, BUNDLE, b'{"mediaType":"x"}')
    assert (piece.manifest, piece.artifact_type) == (bundle.digest, BUNDLE)
    assert dict(piece.annotations) == {"dev.sigstore.bundle.content": "dsse-envelope"}


def test_a_report_hangs_on_the_platform_it_is_about(tmp_path: Path) -> None:
    platform = WEB.parts[1]
    sbom = build_referrer(platform, CYCLONEDX, b'{"components":[]}')

    (piece,) = of(collected(tmp_path, WEB, {fallback_tag(platform.digest): listing(sbom)}), Found.REFERRER)

    assert (piece.subject, piece.body) == (platform.digest, b'{"components":[]}')


def test_each_envelope_under_an_att_tag_is_a_piece(tmp_path: Path) -> None:
    att = build_legacy((DSSE, b"one", {"predicateType": "a"}), (DSSE, b"two", {"predicateType": "b"}))

    pieces = of(collected(tmp_path, WEB, {legacy_tag(WEB.digest, EdgeKind.ATT): att}), Found.LEGACY)

    assert [(piece.body, dict(piece.annotations)["predicateType"]) for piece in pieces] == [
        (b"one", "a"),
        (b"two", "b"),
    ]


def test_a_legacy_signature_keeps_its_annotation(tmp_path: Path) -> None:
    notes = {"dev.cosignproject.cosign/signature": "MEUCIQ=="}
    sig = build_legacy((SIMPLE_SIGNING, b'{"critical":{}}', notes))

    (piece,) = of(collected(tmp_path, WEB, {legacy_tag(WEB.digest, EdgeKind.SIG): sig}), Found.LEGACY)

    assert (piece.media_type, piece.body, dict(piece.annotations)) == (SIMPLE_SIGNING, b'{"critical":{}}', notes)


def test_two_signatures_of_one_payload_are_two_pieces(tmp_path: Path) -> None:
    sig = build_legacy(
        *((SIMPLE_SIGNING, b"{}", {"dev.cosignproject.cosign/signature": each}) for each in ("a", "b"))
    )

    pieces = of(collected(tmp_path, WEB, {legacy_tag(WEB.digest, EdgeKind.SIG): sig}), Found.LEGACY)

    assert [dict(piece.annotations)["dev.cosignproject.cosign/signature"] for piece in pieces] == ["a", "b"]


def test_an_attestation_of_buildkit_is_about_its_platform(tmp_path: Path) -> None:
    (piece,) = collected(tmp_path, WEB, {}).pieces

    assert (piece.found, piece.subject) == (Found.ATTESTATION_CHILD, WEB.parts[0].digest)
    assert piece.media_type == "application/vnd.in-toto+json"


def test_an_attestation_that_is_part_and_referrer_counts_once(tmp_path: Path) -> None:
    image = build_image("web")
    both = build_referrer(image, "application/vnd.in-toto+json", b"{}")
    notes = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": str(image.digest),
    }
    index = build_index((image, on("amd64")), (both, {"annotations": notes}))

    (piece,) = collected(tmp_path, index, {fallback_tag(image.digest): listing(both)}).pieces

    assert piece.found is Found.ATTESTATION_CHILD


@pytest.mark.parametrize(
    ("artifact", "reason"),
    [
        (build_index((build_image("x"), {}), subject=WEB.descriptor()), "an index"),
        (build_image("x", layers=(), subject=WEB.descriptor()), "no layer"),
        (build_image("x", artifactType=BUNDLE, subject=WEB.descriptor()), "exactly one layer"),
    ],
    ids=["index", "empty", "odd bundle"],
)
def test_an_artifact_that_holds_no_evidence_is_named(tmp_path: Path, artifact: Built, reason: str) -> None:
    found = collected(tmp_path, WEB, on_image(artifact))

    assert of(found, Found.REFERRER) == []
    assert [(each.edge.child, reason in each.reason) for each in found.left_out] == [(artifact.digest, True)]


def test_evidence_whose_bytes_are_wrong_or_gone_is_left_out_and_hides_nothing(tmp_path: Path) -> None:
    bodies = {name: name.encode() * 5 for name in ("good", "gone", "wrong")}
    hung = {name: build_referrer(WEB, CYCLONEDX, body) for name, body in bodies.items()}
    write_layout(tmp_path, {"v1": WEB, fallback_tag(WEB.digest): listing(*hung.values())})
    blobs = tmp_path / "blobs" / "sha256"
    (blobs / hung["gone"].manifest.layers[0].digest.hex).unlink()
    (blobs / hung["wrong"].manifest.layers[0].digest.hex).write_bytes(b"WRONG" * 5)
    repository = open_repository(parse_repository(f"oci:{tmp_path}"), Settings(tmp_path))

    found = collect_evidence(repository, plan(repository, WEB.digest))

    assert [piece.body for piece in of(found, Found.REFERRER)] == [bodies["good"]]
    assert {each.edge.child for each in found.left_out} == {hung["gone"].digest, hung["wrong"].digest}


@pytest.mark.parametrize("limits", [{"max_body_bytes": 200}, {"max_total_bytes": 200}])
def test_a_body_larger_than_is_read_is_left_out(tmp_path: Path, limits: dict[str, int]) -> None:
    large = build_referrer(WEB, CYCLONEDX, b"x" * 201)

    found = collected(tmp_path, WEB, on_image(large), **limits)

    assert of(found, Found.REFERRER) == []
    assert [each.edge.child for each in found.left_out] == [large.digest]


def test_a_body_that_breaks_off_is_unreachable_and_never_left_out(tmp_path: Path) -> None:
    image = build_image("web")
    referrer = build_referrer(image, CYCLONEDX, to_json({"components": []}))
    memory = MemoryRegistry()

    def breaking(asked: Asked) -> Reply:
        reply = memory.answer(asked)
        return replace(reply, cut=3) if asked.method == "GET" and "/blobs/" in asked.target else reply

    with scripted_server(breaking) as server:
        push(at(server), image)
        push(at(server), referrer)
        with pytest.raises(Unreachable):
            collect_evidence(at(server), plan(at(server), image.digest))
