"""Anchors: what a registry's own clean-up would delete stays, shown with the clean-up of Debian's docker-registry."""

from pathlib import Path

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
)
from tests.servers.docker_registry import docker_registry
from tests.servers.faulty.faults import every, instead
from tests.servers.faulty.faults import on as asked
from tests.servers.faulty.registry import Rules
from tests.servers.faulty.wire import Reply
from tests.servers.garbage import collect_garbage
from tests.servers.oci_server import oci_server

from pratique.registry.anchor import anchor_tag
from pratique.registry.attach import Body, attach_referrer
from pratique.registry.closure import plan
from pratique.registry.copy import CopyReport, Keep, copy
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
from pratique.registry.readback import Depth
from pratique.registry.verify import verify_image
from pratique.values.reference import parse_repository

IMAGE = build_platforms("web")
SBOM = build_referrer(IMAGE.parts[0], CYCLONEDX, b'{"components":[]}')
SIGNATURE = build_referrer(SBOM, BUNDLE, b'{"signs":"sbom"}')
LEGACY = build_legacy((DSSE, b'{"envelope":1}', {"predicateType": "x"}))
NO_REFERRERS_API = Rules(referrers=False)


def at(host: str, name: str, folder: Path) -> Registry:
    return open_repository(parse_repository(f"{host}/{name}"), Settings(folder, insecure=frozenset({host})))


def fill(registry: Registry, image: Built = IMAGE) -> None:
    push(registry, image, "v1")
    push(registry, SBOM)
    push(registry, SIGNATURE)
    push(registry, LEGACY, legacy_tag(image.digest, EdgeKind.ATT))


def carry(source: Registry, destination: Registry, image: Built = IMAGE, keep: Keep = Keep.ALL) -> CopyReport:
    found = plan(source, image.digest)
    wanted = frozenset(edge.child for edge in found.evidence)
    return copy(found, source, destination, wanted, no_lock, keep=keep)


def test_after_garbage_collection_every_byte_of_a_copy_is_there(tmp_path: Path) -> None:
    with docker_registry(tmp_path / "files") as host:
        source, destination = at(host, "shop", tmp_path), at(host, "prod", tmp_path)
        fill(source)
        carry(source, destination)
        destination.put_tag("v1", IMAGE.digest, None)
        seal = attach_referrer(destination, IMAGE.digest, Body(BUNDLE, b'{"seal":1}'), no_lock)

    collect_garbage(tmp_path / "files")

    with docker_registry(tmp_path / "files") as host:
        report = verify_image(at(host, "prod", tmp_path), IMAGE.digest, Depth.DEEP)
        lost = verify_image(at(host, "shop", tmp_path), IMAGE.digest, Depth.DEEP)
    assert report.flaws == ()
    kept = {node.digest for node in report.closure.nodes}
    assert kept == {
        IMAGE.digest,
        *(part.digest for part in IMAGE.parts),
        SBOM.digest,
        SIGNATURE.digest,
        seal,
        LEGACY.digest,
    }
    assert {part.digest for part in IMAGE.parts} <= set(lost.missing), "what others pushed without anchors is gone"


def test_an_index_of_indexes_survives_garbage_collection(tmp_path: Path) -> None:
    nested = build_index((build_index((build_image("a"), on("amd64"))), {}), (build_image("b"), on("arm64")))
    with docker_registry(tmp_path / "files") as host:
        source, destination = at(host, "shop", tmp_path), at(host, "prod", tmp_path)
        push(source, nested, "v1")
        carry(source, destination, nested)

    collect_garbage(tmp_path / "files")

    with docker_registry(tmp_path / "files") as host:
        assert verify_image(at(host, "prod", tmp_path), nested.digest, Depth.DEEP).flaws == ()


def test_an_anchor_is_named_after_the_one_manifest_it_keeps(tmp_path: Path) -> None:
    with oci_server(rules=NO_REFERRERS_API) as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        fill(source)

        report = carry(source, destination)

        tags = running.store["prod"].tags
        anchored = [IMAGE, *IMAGE.parts, SBOM, SIGNATURE]
        assert report.anchors == tuple(sorted(anchor_tag(built.digest) for built in anchored))
        assert [tags[anchor_tag(built.digest)] for built in anchored] == [str(built.digest) for built in anchored]
        assert anchor_tag(LEGACY.digest) not in tags, "it has a tag of its own"


def test_the_root_needs_no_anchor_where_it_gets_a_tag(tmp_path: Path) -> None:
    with oci_server(rules=NO_REFERRERS_API) as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        push(source, build_image("plain"))

        report = carry(source, destination, build_image("plain"), Keep.BELOW_ROOT)

        assert report.anchors == ()
        assert running.store["prod"].tags == {}


def test_where_referrers_are_listed_nothing_needs_an_anchor(tmp_path: Path) -> None:
    with oci_server() as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        fill(source)

        report = carry(source, destination)

        assert report.anchors == ()
        assert set(running.store["prod"].tags) == {legacy_tag(IMAGE.digest, EdgeKind.ATT)}


def test_an_anchor_is_no_evidence(tmp_path: Path) -> None:
    with oci_server(rules=NO_REFERRERS_API) as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        fill(source)

        carry(source, destination)

        assert plan(destination, IMAGE.digest) == plan(source, IMAGE.digest)


def test_a_registry_that_refuses_anchors_is_named_and_gets_the_image(tmp_path: Path) -> None:
    refusing = every(asked("PUT", r"/prod/manifests/.*\.pratique"), instead(Reply(403)))
    with oci_server(refusing, rules=NO_REFERRERS_API) as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        fill(source)

        report = carry(source, destination)

        loose = (IMAGE, *IMAGE.parts, SBOM, SIGNATURE)
        assert report.anchors == ()
        assert report.unanchored == tuple(sorted(built.digest for built in loose))
        assert verify_image(destination, IMAGE.digest, Depth.DEEP).flaws == ()


def test_an_anchor_somebody_moved_is_put_right_by_the_next_copy(tmp_path: Path) -> None:
    with oci_server(rules=NO_REFERRERS_API) as running:
        source, destination = at(running.host, "shop", tmp_path), at(running.host, "prod", tmp_path)
        fill(source)
        carry(source, destination)
        tags, tag = running.store["prod"].tags, anchor_tag(SBOM.digest)
        tags[tag] = str(IMAGE.digest)

        carry(source, destination)

        assert tags[tag] == str(SBOM.digest)


def test_where_a_list_names_what_was_deleted_another_referrer_can_be_attached(tmp_path: Path) -> None:
    with docker_registry(tmp_path / "files") as host:
        registry = at(host, "shop", tmp_path)
        push(registry, build_image("plain"), "v1")
        lost = build_referrer(build_image("plain"), CYCLONEDX, b'{"lost":1}')
        push(registry, lost)

    collect_garbage(tmp_path / "files")

    with docker_registry(tmp_path / "files") as host:
        registry = at(host, "shop", tmp_path)
        kept = attach_referrer(registry, build_image("plain").digest, Body(BUNDLE, b'{"new":1}'), no_lock)
        assert [listed.digest for listed in registry.referrers(build_image("plain").digest)] == [kept]
