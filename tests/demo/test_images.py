"""The demo's images: the same bytes twice, well formed, and wholly listed in their bills of materials."""

import gzip
import io
import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest
from demo.images import Name, bill_of_materials, build_image
from demo.images.build import RECIPES, ROOT, WHEELS
from demo.images.layer import EPOCH_SECONDS, File, pack
from demo.images.layout import LAYER, MANIFEST, REF_NAME, read_index
from demo.images.sbom import complete_licences
from demo.images.wheels import Target, fetch
from hypothesis import given
from hypothesis import strategies as st

from pratique.errors import Absent, Malformed, Unreachable
from pratique.values.digest import Digest


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layout with all three images."""
    out = tmp_path_factory.mktemp("shop")
    for name in Name:
        build_image(name, out)
    return out


def manifest(layout: Path, tag: str) -> dict[str, Any]:
    chosen = next(item for item in read_index(layout) if item["annotations"][REF_NAME] == tag)
    document: dict[str, Any] = json.loads(blob(layout, chosen["digest"]))
    return document


def blob(layout: Path, digest: str) -> bytes:
    return (layout / "blobs" / "sha256" / Digest.parse(digest).hex).read_bytes()


def locked(name: Name) -> set[tuple[str, str]]:
    text = (ROOT / "demo" / "images" / f"{name.value}.lock").read_text()
    return set(re.findall(r"^([a-z0-9-]+)==(\S+) ", text, re.M))


@pytest.mark.parametrize("name", Name)
def test_an_image_is_built_to_the_same_bytes_twice(name: Name, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert build_image(name, first) == build_image(name, second)
    assert {path.name: path.read_bytes() for path in first.rglob("*") if path.is_file()} == {
        path.name: path.read_bytes() for path in second.rglob("*") if path.is_file()
    }


def test_building_again_into_the_same_layout_changes_nothing(layout: Path) -> None:
    before = (layout / "index.json").read_bytes()
    build_image(Name.FIXED, layout)
    assert (layout / "index.json").read_bytes() == before


def test_every_blob_is_named_by_its_digest(layout: Path) -> None:
    for path in (layout / "blobs" / "sha256").iterdir():
        assert Digest.of(path.read_bytes()).hex == path.name


@pytest.mark.parametrize("name", Name)
def test_the_config_names_the_digest_of_each_uncompressed_layer(layout: Path, name: Name) -> None:
    document = manifest(layout, name.value)
    config = json.loads(blob(layout, document["config"]["digest"]))
    layers = [gzip.decompress(blob(layout, layer["digest"])) for layer in document["layers"]]
    assert [layer["mediaType"] for layer in document["layers"]] == [LAYER] * 3
    assert config["rootfs"]["diff_ids"] == [str(Digest.of(layer)) for layer in layers]


@pytest.mark.parametrize("name", Name)
def test_labels_say_where_an_image_comes_from(layout: Path, name: Name) -> None:
    config = json.loads(blob(layout, manifest(layout, name.value)["config"]["digest"]))
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == RECIPES[name].revision


def test_skopeo_reads_the_layout(layout: Path) -> None:
    shown = subprocess.run(
        ["skopeo", "inspect", "--raw", f"oci:{layout}:stale"], capture_output=True, check=True
    ).stdout
    assert json.loads(shown)["mediaType"] == MANIFEST
    assert Digest.of(shown) == build_image(Name.STALE, layout)


@pytest.mark.parametrize("name", Name)
def test_the_bill_of_materials_lists_exactly_the_locked_packages(layout: Path, name: Name) -> None:
    document = json.loads(bill_of_materials(layout, build_image(name, layout)))
    libraries = [part for part in document["components"] if part["type"] == "library"]
    assert {(part["name"].lower().replace("_", "-"), part["version"]) for part in libraries} == locked(name)
    assert all(part["purl"].startswith("pkg:pypi/") for part in libraries)
    assert all(part.get("licenses") for part in libraries)


def test_the_bill_of_materials_is_bound_to_the_image_and_kept(layout: Path) -> None:
    digest = build_image(Name.FIXED, layout)
    first = bill_of_materials(layout, digest)
    assert json.loads(first)["metadata"]["component"]["version"] == str(digest)
    assert bill_of_materials(layout, digest) == first


def test_there_is_no_bill_of_materials_for_an_image_that_is_not_there(layout: Path, tmp_path: Path) -> None:
    with pytest.raises(Absent, match="build the image first"):
        bill_of_materials(layout, Digest.of(b"another"), kept=tmp_path)


def test_a_licence_that_syft_found_is_left_alone() -> None:
    found = {"purl": "pkg:pypi/jinja2@3.1.6", "licenses": [{"license": {"id": "X"}}]}
    assert complete_licences({"components": [found]}) == {"components": [found]}


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path) -> None:
    lock = tmp_path / "bad.lock"
    lock.write_text("idna==3.20 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    (tmp_path / "pip").mkdir()
    with pytest.raises(Unreachable, match=r"bad\.lock"):
        fetch(lock, Target("3.11", "cp311", "manylinux2014_x86_64"), tmp_path / "pip")


def test_wheels_that_are_kept_are_not_fetched_again(layout: Path) -> None:
    assert layout.exists()
    nowhere = Target("9.9", "none", "nowhere")
    assert len(fetch(ROOT / "demo" / "images" / "fixed.lock", nowhere, WHEELS)) == 12


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,3}\.x", fullmatch=True), st.binary(max_size=64)))
def test_the_order_of_files_does_not_change_a_layer(tree: dict[str, bytes]) -> None:
    files = [File(path, content) for path, content in tree.items()]
    layer = pack(tuple(files))
    assert layer == pack(tuple(reversed(files)))
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layer.content))) as archive:
        members = archive.getmembers()
        assert {member.name for member in members if member.isfile()} == set(tree)
        assert {(member.mtime, member.uid, member.uname) for member in members} <= {(EPOCH_SECONDS, 0, "")}


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "a//b", "a/./b", ""])
def test_a_name_that_leaves_the_root_is_refused(path: str) -> None:
    with pytest.raises(Malformed, match="layer"):
        pack((File(path, b""),))


def test_one_name_twice_is_refused() -> None:
    with pytest.raises(Malformed, match="twice"):
        pack((File("a", b"1"), File("a", b"2")))
