"""A disk that is full while an image is copied: nothing half done is visible, and with room again it goes on."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.stories.processes import ends, start
from tests.stories.shop import Shop, run_pratique


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """Mount a small file system; skips where that is not permitted."""
    path.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"mounting a small file system is not permitted here: {mounted.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


def fill(path: Path) -> None:
    """Write until there is no room."""
    with path.open("wb") as file:
        for block in (4096, 1):
            try:
                while True:
                    os.write(file.fileno(), bytes(block))
            except OSError:
                continue


def test_a_copy_onto_a_full_disk_waits_and_ends_once_there_is_room(shop: Shop) -> None:
    place = shop.workspace / "registry" / "dev"
    with small_disk(place, "1m"):
        before = shop.show(shop.bring("clean", "dev"))["image"]
        filler = place / "blobs" / "filler"
        fill(filler)
        promotion = shop.bring("middling", "dev")
        shown = shop.show(promotion)
        assert shown["state"] == "approved"
        assert "disk full while writing" in str(shown["effects"])
        assert shop.repository("dev").resolve("middling") is None
        (holding,) = shop.done("status", "--json").value["holding"]
        assert holding["image"] == before

        filler.unlink()
        end = time.monotonic() + 120
        while shop.state(promotion) != "promoted" and time.monotonic() < end:
            time.sleep(0.2)
            shop.work()
        assert shop.state(promotion) == "promoted"
        assert shop.types(promotion).count("promotion.copied/1") == 1
        assert shop.repository("dev").resolve("middling") is not None


def test_a_full_disk_under_the_workspace_is_said_in_one_line_and_loses_nothing(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "small"
    with small_disk(place, "3m"):
        subprocess.run(["cp", "-a", f"{shop.folder}/.", str(place)], check=True)
        small = Shop(place)
        filler = place / "filler"
        fill(filler)
        said = small.request("clean", "dev")
        assert (said.code, said.err.count("\n")) == (3, 1), said
        filler.unlink()
        assert len(small.events()) == len(shop.events())
        assert small.state(small.bring("clean", "dev")) == "promoted"


def test_an_export_and_a_restore_onto_a_full_disk_say_so_and_go_on_once_there_is_room(
    shop: Shop, tmp_path: Path
) -> None:
    place, whole = tmp_path / "small", tmp_path / "whole"
    export = ("ledger", "export", "--to")
    shop.done(*export, whole)
    trust = ("--trust-root", shop.trust_root)
    restore = (
        "ledger",
        "restore",
        "--from",
        whole,
        "--to",
        f"sqlite:///{place}/new.db",
        "--blobs",
        place / "b",
        *trust,
    )
    with small_disk(place, "4m"):
        filler = place / "filler"
        fill(filler)
        for words in ((*export, place / "log"), restore):
            said = shop.pratique(*words) if words is not restore else run_pratique(*words)
            assert (said.code, said.err.count("\n")) == (3, 1), said
        assert not (place / "new.db").exists()
        assert not (place / "log" / "checkpoint").exists()

        filler.unlink()
        shop.done(*export, place / "log")
        assert run_pratique("ledger", "fsck", "--export", place / "log", *trust).code == 0
        assert run_pratique(*restore).code == 1  # the evidence was not exported, which it names
        assert (place / "new.db").is_file()


@pytest.mark.parametrize("room", ["16k", "200k"])
def test_a_drill_without_room_is_a_recorded_failure_and_leaves_nothing_behind(
    shop: Shop, tmp_path: Path, room: str
) -> None:
    """There is room for the folder alone, or for some of the database."""
    place = tmp_path / "small"
    shop.bring("clean", "dev")
    with small_disk(place, room):
        if room == "16k":
            fill(place / "filler")
        said = shop.pratique("ledger", "drill", "--scratch", place)
        assert (said.code, "could not be restored" in said.out) == (1, True), said
        assert [path.name for path in place.iterdir() if path.name != "filler"] == []
    told = shop.done("status").out
    assert "restored the ledger in a drill, and found 1 faults" in told
    assert shop.done("ledger", "fsck").code == 0
    assert "0 missing" in shop.done("ledger", "drill").out


def test_a_drill_into_a_folder_that_is_not_there_is_a_recorded_failure(shop: Shop, tmp_path: Path) -> None:
    said = shop.pratique("ledger", "drill", "--scratch", tmp_path / "none")
    assert (said.code, "name a folder with room" in said.out) == (1, True), said
    assert shop.done("status", "--json").value["drill"]["faults"] == 1


def test_two_who_export_to_one_place_at_once_make_one_log(shop: Shop, tmp_path: Path) -> None:
    place = tmp_path / "log"
    both = [start(shop, "ledger", "export", "--to", place) for _ in range(2)]
    said = [ends(process) for process in both]
    assert [code for code, _, _ in said] == [0, 0], said
    assert run_pratique("ledger", "fsck", "--export", place, "--trust-root", shop.trust_root).code == 0
