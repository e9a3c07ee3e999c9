"""Moving blobs: each once, none again, the biggest first, and every byte told to whoever watches."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.registry.builders import (
    Built,
    blob_of,
    build_image,
    layer_bytes,
    no_lock,
    push,
)
from tests.servers.faulty.faults import Fault, at_once, every, once
from tests.servers.faulty.faults import on as asked
from tests.servers.faulty.wire import Reply
from tests.servers.oci_server import Running, oci_server

from pratique.errors import Absent, Refused
from pratique.registry.blob import holding
from pratique.registry.closure import plan
from pratique.registry.copy import CopyReport, copy
from pratique.registry.interface import Registry
from pratique.registry.manifest import Descriptor
from pratique.registry.open import Settings, open_repository
from pratique.registry.progress import SILENT, Watch, Way
from pratique.registry.session import Patience
from pratique.values.reference import parse_repository

LAYERS = tuple(layer_bytes(name, size) for name, size in (("small", 500), ("big", 300_000), ("middle", 40_000)))
IMAGE = build_image("web", layers=LAYERS)


@dataclass
class Notes:
    """A watch that remembers; told from several threads."""

    planned_bytes: int = 0
    moved_bytes: int = 0
    ways: Counter[Way] = field(default_factory=Counter)
    written: int = 0
    took_back: int = 0
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def planned(self, blobs: int, total_bytes: int) -> None:
        self.planned_bytes += total_bytes

    def moved(self, count_bytes: int) -> None:
        with self._guard:
            self.moved_bytes += count_bytes

    def restarted(self, count_bytes: int) -> None:
        with self._guard:
            self.moved_bytes -= count_bytes
            self.took_back += count_bytes

    def finished(self, blob: Descriptor, way: Way) -> None:
        with self._guard:
            self.ways[way] += 1

    def manifests(self, count: int) -> None:
        self.written += count


@dataclass(frozen=True)
class Ends:
    """Two registries of the test, and a way between them."""

    folder: Path
    left: Running
    right: Running

    def at(self, running: Running, name: str) -> Registry:
        settings = Settings(
            self.folder, insecure=frozenset({running.host}), patience=Patience(1, longest_wait_seconds=0.1)
        )
        return open_repository(parse_repository(f"{running.host}/{name}"), settings)

    def carry(self, built: Built, watch: Watch = SILENT, to: str = "prod") -> CopyReport:
        """Copy from one registry to the other."""
        source = self.at(self.left, "shop")
        return copy(plan(source, built.digest), source, self.at(self.right, to), frozenset(), no_lock, watch=watch)

    def uploads(self) -> list[str]:
        """The digests whose bytes the destination was sent, in the order in which they were complete."""
        return [seen.target.rpartition("sha256%3A")[2] for seen in self.right.server.asked("PUT", "/uploads/")]


@contextmanager
def ends(folder: Path, *faults: Fault) -> Iterator[Ends]:
    with oci_server() as left, oci_server(*faults) as right:
        yield Ends(folder, left, right)


def put(registry: Registry, *contents: bytes) -> None:
    for content in contents:
        registry.put_blob(blob_of(content), holding(content))


def test_a_copy_that_died_after_some_blobs_moves_only_the_others(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)
        arrived = [content for content in IMAGE.blobs.values() if len(content) > 1000]
        put(here.at(here.right, "prod"), *arrived)
        before = len(here.uploads())

        report = here.carry(IMAGE)

        rest = {digest for digest, content in IMAGE.blobs.items() if content not in arrived}
        assert set(here.uploads()[before:]) == rest
        assert report.moved_bytes == sum(len(IMAGE.blobs[digest]) for digest in rest)


def test_the_biggest_blobs_begin_first(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)
        before = len(here.left.server.asked("GET", "/blobs/"))

        here.carry(IMAGE)

        begun = [seen.path.rpartition(":")[2] for seen in here.left.server.asked("GET", "/blobs/")[before:]]
        biggest = max(IMAGE.blobs, key=lambda digest: len(IMAGE.blobs[digest]))
        assert biggest in begun[:4], "four begin at once"
        assert sorted(begun) == sorted(IMAGE.blobs)


def test_a_fresh_image_within_one_registry_is_mounted_without_looking(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        source, destination = here.at(here.left, "shop"), here.at(here.left, "prod")
        push(source, IMAGE)
        before = len(here.left.server.seen)

        report = copy(plan(source, IMAGE.digest), source, destination, frozenset(), no_lock)

        asked_of_prod = [seen for seen in here.left.server.seen[before:] if "/prod/blobs/" in seen.target]
        mounts = [seen for seen in asked_of_prod if seen.method == "POST"]
        assert {way for _, way in report.blobs} == {Way.MOUNTED}
        assert len(mounts) == len(IMAGE.blobs)
        assert asked_of_prod[0].method == "POST", "nothing was asked before"


def test_what_is_there_already_is_only_looked_at(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)
        here.carry(IMAGE)
        before = len(here.right.server.seen)

        again = here.carry(IMAGE)

        assert {seen.method for seen in here.right.server.seen[before:]} <= {"GET", "HEAD"}
        assert {way for _, way in again.blobs} == {Way.PRESENT}


def test_two_copies_at_once_move_what_they_share_once(tmp_path: Path) -> None:
    shared = layer_bytes("shared", 400_000)
    images = [build_image(name, layers=(shared, layer_bytes(name))) for name in ("one", "two", "three")]
    with ends(tmp_path) as here:
        for image in images:
            push(here.at(here.left, "shop"), image)

        with ThreadPoolExecutor(3) as pool:
            reports = list(pool.map(here.carry, images))

        uploads = Counter(here.uploads())
        assert set(uploads.values()) == {1}
        assert set(uploads) == {digest for image in images for digest in image.blobs}
        assert sum(report.moved_bytes for report in reports) == sum(
            len(content)
            for content in {digest: c for image in images for digest, c in image.blobs.items()}.values()
        )


def test_the_same_blob_goes_to_two_places_at_once(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda name: here.carry(IMAGE, to=name), ("prod", "staging")))

        assert set(Counter(here.uploads()).values()) == {2}


def test_a_watch_hears_of_every_byte_blob_and_manifest(tmp_path: Path) -> None:
    total = sum(len(content) for content in IMAGE.blobs.values())
    notes = Notes()
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)
        here.carry(IMAGE, notes)

    assert notes.planned_bytes == notes.moved_bytes == total
    assert notes.ways == {Way.MOVED: len(IMAGE.blobs)}
    assert notes.written == 1


def test_a_transfer_that_begins_again_takes_back_what_it_told(tmp_path: Path) -> None:
    notes = Notes()
    breaking = once(asked("PUT", "/uploads/"), at_once(Reply(500), after_bytes=100))
    with ends(tmp_path, breaking) as here:
        push(here.at(here.left, "shop"), IMAGE)
        here.carry(IMAGE, notes)

    assert notes.took_back > 0
    assert notes.moved_bytes == sum(len(content) for content in IMAGE.blobs.values())


def test_after_a_failure_nothing_more_begins(tmp_path: Path) -> None:
    many = build_image("many", layers=tuple(layer_bytes(f"layer{at}", 2000) for at in range(40)))
    with ends(tmp_path, every(asked("POST", "/uploads/"), at_once(Reply(403)))) as here:
        push(here.at(here.left, "shop"), many)

        with pytest.raises(Refused):
            here.carry(many)

        assert len(here.right.server.asked("POST", "/uploads/")) < 20


def test_a_layer_that_is_gone_is_absent(tmp_path: Path) -> None:
    with ends(tmp_path) as here:
        push(here.at(here.left, "shop"), IMAGE)
        del here.left.store["shop"].blobs[str(blob_of(LAYERS[1]).digest)]

        with pytest.raises(Absent, match=str(blob_of(LAYERS[1]).digest)):
            here.carry(IMAGE)
