"""The attack surface of images where they lie, and the memory of layers."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.surface.pictures import blob, descriptor_value, file, image, layout, packed, program, tar
from tests.registry.builders import CONFIG
from tests.stories.shop import run_pratique

from pratique.errors import Absent, Malformed, Unverified
from pratique.evidence.surface.claim import surface_value
from pratique.evidence.surface.origin import Origin
from pratique.registry.layout import Layout
from pratique.registry.manifest import parse_manifest
from pratique.service.surface import LayerMemory, Measured, NoMemory, bases_at, measure_reference, origins_of
from pratique.values.digest import Digest
from pratique.values.reference import LayoutRepository, Reference

MULTI = "oci-image-built/multi"
DIFFERENT = {
    "elf": "its only program, bin/busybox, begins with the mark of ELF; the expectation read no file so large"
}
"""What we measure otherwise than EXPECT.json says, and why."""


def measured(here: Layout, digest: Digest, memory: LayerMemory | NoMemory | None = None) -> tuple[Measured, ...]:
    """What is measured of an image."""
    return measure_reference(here, Reference(LayoutRepository("here"), None, digest), memory or NoMemory())


def test_a_real_image_has_the_surface_that_another_program_measured(corpus: Path) -> None:
    expected: dict[str, Any] = json.loads((corpus / "EXPECT.json").read_bytes())[MULTI]["attack_surface"]
    here = layout(corpus / MULTI)
    index = json.loads((corpus / MULTI / "index.json").read_bytes())["manifests"][0]["digest"]
    first, second = measured(here, Digest.parse(index))
    found = {name: value for name, value in surface_value(first.surface).items() if name in expected}
    found["layers"] = len(first.surface.layers)
    assert found.keys() == expected.keys()
    assert {name for name, value in expected.items() if found[name] != value} == DIFFERENT.keys()
    assert (first.surface.elf, second.surface.elf) == (1, 1)
    assert [str(each.image.platform) for each in (first, second)] == ["linux/amd64", "linux/arm64"]


def test_a_layer_is_read_once_and_remembered_by_its_digest(tmp_path: Path) -> None:
    here, memory = layout(tmp_path / "images"), LayerMemory(tmp_path / "cache")
    base = (program("bin/su", 0o4755),)
    one = image(here, "one", base, (file("a"),))
    two = image(here, "two", base, (file("b"),))
    before = measured(here, one, memory)
    layers = json.loads(here.manifest(one).raw)["layers"]
    for layer in layers:
        (tmp_path / "images" / "blobs" / "sha256" / layer["digest"][7:]).unlink()
    assert measured(here, one, memory) == before
    assert measured(here, two, memory)[0].surface.setuid == ("bin/su",)
    with pytest.raises(Absent):
        measured(here, one)


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff"])
def test_a_memory_that_is_damaged_costs_time_and_nothing_else(tmp_path: Path, damage: bytes) -> None:
    here, memory = layout(tmp_path / "images"), LayerMemory(tmp_path / "cache")
    one = image(here, "one", (program("bin/su", 0o4755),))
    before = measured(here, one, memory)
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.write_bytes(damage)
    assert measured(here, one, memory) == before
    assert kept.read_bytes() != damage


def test_a_memory_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    here = layout(tmp_path / "images")
    (tmp_path / "file").write_bytes(b"")
    one = image(here, "one", (file("a"),))
    assert measured(here, one, LayerMemory(tmp_path / "file"))[0].surface.files == 1


def test_another_layer_than_the_config_states_is_unverified_also_from_memory(tmp_path: Path) -> None:
    here, memory = layout(tmp_path / "images"), LayerMemory(tmp_path / "cache")
    measured(here, image(here, "one", (file("a"),)), memory)
    wrong = lying(here, (tar(file("a")),), Digest.of(b"something else"))
    for each in (memory, NoMemory()):
        with pytest.raises(Unverified, match="the image's config states"):
            measured(here, wrong, each)


def test_a_layer_that_is_listed_twice_is_what_the_config_states_each_time(tmp_path: Path) -> None:
    here, archive = layout(tmp_path / "images"), tar(file("a"))
    measured(here, lying(here, (archive, archive), Digest.of(archive), Digest.of(archive)))
    with pytest.raises(Unverified, match="the image's config states"):
        measured(here, lying(here, (archive, archive), Digest.of(archive), Digest.of(b"a base's layer")))


def test_a_config_that_states_another_number_of_layers_is_malformed(tmp_path: Path) -> None:
    here = layout(tmp_path / "images")
    with pytest.raises(Malformed, match="expected 2 layers as its config states, found 1"):
        measured(here, lying(here, (tar(file("a")),), Digest.of(b"x"), Digest.of(b"y")))


def lying(here: Layout, archives: tuple[bytes, ...], *diff_ids: Digest) -> Digest:
    """An image whose config states other layers."""
    rootfs = {"type": "layers", "diff_ids": [str(each) for each in diff_ids]}
    config = blob(here, json.dumps({"rootfs": rootfs}).encode(), CONFIG)
    layers = [descriptor_value(blob(here, packed(archive))) for archive in archives]
    raw = json.dumps({"schemaVersion": 2, "config": descriptor_value(config), "layers": layers}).encode()
    here.put_tagged(parse_manifest(raw), "lying")
    return Digest.of(raw)


def test_packages_are_told_apart_by_whose_layer_they_are_in(tmp_path: Path) -> None:
    here, app = layout(tmp_path / "images"), file("app")
    base = image(here, "base", (file("os"),))
    built = image(here, "built", (file("os"),), (app,))
    (one,) = measured(here, built)
    lower, upper = one.surface.layers
    known = bases_at(here, Reference(LayoutRepository("here"), None, base))
    assert origins_of(one, (known,)) == {lower: Origin.BASE, upper: Origin.APPLICATION}
    other = bases_at(here, Reference(LayoutRepository("here"), None, image(here, "other", (app,))))
    assert origins_of(one, (other,)) == origins_of(one, ()) == {lower: None, upper: None}


def test_the_command_tells_what_an_image_holds_and_what_is_new(tmp_path: Path) -> None:
    here = layout(tmp_path / "images")
    image(here, "old", (file("os"),), User="app")
    image(here, "new", (file("os"),), (program("bin/su", 0o4755), program("bin/curl")))
    name = f"oci:{tmp_path}/images"
    words = ("evidence", "surface", f"{name}:new", "--against", f"{name}:old", "--base", f"{name}:old")
    said = run_pratique(*words)
    assert said.code == 0
    assert "against    user → root, +1 setuid, +curl" in said.out
    (value,) = run_pratique(*words, "--json").value["platforms"]
    assert value["delta"]["larger"]
    assert sorted(value["origins"].values()) == ["application", "base"]
    assert value["attack_surface"]["net_tools"] == ["curl"]
