"""What hangs on an image says what it is: by annotation, by its bytes, or by its media type, and never fails."""

from pathlib import Path

from tests.registry.builders import (
    BUNDLE,
    DSSE,
    Built,
    build_image,
    build_legacy,
    build_platforms,
    build_referrer,
    to_json,
    write_layout,
)

from pratique.registry.closure import plan
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.service.hanging import Hanging, hanging
from pratique.values.reference import LayoutRepository

IMAGE = build_image("shop")
STATEMENT = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [{"digest": {"sha256": IMAGE.digest.hex}}],
    "predicateType": "https://slsa.dev/provenance/v1",
    "predicate": {},
}


def layout(folder: Path, tagged: dict[str, Built], *untagged: Built) -> Registry:
    write_layout(folder, tagged, untagged)
    return open_repository(LayoutRepository(str(folder)), Settings(base=folder))


def pieces(folder: Path, *untagged: Built, image: Built = IMAGE, **tagged: Built) -> tuple[Hanging, ...]:
    repository = layout(
        folder,
        {"1": image, **{legacy_tag(image.digest, EdgeKind(kind)): built for kind, built in tagged.items()}},
        *untagged,
    )
    return hanging(repository, plan(repository, image.digest))


def test_an_annotation_says_the_predicate_type(tmp_path: Path) -> None:
    bundle = build_referrer(IMAGE, BUNDLE, b"{}", **{"dev.sigstore.bundle.predicateType": "https://example.org/a"})
    (piece,) = pieces(tmp_path, bundle)
    assert (piece.predicate_types, piece.formats, piece.artifact_type) == (("https://example.org/a",), (), BUNDLE)


def test_without_one_the_bytes_are_read(tmp_path: Path) -> None:
    (piece,) = pieces(tmp_path, build_referrer(IMAGE, "application/vnd.in-toto+json", to_json(STATEMENT)))
    assert piece.predicate_types == ("https://slsa.dev/provenance/v1",)


def test_a_document_is_named_by_its_format(tmp_path: Path) -> None:
    bill = to_json({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []})
    (piece,) = pieces(tmp_path, build_referrer(IMAGE, "application/octet-stream", bill))
    assert (piece.predicate_types, piece.formats) == ((), ("cyclonedx-json",))


def test_rubbish_is_named_and_hides_nothing(tmp_path: Path) -> None:
    rubbish = build_referrer(IMAGE, "application/x", b"\x00\xff{")
    good = build_referrer(IMAGE, "application/vnd.in-toto+json", to_json(STATEMENT))
    found = pieces(tmp_path, rubbish, good)
    assert len(found) == 2
    assert {piece.predicate_types for piece in found} == {(), ("https://slsa.dev/provenance/v1",)}


def test_a_body_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    referrer = build_referrer(IMAGE, "application/x", b"lost")
    repository = layout(tmp_path, {"1": IMAGE}, referrer)
    (tmp_path / "blobs" / "sha256" / referrer.manifest.layers[0].digest.hex).unlink()
    (piece,) = hanging(repository, plan(repository, IMAGE.digest))
    assert piece.formats[0].startswith("cannot be read: ")


def test_a_large_body_is_named_by_its_media_type(tmp_path: Path) -> None:
    (piece,) = pieces(tmp_path, build_referrer(IMAGE, "application/large", b" " * (1024 * 1024 + 1)))
    assert piece.formats == ("application/large",)


def test_a_legacy_tag_is_named_with_what_each_layer_states(tmp_path: Path) -> None:
    legacy = build_legacy(*((DSSE, name.encode(), {"predicateType": name}) for name in ("b", "a", "b")))
    (piece,) = pieces(tmp_path, att=legacy)
    assert (piece.via, piece.tag, piece.predicate_types) == ("att", f"sha256-{IMAGE.digest.hex}.att", ("a", "b"))


def test_buildkit_s_attestation_hangs_on_its_platform(tmp_path: Path) -> None:
    index = build_platforms("multi")
    (piece,) = pieces(tmp_path, image=index)
    assert (piece.via, piece.subject, piece.predicate_types) == (
        "attestation",
        index.parts[0].digest,
        ("https://slsa.dev/x",),
    )


def test_what_hangs_on_evidence_comes_after_what_it_hangs_on(tmp_path: Path) -> None:
    bill = build_referrer(IMAGE, "application/vnd.cyclonedx+json", b"{}")
    signature = build_referrer(bill, BUNDLE, b"{}")
    again = build_referrer(signature, BUNDLE, b"{ }")
    found = pieces(tmp_path, again, signature, bill)
    assert [piece.digest for piece in found] == [bill.digest, signature.digest, again.digest]
    assert [piece.subject for piece in found] == [IMAGE.digest, bill.digest, signature.digest]
