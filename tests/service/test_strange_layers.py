"""Layers as they should not be, and as hardly anybody writes them: each is measured right, or refused."""

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.evidence.surface.pictures import (
    ACCESS_KEY,
    file,
    image,
    layout,
    packed,
    program,
    symlink,
    tar,
)
from tests.service.test_surface import lying, measured

from pratique.errors import Malformed, Unverified
from pratique.evidence.surface.measure import Surface
from pratique.registry.layout import Layout
from pratique.values.digest import Digest


@pytest.fixture
def here(tmp_path: Path) -> Layout:
    return layout(tmp_path / "images")


def surface(here: Layout, *layers: bytes) -> Surface:
    """What is measured of an image of these archives."""
    (found,) = measured(here, image(here, "x", *layers))
    return found.surface


def test_symlinks_that_lead_to_each_other_lead_to_no_program(here: Layout) -> None:
    looped = tar(symlink("bin/sh", "bash"), symlink("bin/bash", "/bin/sh"), symlink("bin/dash", "dash"))
    assert surface(here, looped).shells == ()


def test_a_symlink_out_of_the_image_ends_at_its_root(here: Layout) -> None:
    assert surface(here, tar(symlink("bin/sh", "../../../../usr/x"), program("usr/x"))).shells == ("sh",)


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_a_device_or_pipe_is_no_file_and_deletes_what_was_there(here: Layout, kind: bytes) -> None:
    device = tarfile.TarInfo("dev/x")
    device.type, device.mode = kind, 0o6777
    found = surface(here, tar(file("dev/x/key", ACCESS_KEY.encode())), tar((device, b"")))
    assert (found.files, found.setuid, found.world_writable) == (0, (), ())
    assert [each.path for each in found.secret_in_hidden_file] == ["dev/x/key"]


def sparse(folder: Path, form: str) -> bytes:
    """Return an archive of one sparse file, as GNU tar writes it in this form."""
    if shutil.which("tar") is None:
        pytest.skip("tar is not installed; on Debian: apt-get install tar")
    with (folder / "sparse.conf").open("wb") as file:
        for place in range(8):  # more pieces than the old form's header holds
            file.seek(place * 100_000)
            file.write(b" " + ACCESS_KEY.encode() + b" ")
    archive = folder / "x.tar"
    words = ("tar", "-C", str(folder), "--sparse", f"--format={form}", "-cf", str(archive), "sparse.conf")
    subprocess.run(words, check=True)
    return archive.read_bytes()


def test_a_sparse_file_keeps_its_name_and_what_is_in_it(here: Layout, tmp_path: Path) -> None:
    found = surface(here, sparse(tmp_path, "gnu"), tar(program("bin/su", 0o4755)))
    assert {(each.path, each.kind) for each in found.secrets} == {("sparse.conf", "aws-access-key")}
    assert found.setuid == ("bin/su",)


def test_a_sparse_file_in_pax_form_has_two_names_and_is_refused(here: Layout, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="build it again without --sparse"):
        surface(here, sparse(tmp_path, "posix"))


def test_layers_in_another_order_than_the_config_states_are_unverified(here: Layout) -> None:
    one, two = tar(file("a")), tar(file("b"))
    with pytest.raises(Unverified, match="the image's config states"):
        measured(here, lying(here, (one, two), Digest.of(two), Digest.of(one)))


@pytest.mark.parametrize(
    "content", [b"{}", b"<html>not found</html>", bytes(range(256)) * 4, b"PK\x03\x04" + bytes(600)]
)
def test_a_layer_that_is_no_archive_is_malformed(here: Layout, content: bytes) -> None:
    with pytest.raises(Malformed, match="archive"):
        measured(here, image(here, "x", content))


def test_a_gzip_that_ends_early_leaves_the_image_unmeasured(here: Layout) -> None:
    with pytest.raises(Malformed, match="the gzip ends early"):
        measured(
            here, image(here, "x", tar(file("a", b"x" * 5000)), packing=lambda archive: packed(archive)[:-12])
        )
