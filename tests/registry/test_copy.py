"""Copying: exactly the image and the evidence that was judged, whatever lies between."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
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
    no_lock,
    on,
    push,
    write_layout,
)
from tests.servers.docker_registry import docker_registry

from pratique.errors import Absent
from pratique.registry.attach import Body, attach_legacy
from pratique.registry.closure import plan
from pratique.registry.copy import CopyReport, copy
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.progress import Way
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

Place = Callable[[str], Registry]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with docker_registry(tmp_path_factory.mktemp("registry") / "files") as address:
        yield address


@pytest.fixture
def layouts(tmp_path: Path) -> Place:
    return lambda name: open_repository(parse_repository(f"oci:{name}"), Settings(tmp_path))


@pytest.fixture
def repositories(host: str, tmp_path: Path) -> Place:
    own = Digest.of(str(tmp_path).encode()).hex
    settings = Settings(tmp_path, insecure=frozenset({host}))
    return lambda name: open_repository(parse_repository(f"{host}/{own}/{name}"), settings)


@pytest.fixture(params=["layout to layout", "layout to registry", "registry to layout", "registry to registry"])
def ends(request: pytest.FixtureRequest) -> tuple[Registry, Registry]:
    kinds = {"layout": "layouts", "registry": "repositories"}
    source, destination = (request.getfixturevalue(kinds[kind]) for kind in request.param.split(" to "))
    return source("source"), destination("destination")


def run(
    source: Registry, root: Digest, destination: Registry, wanted: frozenset[Digest] | None = None
) -> CopyReport:
    """Copy with the wanted evidence, all of it unless said otherwise."""
    found = plan(source, root)
    every = frozenset(edge.child for edge in found.evidence)
    return copy(found, source, destination, every if wanted is None else wanted, no_lock)


def push_with_evidence(registry: Registry, image: Built) -> dict[str, Built]:
    """Push an index with evidence at every place it may hang."""
    platform = image.parts[0]
    sbom = build_referrer(platform, CYCLONEDX, b'{"components":[]}')
    hung = {
        "bundle": build_referrer(image, BUNDLE, b'{"bundle":1}'),
        "sbom": sbom,
        "signature of the sbom": build_referrer(sbom, BUNDLE, b'{"signs":"sbom"}'),
        "att": build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"})),
    }
    push(registry, image, "v1")
    for name in ("bundle", "sbom", "signature of the sbom"):
        push(registry, hung[name])
    push(registry, hung["att"], legacy_tag(image.digest, EdgeKind.ATT))
    return hung


def test_an_image_arrives_whole_with_its_evidence(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_platforms("web")
    hung = push_with_evidence(source, image)

    report = run(source, image.digest, destination)

    assert plan(destination, image.digest) == plan(source, image.digest)
    assert {built.digest for built in hung.values()} <= set(report.manifests)
    assert destination.resolve("v1") is None, "pointing the tag is another step"


def test_a_second_copy_moves_nothing(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_platforms("web")
    push_with_evidence(source, image)
    run(source, image.digest, destination)

    again = run(source, image.digest, destination)

    assert again.moved_bytes == 0
    assert {way for _, way in again.blobs} == {Way.PRESENT}


def test_only_the_wanted_evidence_travels(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_platforms("web")
    hung = push_with_evidence(source, image)

    run(source, image.digest, destination, frozenset({hung["sbom"].digest}))

    arrived = {edge.child for edge in plan(destination, image.digest).evidence}
    assert arrived == {hung["sbom"].digest, image.parts[2].digest}, "BuildKit's attestation is a part of the index"


def test_evidence_that_vanished_since_it_was_judged_stops_the_copy(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_image("web")
    push(source, image)

    with pytest.raises(Absent, match="was judged but is not at the source"):
        run(source, image.digest, destination, frozenset({Digest("0" * 64)}))

    assert not destination.has_manifest(image.digest)


def test_within_one_registry_blobs_are_mounted(repositories: Place) -> None:
    source, destination = repositories("source"), repositories("destination")
    image = build_image("web")
    push(source, image)

    report = run(source, image.digest, destination)

    assert {way for _, way in report.blobs} == {Way.MOUNTED}
    assert report.moved_bytes == 0


def test_a_legacy_tag_that_carries_more_at_the_destination_loses_nothing(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_platforms("web")
    push_with_evidence(source, image)
    push(destination, image)
    seal = Body(DSSE, b'{"seal":1}', (("predicateType", "seal"),))
    attach_legacy(destination, image.digest, EdgeKind.ATT, seal, no_lock)

    run(source, image.digest, destination)
    tag = destination.resolve(legacy_tag(image.digest, EdgeKind.ATT))
    run(source, image.digest, destination)

    assert tag is not None
    assert [layer.annotation("predicateType") for layer in destination.manifest(tag).layers] == ["seal", "x"]
    assert destination.resolve(legacy_tag(image.digest, EdgeKind.ATT)) == tag


def test_an_image_with_a_missing_platform_is_not_copied(layouts: Place, tmp_path: Path) -> None:
    image = build_platforms("web")
    write_layout(tmp_path / "source", {"v1": image})
    (tmp_path / "source" / "blobs" / "sha256" / image.parts[1].digest.hex).unlink()

    with pytest.raises(Absent, match=str(image.parts[1].digest)):
        run(layouts("source"), image.digest, layouts("destination"))


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed; apt-get install skopeo")
class TestAgainstSkopeo:
    """An independent implementation agrees on every byte."""

    def test_a_copy_to_a_registry_equals_skopeos(
        self, layouts: Place, repositories: Place, tmp_path: Path
    ) -> None:
        image = nested("web")
        write_layout(tmp_path / "source", {"v1": image})
        theirs, ours = repositories("theirs"), repositories("ours")

        skopeo("--dest-tls-verify=false", f"oci:{tmp_path}/source:v1", f"docker://{theirs.repository}:v1")
        run(layouts("source"), image.digest, ours)
        ours.put_tag("v1", image.digest, None)

        assert plan(ours, image.digest) == plan(theirs, image.digest)
        assert ours.resolve("v1") == theirs.resolve("v1") == image.digest
        for blob in plan(theirs, image.digest).blobs:
            assert ours.blob_size(blob.digest) == theirs.blob_size(blob.digest) == blob.size

    def test_a_copy_to_a_layout_equals_skopeos(self, layouts: Place, tmp_path: Path) -> None:
        image = nested("web")
        write_layout(tmp_path / "source", {"v1": image})

        skopeo(f"oci:{tmp_path}/source:v1", f"oci:{tmp_path}/theirs:v1")
        run(layouts("source"), image.digest, layouts("ours"))
        layouts("ours").put_tag("v1", image.digest, None)

        assert files_of(tmp_path / "ours") == files_of(tmp_path / "theirs")
        assert plan(layouts("theirs"), image.digest) == plan(layouts("ours"), image.digest)

    def test_skopeo_reads_what_we_wrote_with_its_evidence(self, layouts: Place, tmp_path: Path) -> None:
        image = build_platforms("web")
        push_with_evidence(layouts("source"), image)
        run(layouts("source"), image.digest, layouts("ours"))
        layouts("ours").put_tag("v1", image.digest, None)

        raw = subprocess.run(
            ["skopeo", "inspect", "--raw", f"oci:{tmp_path}/ours:v1"], capture_output=True, check=True
        )
        skopeo(f"oci:{tmp_path}/ours:v1", f"oci:{tmp_path}/theirs:v1")

        assert raw.stdout == image.raw
        assert set(files_of(tmp_path / "theirs")) == set(image.files())


def nested(name: str) -> Built:
    """An index with two platforms, an attestation and Docker's media types below."""
    first, second = build_image(f"{name}-1"), build_image(f"{name}-2", architecture="arm64")
    return build_index((first, on("amd64")), (second, on("arm64")), annotations={"kept": "yes"})


def skopeo(*arguments: str) -> None:
    subprocess.run(
        ["skopeo", "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", *arguments], check=True
    )


def files_of(layout: Path) -> dict[str, bytes]:
    """The complete files of a layout's store: name → content."""
    blobs = layout / "blobs" / "sha256"
    return {path.name: path.read_bytes() for path in blobs.glob("[0-9a-f]*")}


def test_a_legacy_tag_that_holds_an_index_travels_as_it_is(ends: tuple[Registry, Registry]) -> None:
    source, destination = ends
    image = build_image("web")
    odd = build_index((build_image("odd"), on("amd64")))
    tag = legacy_tag(image.digest, EdgeKind.ATT)
    push(source, image)
    push(source, odd, tag)

    run(source, image.digest, destination)
    run(source, image.digest, destination)

    assert destination.resolve(tag) == odd.digest
