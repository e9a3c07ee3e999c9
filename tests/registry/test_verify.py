"""An image is verified where it lies: every flaw is named, and what cannot be asked is no answer."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    Built,
    build_image,
    build_index,
    build_legacy,
    build_platforms,
    build_referrer,
    push,
    write_layout,
)
from tests.servers.faulty.faults import every, instead
from tests.servers.faulty.faults import on as asked
from tests.servers.faulty.wire import Reply
from tests.servers.oci_server import oci_server

from pratique.errors import Absent, Unreachable, Unverified
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.open import Settings, open_repository
from pratique.registry.readback import Depth, What
from pratique.registry.referrers import fallback_tag
from pratique.registry.session import Patience
from pratique.registry.verify import ImageReport, verify_image
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

IMAGE = build_platforms("web")
SBOM = build_referrer(IMAGE, CYCLONEDX, b'{"components":[]}')
BUNDLED = build_referrer(SBOM, BUNDLE, b'{"bundle":1}')
LEGACY = build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"}))
LAYER = max(IMAGE.parts[0].blobs.items(), key=lambda item: len(item[1]))


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    """The blobs of a layout with an image and evidence wherever it may hang."""
    listing = {fallback_tag(IMAGE.digest): [SBOM], fallback_tag(SBOM.digest): [BUNDLED]}
    lists = {tag: build_listing(each) for tag, each in listing.items()}
    tagged = {"v1": IMAGE, legacy_tag(IMAGE.digest, EdgeKind.ATT): LEGACY, **lists}
    write_layout(tmp_path / "layout", tagged)
    return tmp_path / "layout" / "blobs" / "sha256"


def build_listing(referrers: list[Built]) -> Built:
    return build_index(*((built, {}) for built in referrers))


def verify(blobs: Path, depth: Depth = Depth.READ_BACK) -> ImageReport:
    layout = blobs.parent.parent
    return verify_image(
        open_repository(parse_repository("oci:layout"), Settings(layout.parent)), IMAGE.digest, depth
    )


@pytest.mark.parametrize("depth", Depth)
def test_an_image_that_is_whole_has_no_flaw(blobs: Path, depth: Depth) -> None:
    report = verify(blobs, depth)

    assert report.whole
    assert (report.missing, report.wrong) == ((), ())
    assert {SBOM.digest, BUNDLED.digest, LEGACY.digest} <= {node.digest for node in report.closure.nodes}
    assert report.blob_bytes == sum(blob.size for blob in report.closure.blobs)


def test_everything_that_is_missing_is_named_at_once(blobs: Path) -> None:
    gone = [IMAGE.parts[1].digest.hex, SBOM.digest.hex, LEGACY.digest.hex, LAYER[0]]
    for name in gone:
        (blobs / name).unlink()

    report = verify(blobs)

    assert report.missing == tuple(sorted(Digest(name) for name in gone))
    assert report.wrong == ()
    assert {flaw.what for flaw in report.flaws} == set(What)


@pytest.mark.parametrize(
    ("lost", "said"),
    [(IMAGE.parts[0], "has as a part"), (SBOM, "lists as a referrer"), (LEGACY, r"has under its tag \.att")],
)
def test_a_loss_is_told_with_where_it_is_missed(blobs: Path, lost: Built, said: str) -> None:
    (blobs / lost.digest.hex).unlink()

    flaws = {flaw.digest: flaw for flaw in verify(blobs).flaws}

    with pytest.raises(Absent, match=f"which {IMAGE.digest} {said}"):
        raise flaws[lost.digest].error


def test_flipped_bytes_of_a_blob_are_found_by_looking_deep_only(blobs: Path) -> None:
    (blobs / LAYER[0]).write_bytes(LAYER[1][:-1] + bytes([LAYER[1][-1] ^ 1]))

    assert verify(blobs, Depth.READ_BACK).whole
    assert verify(blobs, Depth.DEEP).wrong == (Digest(LAYER[0]),)


@pytest.mark.parametrize("depth", Depth)
@pytest.mark.parametrize("change", [lambda raw: raw[:-1], lambda raw: raw + b"x", lambda raw: b""])
def test_a_blob_of_another_size_is_wrong_at_any_depth(
    blobs: Path, depth: Depth, change: Callable[[bytes], bytes]
) -> None:
    (blobs / LAYER[0]).write_bytes(change(LAYER[1]))

    assert verify(blobs, depth).wrong == (Digest(LAYER[0]),)


def test_flipped_bytes_of_a_manifest_are_found_without_looking_deep(blobs: Path) -> None:
    part = IMAGE.parts[0]
    (blobs / part.digest.hex).write_bytes(part.raw[:-1] + b" ")

    assert verify(blobs).wrong == (part.digest,)


def test_flipped_bytes_of_the_root_are_an_error(blobs: Path) -> None:
    (blobs / IMAGE.digest.hex).write_bytes(IMAGE.raw + b" ")

    with pytest.raises(Unverified):
        verify(blobs)


def test_a_registry_that_fails_gives_no_answer(tmp_path: Path) -> None:
    broken = every(asked("GET|HEAD", "/blobs/"), instead(Reply(500)))
    with oci_server(broken) as running:
        settings = Settings(tmp_path, insecure=frozenset({running.host}), patience=Patience(1, 0.1))
        registry = open_repository(parse_repository(f"{running.host}/shop"), settings)
        image = build_image("web")
        push(registry, image)
        for depth in Depth:
            with pytest.raises(Unreachable):
                verify_image(registry, image.digest, depth)
