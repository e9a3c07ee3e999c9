"""Moving images with everything that hangs on them: layout → registry → registry → layout, byte for byte.

The images are the corpus's OCI layouts: regclient's test repository with loops, nested indexes and every way to hang
something on an image, and one with BuildKit's attestations. ``skopeo copy --all --preserve-digests`` is the measure
for what it can do.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    DSSE,
    build_legacy,
    build_platforms,
    build_referrer,
    write_layout,
)
from tests.servers.docker_registry import docker_registry
from tests.servers.oci_server import oci_server
from tests.stories.moving import Port

from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.values.digest import Digest

TESTREPO = "oci-layout/regclient__regclient/testdata/testrepo"
BUILT = "oci-image-built/multi"
FALLBACK = (
    "7e87ffc91b9ceafa85be2777b16b1be10e4664fd4f3acc86e4295b97da5163ba",
    "dfae8f425735a5e3a72e40d6609e03079995511d48157c74d54801ff4430491e",
    "ee378b79279b57eb5ac1f3b892c9ad2a9be9d9ccabe1a29a9cbaed8cad182358",
    "36ed7f4ec4545a40ca043f60d76653ef3d2a76f58a051c0f3a256aaab26fb847",
    "6bed79d0800a0d3a1d0e0e8105a6a5f7f7758ce09e160a8f142574c418302467",
    "8e54c6754f08d22f85c7552bb1951b228b8194d29b14a1639dbe50868da0273e",
)
MIRROR = "0514ce64171e869a0b065fa1ce1b533e82808c9228d5b97ea6e3ef2e026d9aed"
META = "7ceb9b6bcc274697d0c38be6214b50cec79d601bc61708747d3f6cb772f6c6fa.6fe828b32b9b4572.meta"
WORDS = ("b1", "b2", "b3", "v1", "v2", "v3", "a-docker", "a-docker-oci", "a1", "a2", "a3", "ai", "a-example")
ODD = ("child", "loop", "mirror")
TAGS = (*WORDS, *ODD, *(f"sha256-{name}" for name in (*FALLBACK, META, MIRROR)))
UNTAGGED = (
    "sha256:819ff4564a5d4a1c07b4e25bbba420cace378d4ed32671e6ee4eea95df1b8c4c",
    "sha256:ad460bc30198d65c14708aa6ec4445498243bc642fce8b64ea7ce21ba559cc79",
)
MULTI = "sha256:08ff6d021c0f9930193ca0edcd285a1ba092e8a2b8ff30f8c15f1bcb0c0129b3"
SKOPEO_FAILS = {f"sha256-{name}" for name in FALLBACK}
"""Lists of referrers, in which skopeo 1.9 expects images for one platform each."""

REFERENCES = (
    *((TESTREPO, f":{tag}") for tag in TAGS),
    *((TESTREPO, f"@{digest}") for digest in UNTAGGED),
    (BUILT, f"@{MULTI}"),
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    folder = tmp_path_factory.mktemp("port")
    with docker_registry(folder / "a") as first, docker_registry(folder / "b") as second:
        yield Port(first, second, folder)


def in_corpus(corpus: Path, layout: str) -> str:
    if not (corpus / layout).is_dir():
        pytest.skip(f"the corpus has no {layout}")
    return f"oci:{corpus / layout}"


def name_of(reference: str) -> str:
    """A repository's name made of a tag or digest, each reference its own."""
    return reference[1:].replace(":", "-").lower()


def test_these_are_all_the_references_of_the_layout(corpus: Path) -> None:
    in_corpus(corpus, TESTREPO)
    entries = json.loads((corpus / TESTREPO / "index.json").read_bytes())["manifests"]
    names = [entry.get("annotations", {}).get("org.opencontainers.image.ref.name") for entry in entries]
    assert len(entries) == 26
    assert sorted(name for name in names if name) == sorted(TAGS)
    assert {entry["digest"] for entry in entries if not entry.get("annotations")} == set(UNTAGGED)


@pytest.mark.parametrize(("layout", "which"), REFERENCES, ids=[which[1:30] for _, which in REFERENCES])
def test_an_image_arrives_with_all_that_hangs_on_it_at_every_stop(
    layout: str, which: str, corpus: Path, port: Port
) -> None:
    start, name = f"{in_corpus(corpus, layout)}{which}", name_of(which)
    stops = (f"{port.first}/{name}:x", f"{port.second}/{name}:x", f"oci:{port.folder / name}:x")
    places = (start, *stops)
    moved = [port.done("copy", here, there) for here, there in zip(places, stops, strict=False)]
    told = [port.done("verify", "--deep", place) for place in places]
    for report in told:
        assert report["whole"]
        assert set(report["manifests"]) == set(told[0]["manifests"])
        assert set(report["blobs"]) == set(told[0]["blobs"])
        assert sorted(report["evidence"], key=str) == sorted(told[0]["evidence"], key=str)
    for report in moved:
        assert report["digest"] == told[0]["digest"]
        assert set(report["manifests"]) == set(told[0]["manifests"])
        assert {blob["digest"] for blob in report["blobs"]} == set(told[0]["blobs"])
    for digest in map(Digest.parse, told[0]["manifests"]):
        assert len({port.at(place).manifest(digest).raw for place in places}) == 1


@pytest.mark.parametrize("tag", TAGS)
def test_the_image_alone_is_what_skopeo_copies_where_skopeo_copies_at_all(
    tag: str, corpus: Path, port: Port
) -> None:
    start = f"{in_corpus(corpus, TESTREPO)}:{tag}"
    name = name_of(f":{tag}")
    port.done("copy", "--without-evidence", start, f"{port.second}/ours/{name}:x")
    skopeo = shutil.which("skopeo") or pytest.skip("skopeo is not installed; on Debian: apt-get install skopeo")
    words = ("copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false")
    theirs = f"docker://{port.second}/theirs/{name}:x"
    copied = subprocess.run([skopeo, *words, start, theirs], capture_output=True, text=True, check=False)
    if copied.returncode:
        assert tag in SKOPEO_FAILS, copied.stderr
        return
    kept = port.folder / "b" / "docker" / "registry" / "v2" / "repositories"
    for what in ("_layers", "_manifests/revisions"):
        ours, other = (
            sorted(each.name for each in (kept / who / name / what / "sha256").iterdir())
            for who in ("ours", "theirs")
        )
        assert ours == other
    assert (kept / "ours" / name / "_manifests/tags/x/current/link").read_bytes() == (
        kept / "theirs" / name / "_manifests/tags/x/current/link"
    ).read_bytes()


@pytest.fixture(scope="module")
def well_attested(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A layout with an image for two platforms and everything that may hang on one."""
    image = build_platforms("shop")
    platform = image.parts[0]
    bill = build_referrer(platform, "application/vnd.cyclonedx+json", b'{"bomFormat": "CycloneDX"}')
    signature = build_referrer(bill, BUNDLE, b"{}", **{"dev.sigstore.bundle.predicateType": "https://slsa.dev/x"})
    legacy = build_legacy((DSSE, b'{"payload": ""}', {"predicateType": "https://example.org/y"}))
    path = tmp_path_factory.mktemp("attested") / "layout"
    tags = {"1": image, legacy_tag(image.digest, EdgeKind.ATT): legacy}
    write_layout(path, tags, (bill, signature))
    return f"oci:{path}:1"


def test_signatures_of_evidence_and_legacy_tags_travel_too(well_attested: str, port: Port) -> None:
    before = port.done("referrers", well_attested)
    there = f"{port.first}/attested:1"
    moved = port.done("copy", well_attested, there)
    after = port.done("referrers", there)
    ways = sorted(one["via"] for one in after["referrers"])
    assert ways == ["att", "attestation", "referrer", "referrer"]
    assert sorted(after["referrers"], key=str) == sorted(before["referrers"], key=str)
    assert (len(moved["evidence"]), len(moved["inside"]), len(moved["legacy_tags"])) == (3, 1, 1)


def test_without_evidence_the_image_goes_alone_and_says_what_stayed(well_attested: str, port: Port) -> None:
    there = f"{port.first}/alone:1"
    moved = port.done("copy", "--without-evidence", well_attested, there)
    assert (moved["evidence"], len(moved["stayed"]), len(moved["inside"])) == ([], 3, 1)
    assert [one["via"] for one in port.done("referrers", there)["referrers"]] == ["attestation"]


def test_the_same_copy_again_is_one_question_to_each_side(well_attested: str, tmp_path: Path) -> None:
    with oci_server() as here, oci_server() as there:
        port = Port(here.host, there.host, tmp_path)
        source, destination = f"{here.host}/shop:1", f"{there.host}/shop:1"
        port.done("copy", well_attested, source)
        assert not port.done("copy", source, destination)["already_there"]
        asked = len(here.server.seen), len(there.server.seen)
        assert port.done("copy", source, destination)["already_there"]
        assert (len(here.server.seen) - asked[0], len(there.server.seen) - asked[1]) == (1, 1)


def test_a_check_looks_at_everything_and_moves_what_is_missing(well_attested: str, tmp_path: Path) -> None:
    with oci_server() as here, oci_server() as there:
        port = Port(here.host, there.host, tmp_path)
        source, destination = f"{here.host}/shop:1", f"{there.host}/shop:1"
        port.done("copy", well_attested, source)
        moved = port.done("copy", source, destination)
        lost = moved["blobs"][0]["digest"]
        del there.store["shop"].blobs[lost]
        report = port.image("verify", destination, "--json")
        assert (report.code, report.value["missing"]) == (1, [lost])
        assert port.done("copy", source, destination)["already_there"]
        ways = {blob["digest"]: blob["way"] for blob in port.done("copy", "--check", source, destination)["blobs"]}
        assert ways[lost] == "moved"
        assert port.done("verify", "--deep", destination)["whole"]


def test_one_platform_goes_under_its_own_digest_and_never_under_the_index_s(
    well_attested: str, port: Port
) -> None:
    index = port.done("inspect", well_attested)
    (amd64,) = (one["digest"] for one in index["platforms"] if one["platform"] == "linux/amd64")
    there = f"{port.first}/one"
    moved = port.done("copy", "--platform", "linux/amd64", well_attested, f"{there}:1")
    assert (moved["digest"], moved["source_digest"]) == (amd64, index["digest"])
    assert len(moved["evidence"]) == 2
    assert len(moved["stayed"]) == 2  # what hangs on the index, and what is a part of it
    refused = port.image("copy", "--platform", "linux/amd64", well_attested, f"{there}@{index['digest']}")
    assert refused.code == 1
    assert "one platform never goes under the index's digest" in refused.err
    absent = port.image("copy", "--platform", "linux/s390x", well_attested, f"{there}:2")
    assert absent.code == 1
    assert "there are linux/amd64, linux/arm64" in absent.err


def test_without_a_tag_an_image_is_there_by_its_digest(well_attested: str, port: Port) -> None:
    there = f"{port.first}/untagged"
    moved = port.done("copy", well_attested, there)
    assert moved["tag"] is None
    assert port.done("verify", "--deep", f"{there}@{moved['digest']}")["whole"]
    assert [tag for tag in port.at(there).tags() if not tag.startswith("sha256-")] == []
