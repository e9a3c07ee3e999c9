"""What a copy leaves behind when the disk, the network or the process fails: nothing half-done, and a way on."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from tests.registry.builders import (
    BUNDLE,
    DSSE,
    Built,
    build_image,
    build_legacy,
    build_referrer,
    layer_bytes,
    no_lock,
    push,
    write_layout,
)
from tests.registry.memory_registry import MemoryRegistry
from tests.registry.opened import at
from tests.registry.scripted_server import Asked, Reply, scripted_server
from tests.servers.docker_registry import docker_registry

from pratique.errors import Unreachable, Unverified
from pratique.registry.closure import plan
from pratique.registry.copy import copy
from pratique.registry.edges import EdgeKind, legacy_tag
from pratique.registry.interface import Registry
from pratique.registry.open import Settings, open_repository
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


def run(source: Registry, root: Digest, destination: Registry) -> None:
    """Copy with all evidence."""
    found = plan(source, root)
    copy(found, source, destination, frozenset(edge.child for edge in found.evidence), no_lock)


def push_with_evidence(source: Registry) -> Built:
    """Push a small image with a referrer and a legacy attestation."""
    image = build_image("web", layers=(layer_bytes("web"),))
    push(source, image)
    push(source, build_referrer(image, BUNDLE, b'{"bundle":1}'))
    push(source, build_legacy((DSSE, b'{"envelope":1}', {})), legacy_tag(image.digest, EdgeKind.ATT))
    return image


@pytest.mark.parametrize("to", ["layouts", "repositories"])
def test_a_flipped_byte_at_the_source_never_arrives(
    layouts: Place, tmp_path: Path, to: str, request: pytest.FixtureRequest
) -> None:
    destination = request.getfixturevalue(to)("destination")
    image = build_image("web", layers=(layer_bytes("big", 600_000),))
    write_layout(tmp_path / "source", {"v1": image})
    layer = image.manifest.layers[0]
    flip_one_bit(tmp_path / "source" / "blobs" / "sha256" / layer.digest.hex)

    with pytest.raises(Unverified, match=str(layer.digest)):
        run(layouts("source"), image.digest, destination)

    assert destination.blob_size(layer.digest) is None
    assert not destination.has_manifest(image.digest)
    assert destination.tags() == ()


def test_a_flipped_byte_in_a_manifest_at_the_destination_is_noticed(layouts: Place, tmp_path: Path) -> None:
    image = build_image("web")
    write_layout(tmp_path / "source", {"v1": image})
    run(layouts("source"), image.digest, layouts("destination"))
    flip_one_bit(tmp_path / "destination" / "blobs" / "sha256" / image.digest.hex)

    with pytest.raises(Unverified, match=str(image.digest)):
        layouts("destination").put_tag("v1", image.digest, None)


@pytest.mark.parametrize("stride", [13, pytest.param(1, marks=pytest.mark.soak)])
def test_a_copy_killed_at_any_step_ends_the_same_when_it_is_run_again(
    layouts: Place, tmp_path: Path, stride: int
) -> None:
    source = layouts("source")
    image = push_with_evidence(source)
    run(source, image.digest, layouts("straight"))

    steps = 0
    for step in range(1, 1000, stride):
        name = f"killed-{step}"
        if not killed_at(step, partial(run, source, image.digest, layouts(name))):
            break
        steps += 1
        complete = files_of(tmp_path / name)
        assert all(Digest.of(content).hex == hexed for hexed, content in complete.items()), (
            "never a part of a file"
        )
        run(source, image.digest, layouts(name))
        assert files_of(tmp_path / name) == files_of(tmp_path / "straight")
        assert list((tmp_path / name).rglob(".incoming-*")) == []
        assert layouts(name).tags() == layouts("straight").tags()
        shutil.rmtree(tmp_path / name)

    assert steps > 10


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("persisted", [False, True], ids=["it fails", "it fails but was persisted"])
def test_a_registry_that_dies_at_any_request_gets_the_same_in_the_end(
    layouts: Place, stride: int, persisted: bool
) -> None:
    image = push_with_evidence(layouts("source"))
    straight = MemoryRegistry()
    with scripted_server(straight.answer) as server:
        run(layouts("source"), image.digest, at(server))
        requests = len(server.asked)

    for step in range(1, requests + 1, stride):
        memory = MemoryRegistry()
        with scripted_server(partial(dying, memory, [step], persisted)) as server, pytest.raises(Unreachable):
            run(layouts("source"), image.digest, at(server))
        with scripted_server(memory.answer) as server:
            run(layouts("source"), image.digest, at(server))
        assert memory.manifests == straight.manifests
        assert memory.blobs == straight.blobs

    assert requests > 20


def test_a_full_disk_is_said_in_one_line_and_leaves_nothing_half_done(layouts: Place, tmp_path: Path) -> None:
    image = build_image("web", layers=(layer_bytes("small", 1000), layer_bytes("big", 3_000_000)))
    write_layout(tmp_path / "source", {"v1": image})
    small = tmp_path / "small"
    with small_disk(small, megabytes=1):
        destination = open_repository(parse_repository("oci:small/prod"), Settings(tmp_path))

        with pytest.raises(
            Unreachable, match=r"^disk full while writing blob sha256:[0-9a-f]{64} to oci:small/prod;"
        ):
            run(layouts("source"), image.digest, destination)

        assert destination.tags() == ()
        assert not destination.has_manifest(image.digest)
        for hexed, content in files_of(small / "prod").items():
            assert Digest.of(content).hex == hexed
        assert list((small / "prod").rglob(".incoming-*")) == []

        subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
        run(layouts("source"), image.digest, destination)
        assert destination.has_manifest(image.digest)


def files_of(layout: Path) -> dict[str, bytes]:
    """The complete files of a layout's store: name → content."""
    blobs = layout / "blobs" / "sha256"
    return {path.name: path.read_bytes() for path in blobs.glob("[0-9a-f]*")}


def flip_one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def dying(memory: MemoryRegistry, left: list[int], persisted: bool, asked: Asked) -> Reply:
    """Answer until the n-th request, which is carried out or not, and hang up from then on."""
    left[0] -= 1
    if left[0] > 0:
        return memory.answer(asked)
    if left[0] == 0 and persisted:
        memory.answer(asked)
    return Reply(0)


TOUCHES = ("open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "fcntl.flock", "tempfile.mkstemp")


def killed_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that is killed (-9) before its n-th touch of a file; tell whether it got that far."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    touches = 0

    def count(event: str, _arguments: object) -> None:
        nonlocal touches
        touches += event in TOUCHES
        if touches == step and event in TOUCHES:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(count)
        work()
    finally:
        os._exit(0)


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[None]:
    """A disk of its own size while the block runs; skips where mounting is not permitted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "test", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
