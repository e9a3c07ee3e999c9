"""Memory stays flat, however large a blob is, and whatever happens to it on the way.

A copy runs in a process of its own, between servers that make the bytes while they are read and keep none of them.
"""

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from tests.registry.builders import CONFIG, LAYER, blob_descriptor
from tests.registry.faults.harness import two_registries
from tests.servers.faulty.content import Content, Kept, Pattern
from tests.servers.faulty.faults import RESET, Fault, at_once, changing, cut_after, first, on, once
from tests.servers.faulty.store import Repository
from tests.servers.faulty.wire import Reply
from tests.servers.oci_server import open_door

from pratique.errors import PratiqueError
from pratique.registry.manifest import OCI_MANIFEST
from pratique.values.digest import Digest

MIB = 1024 * 1024
ALLOWED_KIB = 15 * 1024  # "peak memory within 15 MB between the 2 MiB image and a 2 GiB blob"
CONFIG_BYTES = b'{"architecture":"amd64","os":"linux"}'


def put_image(repository: Repository, *contents: Content) -> Digest:
    """An image of layers that nobody keeps in memory."""
    layers = [{"mediaType": LAYER, "digest": each.digest, "size": each.size} for each in contents]
    config = blob_descriptor(CONFIG, CONFIG_BYTES)
    document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers}
    raw = json.dumps(document).encode()
    for content in (*contents, Kept(CONFIG_BYTES)):
        repository.blobs[content.digest] = content
    digest = Digest.of(raw)
    repository.manifests[str(digest)] = (OCI_MANIFEST, raw)
    return digest


def peak_kib(
    root: Path, content: Content, *, source: tuple[Fault, ...] = (), destination: tuple[Fault, ...] = ()
) -> int:
    """Copy an image with this layer in a process of its own; return its peak."""
    with two_registries(
        source=source, destination=destination, source_guard=open_door, destination_guard=open_door
    ) as world:
        image = put_image(world.shop, content)
        ends = (f"{world.source.host}/shop", f"{world.destination.host}/prod", str(image))
        done = subprocess.run(
            [sys.executable, "-m", "tests.registry.faults.carry_alone", *ends],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert world.prod.blobs[content.digest].size == content.size
        assert list(world.prod.missing_below(str(image))) == []
        return int(done.stdout)


@pytest.fixture(scope="module")
def small_kib(root: Path) -> int:
    """The peak of a copy of 2 MiB."""
    return peak_kib(root, Pattern("small", 2 * MIB))


@pytest.mark.parametrize("size", [96 * MIB, pytest.param(2048 * MIB, marks=pytest.mark.soak)])
def test_a_large_blob_costs_no_more_memory_than_a_small_one(root: Path, small_kib: int, size: int) -> None:
    """96 MiB, and 2 GiB in the long run, within 15 MB of 2 MiB."""
    assert peak_kib(root, Pattern("large", size)) - small_kib < ALLOWED_KIB


def test_a_large_blob_that_breaks_off_costs_no_more_memory(root: Path, small_kib: int) -> None:
    """Case 1 and Case 2, with 64 MiB: resumed, and begun again, in the same memory."""
    content = Pattern("broken", 64 * MIB)
    faults = (
        once(on("GET", content.digest), changing(cut_after(30 * MIB, reset=True))),
        once(on("GET", content.digest), changing(cut_after(20 * MIB))),
    )
    breaks = (first(1, on("PUT", content.digest.partition(":")[2]), at_once(RESET, after_bytes=40 * MIB)),)

    assert peak_kib(root, content, source=faults, destination=breaks) - small_kib < ALLOWED_KIB


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_answer_of_any_length_to_a_small_question_is_not_held(method: str) -> None:
    """Case 35, Case 11: manifests, lists and errors without end are read to their limit, and no further."""
    endless = Reply(200 if method == "GET" else 500, body=Pattern("endless", 512 * MIB))
    fault = Fault(on(method, "/manifests/|/blobs/uploads/"), lambda asked, handler: endless)
    with two_registries(
        source=(fault,) if method == "GET" else (), destination=(fault,) if method == "PUT" else ()
    ) as world:
        image = put_image(world.shop, Kept(b"layer"))
        tracemalloc.start()
        try:
            with pytest.raises(PratiqueError, match=r"bytes|500"):
                world.carry(image)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 24 * MIB
