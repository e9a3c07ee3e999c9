"""What belongs to an image is found, and what only says so does not count."""

import json
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    CYCLONEDX,
    SIMPLE_SIGNING,
    Built,
    build_image,
    build_index,
    build_legacy,
    build_platforms,
    build_referrer,
    on,
    write_layout,
)
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import at
from tests.registry.scripted_server import scripted_server

from pratique.errors import Absent, Malformed, Refused, Unverified
from pratique.registry.closure import Closure, plan
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.open import Settings, open_repository
from pratique.registry.referrers import MAX_REFERRERS, fallback_tag
from pratique.registry.search import Limits
from pratique.values.digest import Digest
from pratique.values.reference import parse_repository

WEB = build_platforms("web")


def listing(*referrers: Built) -> Built:
    """A list of referrers as other tools write it."""
    return build_index(*((each, {}) for each in referrers))


def planned(folder: Path, root: Built, others: dict[str, Built] | None = None) -> Closure:
    write_layout(folder, {"v1": root, **(others or {})})
    return plan(open_repository(parse_repository(f"oci:{folder}"), Settings(folder)), root.digest)


def test_an_image_alone_has_one_platform_and_no_evidence(tmp_path: Path) -> None:
    image = build_image("web")
    found = planned(tmp_path, image)

    assert [node.digest for node in found.nodes] == [image.digest]
    assert [each.digest for each in found.platforms] == [image.digest]
    assert found.evidence == ()
    assert {blob.digest.hex for blob in found.blobs} == set(image.blobs)


def test_an_attestation_of_buildkit_is_a_part_and_no_platform(tmp_path: Path) -> None:
    found = planned(tmp_path, WEB)
    first, second, attestation = WEB.parts

    assert [each.digest for each in found.platforms] == [first.digest, second.digest]
    assert [(edge.parent, edge.kind) for edge in found.evidence] == [(first.digest, EdgeKind.ATTESTATION)]
    assert attestation.digest in {node.digest for node in found.tree(WEB.digest)}


@pytest.mark.parametrize("about", ["sha256:" + "0" * 64, "nonsense", ""])
def test_an_attestation_about_a_stranger_is_about_nothing(tmp_path: Path, about: str) -> None:
    notes = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": about}
    index = build_index((build_image("web"), on("amd64")), (build_image("says"), {"annotations": notes}))

    assert planned(tmp_path, index).evidence == ()


def test_parts_come_before_the_whole(tmp_path: Path) -> None:
    inner = build_index((build_image("deep"), on("amd64")))
    outer = build_index((inner, {}), (build_image("flat"), on("arm64")))

    tree = [node.digest for node in planned(tmp_path, outer).tree(outer.digest)]

    assert tree == [inner.parts[0].digest, inner.digest, outer.parts[1].digest, outer.digest]


def test_platforms_of_an_index_in_an_index_are_counted(tmp_path: Path) -> None:
    inner = build_index((build_image("deep"), on("amd64")))
    outer = build_index((inner, {}), (build_image("flat"), on("arm64")))

    assert {str(each.platform) for each in planned(tmp_path, outer).platforms} == {"linux/amd64", "linux/arm64"}


def test_evidence_is_found_on_every_node_and_on_evidence(tmp_path: Path) -> None:
    platform = WEB.parts[1]
    sbom = build_referrer(platform, CYCLONEDX, b"{}")
    signature = build_referrer(sbom, BUNDLE, b"{}")
    legacy = build_legacy((SIMPLE_SIGNING, b"{}", {"dev.cosignproject.cosign/signature": "MEU="}))
    found = planned(
        tmp_path,
        WEB,
        {
            fallback_tag(platform.digest): listing(sbom),
            fallback_tag(sbom.digest): listing(signature),
            legacy_tag(WEB.digest, EdgeKind.SIG): legacy,
            legacy_tag(signature.digest, EdgeKind.ATT): legacy,
        },
    )

    hung = {(edge.parent, edge.kind, edge.child) for edge in found.evidence}
    assert hung >= {
        (platform.digest, EdgeKind.REFERRER, sbom.digest),
        (sbom.digest, EdgeKind.REFERRER, signature.digest),
        (WEB.digest, EdgeKind.SIG, legacy.digest),
        (signature.digest, EdgeKind.ATT, legacy.digest),
    }


def test_a_referrer_of_somebody_else_does_not_count_wherever_it_is_listed(tmp_path: Path) -> None:
    other = build_image("other")
    stranger = build_referrer(other, BUNDLE, b"{}")

    found = planned(tmp_path, WEB, {fallback_tag(WEB.digest): listing(stranger, other), "other": other})

    assert {edge.kind for edge in found.evidence} == {EdgeKind.ATTESTATION}


def test_evidence_that_is_gone_or_rubbish_is_left_out_and_hides_nothing(tmp_path: Path) -> None:
    gone, good = build_referrer(WEB, BUNDLE, b"gone"), build_referrer(WEB, BUNDLE, b"good")
    rubbish = Built(b'{"schemaVersion":1}', "application/vnd.oci.image.manifest.v1+json")
    write_layout(tmp_path, {"v1": WEB, fallback_tag(WEB.digest): listing(gone, good, rubbish)})
    (tmp_path / "blobs" / "sha256" / gone.digest.hex).unlink()

    found = plan(open_repository(parse_repository(f"oci:{tmp_path}"), Settings(tmp_path)), WEB.digest)

    assert good.digest in {edge.child for edge in found.evidence}
    reasons = {each.edge.child: each.reason for each in found.left_out}
    assert set(reasons) == {gone.digest, rubbish.digest}
    assert "has no manifest" in reasons[gone.digest]
    assert "schema 1" in reasons[rubbish.digest]


def test_a_part_that_is_missing_is_an_error(tmp_path: Path) -> None:
    write_layout(tmp_path, {"v1": WEB})
    (tmp_path / "blobs" / "sha256" / WEB.parts[0].digest.hex).unlink()

    with pytest.raises(Absent):
        plan(open_repository(parse_repository(f"oci:{tmp_path}"), Settings(tmp_path)), WEB.digest)


@pytest.mark.parametrize("fields", [{"size": 1}, {"mediaType": "application/vnd.oci.image.index.v1+json"}])
def test_a_part_that_is_not_what_its_descriptor_says_is_an_error(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    with pytest.raises(Unverified, match="is stated as"):
        planned(tmp_path, build_index((build_image("web"), fields)))


def test_one_blob_of_two_sizes_is_an_error(tmp_path: Path) -> None:
    image = build_image("web")
    document = json.loads(image.raw)
    document["layers"][1] = {**document["layers"][0], "size": 1}
    with pytest.raises(Malformed, match="bytes"):
        planned(tmp_path, Built(json.dumps(document).encode(), image.media_type, image.blobs))


def chain(length: int) -> Built:
    built = build_image("web")
    for _ in range(length):
        built = build_index((built, {}))
    return built


def test_sixteen_indexes_deep_is_read_and_seventeen_is_refused(tmp_path: Path) -> None:
    assert len(planned(tmp_path / "16", chain(16)).nodes) == 17
    with pytest.raises(Malformed, match="nested deeper than 16"):
        planned(tmp_path / "17", chain(17))


def test_more_referrers_than_anyone_needs_are_refused(tmp_path: Path) -> None:
    entry = build_referrer(WEB, BUNDLE, b"{}").descriptor()
    many = [{**entry, "digest": f"sha256:{number:064x}"} for number in range(MAX_REFERRERS + 1)]
    raw = json.dumps({"schemaVersion": 2, "manifests": many}).encode()
    with pytest.raises(Refused, match="at most 1000"):
        planned(tmp_path, WEB, {fallback_tag(WEB.digest): Built(raw, "application/vnd.oci.image.index.v1+json")})


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(nodes=3), "more than 3 manifests"),
        (Limits(manifest_bytes=2000), "more than 2000 bytes"),
        (Limits(blob_bytes=2000), "at most 2000 bytes"),
    ],
)
def test_more_than_anyone_needs_is_refused(tmp_path: Path, limits: Limits, message: str) -> None:
    write_layout(tmp_path / "layout", {"v1": WEB})
    repository = open_repository(parse_repository("oci:layout"), Settings(tmp_path))
    with pytest.raises(Refused, match=message):
        plan(repository, WEB.digest, limits)


def test_an_index_with_one_of_its_platforms_alone_is_told_from_an_image(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout", {"v1": WEB})
    (tmp_path / "layout" / "blobs" / "sha256" / WEB.parts[1].digest.hex).unlink()
    repository = open_repository(parse_repository("oci:layout"), Settings(tmp_path))

    with pytest.raises(Absent, match="with every platform or not at all") as told:
        plan(repository, WEB.digest)

    assert str(WEB.parts[1].digest) in str(told.value)
    assert plan(repository, WEB.parts[0].digest).root == WEB.parts[0].digest, "by its own digest it is an image"


def test_a_manifest_that_is_not_in_the_plan_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent, match="is not part of"):
        planned(tmp_path, WEB).node(Digest("0" * 64))


@pytest.mark.parametrize(
    ("tag", "nodes", "platforms", "evidence"),
    [
        ("v1", 5, 2, 1),
        ("v2", 9, 3, 5),
        ("v3", 7, 4, 2),
        ("ai", 3, 2, 0),
        ("child", 2, 1, 1),
        ("loop", 2, 1, 1),
        ("mirror", 1, 1, 0),
    ],
)
def test_a_layout_that_regclient_made_has_what_regclient_put_there(
    corpus: Path, tag: str, nodes: int, platforms: int, evidence: int
) -> None:
    path = corpus / "oci-layout" / "regclient__regclient" / "testdata" / "testrepo"
    repository = open_repository(parse_repository(f"oci:{path}"), Settings(path))
    root = repository.resolve(tag)
    assert root is not None

    found = plan(repository, root)

    assert (len(found.nodes), len(found.platforms), len(found.evidence)) == (nodes, platforms, evidence)
    assert found.left_out == ()


def annotated(name: str) -> Built:
    """An image whose manifest has some hundred thousand bytes."""
    return build_image(name, annotations={"padding": "x" * 100_000})


@pytest.mark.parametrize(
    ("limits", "message"),
    [(Limits(manifest_bytes=1_000_000), "more than 1000000 bytes"), (Limits(nodes=20), "more than 20 manifests")],
)
@pytest.mark.parametrize("named", ["as parts", "as referrers that are none"])
def test_what_is_named_without_end_is_not_fetched_without_end(limits: Limits, message: str, named: str) -> None:
    others = tuple(annotated(f"other-{number}") for number in range(200))
    index, memory = build_index(*((each, on("amd64")) for each in others)), MemoryRegistry()
    root = index if named == "as parts" else build_image("root")
    for each in (root, *others):
        memory.manifests["shop", str(each.digest)] = (each.media_type, each.raw)
    memory.manifests["shop", fallback_tag(root.digest)] = (index.media_type, index.raw)
    with scripted_server(memory.answer) as server:
        with pytest.raises(Refused, match=message):
            plan(at(server), root.digest, limits)
        fetched = [each for each in server.asked if each.method == "GET" and "/manifests/sha256:" in each.target]
    assert len(fetched) < 100
